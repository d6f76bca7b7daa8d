#include "coordinator/what_if/rehearsal_process.hpp"

#include <fmt/format.h>

#include "agent/base/process.hpp"
#include "agent/protocol/common.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/what_if/plan_json.hpp"
#include "coordinator/what_if/rehearsal.hpp"
#include "coordinator/what_if/situation_json.hpp"

namespace standin::what_if {

using base::ErrorCode;
using base::failure;
using base::Result;
using nlohmann::json;

namespace {

/// A plan for a thousand servers has 3 MiB.
constexpr std::size_t largest_answer = 64U << 20;

Result<Plan> planFor(const std::string& input,
                     const std::function<Result<engine::Inventory>(const std::string& text)>& inventory) {
    const auto question = json::parse(input, nullptr, false);
    if (!question.is_object()) return failure(ErrorCode::InvalidInput, "the question is no JSON object");
    auto asked = askedSituationFrom(question.value("situation", json::object()));
    if (!asked) return failure(asked.error());
    auto known = inventory(question.value("configuration", ""));
    if (!known) return failure(known.error());
    asked->situation.inventory = std::move(*known);
    return rehearse(asked->situation, asked->question.server, asked->question.failures);
}

}  // namespace

Result<json> RehearsalProcess::rehearse(const Situation& situation, const Question& question) {
    const std::unique_lock turn(one_at_a_time_, std::try_to_lock);
    if (!turn) return failure(ErrorCode::Conflict, "another plan is being made; try again in a moment");
    base::ProcessRequest request;
    request.command = command_;
    request.input = protocol::jsonText({{"configuration", configuration_}, {"situation", toJson(situation, question)}});
    request.deadline = patience_;
    request.output_limit = largest_answer;
    const auto outcome = base::runProcess(request);
    if (!outcome && outcome.error().code == ErrorCode::TimedOut)
        return failure(ErrorCode::TimedOut, fmt::format("it was not done within {} s", patience_.count() / 1000));
    if (!outcome) return failure(ErrorCode::Internal, outcome.error().message);
    auto answer = json::parse(outcome->output, nullptr, false);
    if (outcome->exit_code != 0 || !answer.is_object())
        return failure(ErrorCode::Internal, "the simulation failed; the coordinator itself is not affected");
    if (answer.contains("error")) return failure(protocol::errorFrom(answer["error"], "no plan was made"));
    return std::move(answer["plan"]);
}

std::string rehearsalAnswer(const std::string& input,
                            const std::function<Result<engine::Inventory>(const std::string& text)>& inventory) {
    const auto plan = planFor(input, inventory);
    return protocol::jsonText(plan ? json{{"plan", toJson(*plan)}} : json{{"error", protocol::toJson(plan.error())}});
}

}  // namespace standin::what_if
