#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "coordinator/engine/conductor.hpp"
#include "coordinator/journal/operation_json.hpp"

namespace standin::engine {

/// Where many servers have failed, the most important come first.
void Conductor::dispatchStarts() {
    auto starts = std::exchange(starts_, {});
    const auto priority = [this](const auto& start) { return serverOf(start.first).priority; };
    std::stable_sort(starts.begin(), starts.end(),
                     [&](const auto& one, const auto& other) { return priority(one) > priority(other); });
    for (const auto& [id, request] : starts) noteStart(id, request);
    std::map<domain::OperationId, base::Shared<domain::Operation>> as_started;
    for (const auto& [id, request] : starts) {
        const auto& operation = as_started.try_emplace(id, operations_.at(id)).first->second;
        dispatch(operation, request);
    }
    for (const auto& [id, step_id] : std::exchange(begun_, {})) {
        const auto& operation = operations_.at(id);
        publishStep(operation, *operation.find(step_id));
    }
}

const domain::Server& Conductor::serverOf(domain::OperationId id) const {
    return inventory_.servers.at(operations_.at(id).server);
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
    executor_.post(request.limits.lane, [context, deliver = deliver_, leads = leads_, &clock = clock_] {
        if (!*leads) return;
        context->begun = clock.steady();
        StepOutcome outcome;
        outcome.operation = context->operation->id;
        outcome.step = context->request.id;
        outcome.attempt = context->request.attempt;
        outcome.report = perform(*context);
        outcome.ended = clock.steady();
        deliver(std::move(outcome));
    });
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
    publish(type, operation, std::move(text), events_.wantsData() ? journal::toJson(step).dump() : "");
}

}  // namespace standin::engine
