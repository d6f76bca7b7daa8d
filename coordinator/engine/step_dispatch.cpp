#include "coordinator/engine/step_dispatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "agent/base/text.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/engine/steps/step_context.hpp"

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
void StepDispatch::dispatchStarts() {
    auto starts = state_.batch.takeStarts();
    const auto priority = [this](const auto& start) { return priorityOf(start.operation); };
    std::stable_sort(starts.begin(), starts.end(),
                     [&](const auto& one, const auto& other) { return priority(one) > priority(other); });
    for (const auto& [id, request] : starts) {
        containment_.contain(id, [&, id = id, &request = request] { noteStart(id, request); });
    }
    std::map<domain::OperationId, base::Shared<domain::Operation>> as_started;
    for (const auto& [id, request] : starts) {
        if (containment_.isSetAside(id)) continue;
        containment_.contain(id, [&, id = id, &request = request] {
            dispatch(as_started.try_emplace(id, state_.operations.at(id)).first->second, request);
        });
    }
    for (const auto& [id, step_id] : state_.batch.takeBegun()) {
        const auto& operation = state_.operations.at(id);
        state_.batch.publishStep(operation, *operation.find(step_id));
    }
}

int StepDispatch::priorityOf(domain::OperationId id) const {
    const auto& name = state_.operations.at(id).server;
    return state_.knows(name) ? state_.server(name).priority : 0;
}

/// The intent is durable since this moment; the wait for the disk is not the step's.
void StepDispatch::noteStart(domain::OperationId id, const domain::StepRequest& request) {
    domain::Operation& operation = state_.operations.at(id);
    if (request.id.name == domain::StepName::StartServer) state_.operations.powersOn(operation);
    if (request.poll) return;
    domain::Step& step = operation.at(request.id);
    const auto moment = state_.now();
    if (step.first_started == step.started) step.first_started = moment;
    step.started = moment;
    step.message.clear();
    step.since_failure_ms = base::milliseconds(moment - operation.failure_at);
    if (operation.kind == domain::OperationKind::Failover && operation.detect_ms == 0)
        operation.detect_ms = step.since_failure_ms;
    state_.batch.begun(id, request.id);
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
void StepDispatch::dispatch(const base::Shared<domain::Operation>& operation, const domain::StepRequest& request) {
    const auto running_for = state_.now() - operation->find(request.id)->first_started;
    auto context =
        std::make_shared<StepContext>(StepContext{state_.drivers,
                                                  state_.inventory,
                                                  state_.clock,
                                                  operation,
                                                  request,
                                                  state_.leadership.leader(),
                                                  state_.leadership.nextSequence(),
                                                  {},
                                                  std::chrono::duration_cast<std::chrono::milliseconds>(running_for)});
    const auto whom = whomToAsk(request.id.name, state_.server(operation->server));
    const auto run = [context, deliver = state_.deliver, leads = state_.leadership.flag(), &clock = state_.clock,
                      &journal = state_.journal] {
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
    const auto ticket = state_.executor.post({domain::descriptorOf(request.id.name).lane, whom, run});
    attempts_.expect({context->sequence, operation->id, request.id, request.attempt, whom, request.limits.deadline,
                      ticket, context->progress});
}

}  // namespace standin::engine
