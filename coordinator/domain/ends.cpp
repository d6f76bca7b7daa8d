#include "coordinator/domain/ends.hpp"

#include <fmt/format.h>

#include "coordinator/domain/takeover/takeover_phase.hpp"

namespace standin::domain::ends {

using enum StepName;

void wantedSteps(StepList& steps, const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (operation.kind != OperationKind::Failover) return;
    if (operation.state == State::Succeeded) {
        // Beside the end: nobody waits for clients that keep connections open, or for a guest that shuts down.
        if (progress.find(HoldRequests) != nullptr) steps.add(RetireHolder);
        if (progress.find(FreezeStandIn) != nullptr) steps.add(RetireStandIn);
    } else if (operation.state == State::NeedsOperator && !operation.confirmed) {
        takeover::verifyingSteps(steps, progress);
    } else if (operation.state == State::Closing && !operation.confirmed) {
        if (takeover::wasWoken(operation)) steps.add(RestStandIn);
    } else if (operation.state == State::Closing) {
        if (keepsStandIn(operation, progress.observation().server)) {
            steps.add(KeepStandIn);
        } else if (!operation.stand_in.empty()) {
            steps.add(DeleteStandIn);
        }
    }
}

std::optional<DetectedEvent> detectEvent(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (operation.state == State::Opened) {
        const char* unsaid = operation.kind == OperationKind::Failover ? "reported" : "requested";
        return happened(Event::Begins, operation.cause.empty() ? unsaid : operation.cause);
    }
    const bool is_withheld =
        operation.kind == OperationKind::Failover && operation.state == State::NeedsOperator && !operation.confirmed;
    if (is_withheld) return takeover::whileWithheld(progress);
    if (operation.state != State::Closing) return std::nullopt;
    if (!operation.confirmed) {
        if (takeover::wasWoken(operation) && !progress.concluded(RestStandIn)) return std::nullopt;
        return happened(Event::ClosedUp, "closed; the failure was not confirmed, and the server keeps its job",
                        takeover::notRestedNote(progress));
    }
    if (!keepsStandIn(operation, progress.observation().server)) {
        if (operation.stand_in.empty() || progress.concluded(DeleteStandIn)) return happened(Event::ClosedUp, "closed");
        return std::nullopt;
    }
    if (!progress.concluded(KeepStandIn)) return std::nullopt;
    return happened(Event::ClosedUp,
                    fmt::format("closed; the disk of stand-in '{}' is kept", operation.stand_in.text()));
}

}  // namespace standin::domain::ends
