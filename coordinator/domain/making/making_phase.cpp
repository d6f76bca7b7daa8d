#include "coordinator/domain/making/making_phase.hpp"

#include <fmt/format.h>

namespace standin::domain::making {

using enum StepName;
using Level = Note::Level;

namespace {

/// Making takes hours, if it has to. Where nobody answers they would be spent on hope: so many attempts in vain are
/// five minutes of refused connections, or a quarter of an hour of silence; a VM host has booted by then.
constexpr unsigned most_attempts_to_make = 60;

bool triedInVain(const OperationProgress& progress) {
    const Step* make = progress.find(MakeStandIn);
    return make != nullptr && make->attempts >= most_attempts_to_make &&
           (make->state == StepState::Failed || make->state == StepState::Unknown);
}

DetectedEvent standInFailed(const OperationProgress& progress, StepName step) {
    return happened(Event::StandInFailed, fmt::format("stand-in '{}': {}: {}", progress.operation().new_stand_in.text(),
                                                      nameOf(step), progress.problemOf(step)));
}

/// `event` once `last` is done; a failure as soon as one of `steps` is given up.
std::optional<DetectedEvent> afterAll(const OperationProgress& progress, std::initializer_list<StepName> steps,
                                      StepName last, Event event, const std::string& why) {
    if (progress.done(last)) return happened(event, why);
    for (StepName step : steps) {
        if (progress.gaveUp(step)) return standInFailed(progress, step);
    }
    return std::nullopt;
}

/// Its stand-in is deleted, and its segment knows neither that nor the spare any more; whatever comes of the one, the
/// other is done.
std::optional<DetectedEvent> unsetEvent(const OperationProgress& progress) {
    const bool has_stand_in = !progress.operation().stand_in.empty();
    const bool clears = !progress.operation().discard_data;
    if ((has_stand_in && !progress.concluded(DeleteOldStandIn)) || (clears && !progress.concluded(ClearSegment)))
        return std::nullopt;
    if (has_stand_in && progress.gaveUp(DeleteOldStandIn)) {
        return happened(Event::StandInFailed,
                        fmt::format("stand-in '{}' could not be deleted: {}", progress.operation().stand_in.text(),
                                    progress.problemOf(DeleteOldStandIn)));
    }
    if (!clears) return happened(Event::OldStandInRemoved, "the disk that was kept is deleted");
    if (progress.gaveUp(ClearSegment)) {
        return happened(Event::SegmentRefused,
                        fmt::format("the spare and the stand-in could not be taken out of segment '{}': {}",
                                    progress.observation().server.segment.text(), progress.problemOf(ClearSegment)));
    }
    return happened(Event::OldStandInRemoved,
                    has_stand_in ? "the stand-in is deleted, and its segment is cleared" : "its segment is cleared");
}

std::optional<DetectedEvent> inCheckingCapacity(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (progress.gaveUp(CheckCapacity)) return happened(Event::CapacityLacks, progress.problemOf(CheckCapacity));
    if (!progress.done(CheckCapacity)) return std::nullopt;
    const Step* check = progress.find(CheckCapacity);
    if (check->finding != Finding::Instead) return happened(Event::CapacityThere, check->message);
    return happened(
        Event::CapacityForOne, check->message,
        Note{"unprotected",
             Level::Warning,
             fmt::format("VM host '{}' has no room for two stand-ins of server '{}': the old one is deleted "
                         "first, and the server has none until the new one is ready",
                         progress.observation().server.vm_host.text(), operation.server.text()),
             {}});
}

/// Says what a failover would go on with.
std::string readySentence(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    return fmt::format("stand-in '{}' is ready, from image '{}' {}", operation.new_stand_in.text(),
                       operation.image.text(), agoText(operation.image_at, progress.now()));
}

std::optional<DetectedEvent> whileRemovingReplaced(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const std::string ready = readySentence(progress);
    if (operation.stand_in.empty() || progress.done(DeleteOldStandIn)) return happened(Event::OldStandInRemoved, ready);
    if (!progress.gaveUp(DeleteOldStandIn)) return std::nullopt;
    return happened(Event::OldStandInRemoved, ready,
                    Note{"old_stand_in_left", Level::Warning,
                         fmt::format("stand-in '{}', which was replaced, could not be deleted: {}",
                                     operation.stand_in.text(), progress.problemOf(DeleteOldStandIn)),
                         fmt::format("delete it on VM host '{}'", progress.observation().server.vm_host.text())});
}

std::optional<DetectedEvent> whileDiscarding(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (progress.done(DeleteStandIn)) return happened(Event::StandInDiscarded, operation.why);
    if (!progress.gaveUp(DeleteStandIn)) return std::nullopt;
    return happened(Event::StandInDiscarded, operation.why,
                    Note{"stand_in_left", Level::Warning,
                         fmt::format("stand-in '{}', which failed, could not be deleted: {}",
                                     operation.new_stand_in.text(), progress.problemOf(DeleteStandIn)),
                         fmt::format("delete it on VM host '{}'", progress.observation().server.vm_host.text())});
}

}  // namespace

std::optional<DetectedEvent> detectEvent(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    switch (operation.state) {
        case State::CheckingCapacity:
            return inCheckingCapacity(progress);
        case State::RemovingOldStandIn:
            if (operation.kind == OperationKind::Unset) return unsetEvent(progress);
            if (operation.stand_in.empty()) return happened(Event::OldStandInRemoved, "there is no old stand-in");
            return afterAll(progress, {DeleteOldStandIn}, DeleteOldStandIn, Event::OldStandInRemoved,
                            "the old stand-in is deleted");
        case State::MakingStandIn:
            if (triedInVain(progress)) return standInFailed(progress, MakeStandIn);
            return afterAll(progress, {MakeStandIn}, MakeStandIn, Event::StandInMade, "made from the image");
        case State::ProvingStandIn:
            return afterAll(progress, {StartStandIn, IsolateStandIn, ProbeStandIn}, ProbeStandIn, Event::StandInAnswers,
                            "its job answers");
        case State::SuspendingStandIn:
            return afterAll(progress, {SuspendStandIn}, SuspendStandIn, Event::StandInSuspended,
                            "its suspension is confirmed");
        case State::AdoptingStandIn:
            return afterAll(progress, {AdoptStandIn}, AdoptStandIn, Event::StandInAdopted, readySentence(progress));
        case State::RemovingReplacedStandIn:
            return whileRemovingReplaced(progress);
        default:
            return whileDiscarding(progress);
    }
}

void wantedSteps(StepList& steps, const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    switch (operation.state) {
        case State::CheckingCapacity:
            steps.add(CheckCapacity);
            break;
        case State::RemovingOldStandIn:
        case State::RemovingReplacedStandIn:
            if (!operation.stand_in.empty()) steps.add(DeleteOldStandIn);
            if (operation.kind == OperationKind::Unset && !operation.discard_data) steps.add(ClearSegment);
            break;
        case State::MakingStandIn:
            steps.add(MakeStandIn);
            break;
        case State::ProvingStandIn:
            steps.inOrder({StartStandIn, IsolateStandIn, ProbeStandIn});
            break;
        case State::SuspendingStandIn:
            steps.add(SuspendStandIn);
            break;
        case State::AdoptingStandIn:
            steps.add(AdoptStandIn);
            break;
        default:  // DiscardingStandIn
            steps.add(DeleteStandIn);
            break;
    }
}

void enterState(Operation& operation, const Change& change) {
    if (change.event == Event::OldStandInRemoved) operation.stand_in_port = {};
}

}  // namespace standin::domain::making
