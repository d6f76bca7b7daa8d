#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "agent/base/text.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/engine/conductor.hpp"
#include "coordinator/journal/operation_json.hpp"

namespace standin::engine {

namespace {

/// The agent that a step asks most, or what else takes its time: one that hangs holds only its own threads.
std::string whomToAsk(domain::StepName step, const domain::Server& server) {
    switch (domain::descriptorOf(step).asks) {
        case domain::StepAsks::PowerDevices:
            return "the power devices";
        case domain::StepAsks::Notifier:
            return "the notifier";
        default:
            return domain::agentAsked(step, server).text();
    }
}

}  // namespace

/// Where many servers have failed, the most important come first.
void Conductor::dispatchStarts() {
    auto starts = std::exchange(starts_, {});
    const auto priority = [this](const auto& start) { return priorityOf(start.first); };
    std::stable_sort(starts.begin(), starts.end(),
                     [&](const auto& one, const auto& other) { return priority(one) > priority(other); });
    for (const auto& [id, request] : starts) {
        contain(id, [&, id = id, &request = request] { noteStart(id, request); });
    }
    std::map<domain::OperationId, base::Shared<domain::Operation>> as_started;
    for (const auto& [id, request] : starts) {
        if (set_aside_.count(id) != 0) continue;
        contain(id, [&, id = id, &request = request] {
            dispatch(as_started.try_emplace(id, operations_.at(id)).first->second, request);
        });
    }
    for (const auto& [id, step_id] : std::exchange(begun_, {})) {
        const auto& operation = operations_.at(id);
        publishStep(operation, *operation.find(step_id));
    }
}

int Conductor::priorityOf(domain::OperationId id) const {
    const auto server = inventory_.servers.find(operations_.at(id).server);
    return server == inventory_.servers.end() ? 0 : server->second.priority;
}

/// The intent is durable since this moment; the wait for the disk is not the step's.
void Conductor::noteStart(domain::OperationId id, const domain::StepRequest& request) {
    domain::Operation& operation = operations_.at(id);
    if (request.id.name == domain::StepName::StartServer) powering_on_[operation.server] = id;
    if (request.poll) return;
    domain::Step& step = operation.at(request.id);
    const auto moment = now();
    if (step.first_started == step.started) step.first_started = moment;
    step.started = moment;
    step.message.clear();
    step.since_failure_ms = base::milliseconds(moment - operation.failure_at);
    if (operation.kind == domain::OperationKind::Failover && operation.detect_ms == 0)
        operation.detect_ms = step.since_failure_ms;
    begun_.emplace_back(id, request.id);
}

namespace {

constexpr std::size_t longest_message = 4096;

/// Whatever a driver throws, or brings from outside, is an outcome that can be decided on and written down.
StepReport carriedOut(const StepContext& context) {
    StepReport report;
    try {
        report = perform(context);
    } catch (const std::exception& exception) {
        report =
            StepReport::failed(base::ErrorCode::Internal, fmt::format("it ended unexpectedly: {}", exception.what()));
    }
    report.message = base::oneLine(report.message, longest_message);
    report.error.message = base::oneLine(report.error.message, longest_message);
    report.found = base::oneLine(report.found, longest_message);
    return report;
}

}  // namespace

/// Steps of one server may be under way beside each other, and what one of them commands may be late: the order of
/// their sequences is the order in which agents let them take effect.
void Conductor::dispatch(const base::Shared<domain::Operation>& operation, const domain::StepRequest& request) {
    const auto running_for = now() - operation->find(request.id)->first_started;
    auto context =
        std::make_shared<StepContext>(StepContext{drivers_,
                                                  inventory_,
                                                  clock_,
                                                  operation,
                                                  request,
                                                  leader_,
                                                  nextSequence(),
                                                  {},
                                                  std::chrono::duration_cast<std::chrono::milliseconds>(running_for)});
    const auto whom = whomToAsk(request.id.name, inventory_.servers.at(operation->server));
    const auto run = [context, deliver = deliver_, leads = leads_, &clock = clock_, &journal = journal_] {
        if (!*leads) return;
        const journal::AtWork at_work(journal, journal::Journal::Work::Step, context->operation->id);
        context->begun = clock.steady();
        context->progress->begun = context->begun;
        StepOutcome outcome;
        outcome.operation = context->operation->id;
        outcome.step = context->request.id;
        outcome.attempt = context->request.attempt;
        outcome.sequence = context->sequence;
        outcome.report = carriedOut(*context);
        outcome.ended = clock.steady();
        deliver(std::move(outcome));
    };
    const auto ticket = executor_.post({domain::descriptorOf(request.id.name).lane, whom, run});
    expect({context->sequence, operation->id, request.id, request.attempt, whom, request.limits.deadline, ticket,
            context->progress});
}

void Conductor::publish(const char* type, const domain::Operation& operation, std::string text, std::string data) {
    if (!events_.wants(type)) return;
    EngineEvent event;
    event.type = type;
    event.at = now();
    event.operation = operation.id;
    event.server = operation.server.text();
    event.text = std::move(text);
    event.data = std::move(data);
    published_.push_back(std::move(event));
}

void Conductor::publishStep(const domain::Operation& operation, const domain::Step& step) {
    const bool progress = step.state == domain::StepState::Polling;
    const char* const type = progress ? "progress" : "step";
    const bool failed = step.state == domain::StepState::Failed || step.state == domain::StepState::Unknown;
    const auto level = failed ? base::LogLevel::Warning : base::LogLevel::Note;
    const bool logged = (failed || step.state == domain::StepState::Done) && log_.takes(level);
    if (!logged && !events_.wants(type)) return;
    std::string text = fmt::format("{} {}: {} '{}' {}", nameOf(operation.kind), operation.id, nameOf(step.id.name),
                                   step.id.subject, nameOf(step.state));
    if (progress) text += fmt::format(" {:.0f} %", step.percent);
    if (!step.message.empty()) text += ": " + step.message;
    if (logged) lines_.push_back({level, failed ? text : fmt::format("{} duration_ms={:.3f}", text, step.duration_ms)});
    publish(type, operation, std::move(text), events_.wantsData() ? protocol::jsonText(journal::toJson(step)) : "");
}

}  // namespace standin::engine
