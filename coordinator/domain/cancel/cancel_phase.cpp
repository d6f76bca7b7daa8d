#include "coordinator/domain/cancel/cancel_phase.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/transitions.hpp"

namespace standin::domain::cancel {

using enum StepName;
using base::ErrorCode;
using base::failure;

namespace {

/// Each of these may have made the stand-in run.
constexpr StepSet resuming{WakeStandIn, ResumeStandIn, ReviveStandIn};
/// Each of these orders the segment without the server.
constexpr StepSet ordering{FencePort, ReviveStandIn, IsolateSpare};

bool wasTried(const Operation& operation, StepSet steps) {
    return std::any_of(operation.steps.begin(), operation.steps.end(),
                       [steps](const Step& step) { return steps.contains(step.id.name) && step.attempts > 0; });
}

bool isAnyUnderWay(const Operation& operation) {
    return std::any_of(operation.steps.begin(), operation.steps.end(), [](const Step& step) {
        return step.id.name != TellOperator && step.state == StepState::Running;
    });
}

base::Result<void> refusal(const Operation& operation, const std::string& why) {
    return failure(ErrorCode::WrongState, fmt::format("failover {} of server '{}' cannot be cancelled any more: {}",
                                                      operation.id, operation.server.text(), why));
}

}  // namespace

base::Result<void> mayCancel(const Operation& operation) {
    const auto& server = operation.server.text();
    if (operation.kind != OperationKind::Failover) {
        return failure(ErrorCode::WrongState, fmt::format("operation {} is a {}; only a failover can be cancelled",
                                                          operation.id, nameOf(operation.kind)));
    }
    const std::string later = fmt::format(
        "when it is at rest, repair the server, switch it on, and bring its job back: standinctl returned {}", server);
    if (wasTried(operation, {GiveSegment, GiveSegmentToSpare}))
        return refusal(operation, "the segment was given to another machine, or is being given to it; " + later);
    const Step* power = operation.find(FencePower, server);
    if (power != nullptr && (power->attempts > 0 || power->state == StepState::Done)) {
        return refusal(
            operation,
            "the power of its server was cut, or may be at any moment, and nobody would execute the job; let "
            "it go on (standinctl freeze off, if the site is frozen); " +
                later);
    }
    if (wasTried(operation, {RestoreSpare})) {
        return refusal(operation,
                       fmt::format("spare '{}' is being written; let it go on; {}", operation.spare.text(), later));
    }
    if (successor(operation.kind, operation.state, Event::OperatorCancels)) return {};
    return refusal(operation, fmt::format("it is {}", nameOf(operation.state)));
}

bool standInRests(const Operation& operation) {
    if (!wasTried(operation, resuming)) return true;
    const Step* rest = operation.find(RestStandIn, operation.stand_in.text());
    return rest != nullptr && rest->state == StepState::Done;
}

void wantedSteps(StepList& steps, const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (wasTried(operation, ordering)) steps.add(UnfencePort);
    if (wasTried(operation, resuming)) steps.add(RestStandIn);
}

std::optional<DetectedEvent> detectEvent(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    // What was under way when it was cancelled has to be known first: the spare is free for others afterwards.
    if (isAnyUnderWay(operation)) return std::nullopt;
    if (wasTried(operation, ordering)) {
        if (progress.gaveUp(UnfencePort)) {
            auto event = needsOperator(
                progress, Event::UndoFailed, "undo_failed",
                fmt::format(
                    "failover {} is to be cancelled, and whether server '{}' has its segment again is not known: "
                    "{}",
                    operation.id, operation.server.text(), progress.problemOf(UnfencePort)),
                "");
            event.cure = fmt::format(
                "see that agent '{}' runs and reaches its switch, then cancel it again: standinctl "
                "operation cancel {}; or let it go on: standinctl operation retry {}",
                progress.observation().server.switch_agent.text(), operation.id, operation.id);
            event.note->cure = event.cure;
            return event;
        }
        if (!progress.done(UnfencePort)) return std::nullopt;
    }
    if (wasTried(operation, resuming) && !progress.concluded(RestStandIn)) return std::nullopt;
    return happened(Event::Undone, operation.why);
}

void enterState(Operation& operation, const Change& change) {
    switch (change.event) {
        case Event::OperatorCancels:
            operation.restraint = {};
            operation.waits_for_release = false;
            operation.writes.clear();
            operation.cure.clear();
            redo(operation, {RestStandIn, UnfencePort});
            break;
        case Event::UndoFailed:
            // A retry begins with the fence again: the order that undid it may have come true.
            redo(operation, {FencePort, ResumeStandIn, ReviveStandIn, IsolateSpare});
            break;
        default:
            break;
    }
}

Note endNote(const Operation& operation) {
    std::string sentence = fmt::format("failover {} of server '{}' is cancelled ({}): ", operation.id,
                                       operation.server.text(), operation.why);
    sentence += wasTried(operation, {FencePort})
                    ? "its port was off the segment and has it again; its power was not cut"
                    : "nothing was fenced";
    if (standInRests(operation)) return {"cancelled", Note::Level::Notice, sentence, {}};
    return {"cancelled", Note::Level::Warning,
            fmt::format("{}; stand-in '{}' could not be suspended again, and the switch keeps it in quarantine",
                        sentence, operation.stand_in.text()),
            fmt::format("look after its VM host, then make it again: standinctl spare prepare {}",
                        operation.server.text())};
}

}  // namespace standin::domain::cancel
