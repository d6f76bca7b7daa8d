#include "coordinator/domain/detect_event.hpp"

#include <fmt/format.h>

namespace standin::domain {

using enum StepName;
using Level = Note::Level;

DetectedEvent happened(Event event, std::string why, std::optional<Note> note) {
    return {event, std::move(why), std::move(note), {}};
}

DetectedEvent needsOperator(const OperationProgress& progress, Event event, const std::string& topic,
                            const std::string& why, const std::string& what_to_mend) {
    const std::string cure =
        fmt::format("{}, then: standinctl operation retry {}", what_to_mend, progress.operation().id);
    return {event, why, Note{topic, Level::Error, why, cure}, cure};
}

bool isReleased(const Operation& operation) {
    const Step* release = operation.find(ReleaseHeld, operation.spare.text());
    return release != nullptr && release->finding != Finding::Untaken;
}

bool isHalfWay(const OperationProgress& progress) {
    const bool returning = progress.find(ReturnRequests) != nullptr && !progress.done(ReturnRequests);
    return returning || isReleased(progress.operation());
}

DetectedEvent segmentRefused(const OperationProgress& progress, StepName step) {
    const auto& server = progress.observation().server;
    return needsOperator(
        progress, Event::SegmentRefused, "segment_refused",
        fmt::format("segment '{}' could not be given away: {}", server.segment.text(), progress.problemOf(step)),
        fmt::format("see that agent '{}' runs and reaches its switch{}", server.switch_agent.text(),
                    step == GiveSegmentToSpare
                        ? fmt::format(", and that spare '{}' executes its job", progress.operation().spare.text())
                        : ""));
}

namespace {

/// What the operator hears of the takeover: who executes the job, and from when its data are.
Note takeoverNote(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const auto& server = progress.observation().server;
    const bool local = server.job_data == JobData::Local;
    std::string sentence =
        fmt::format("stand-in '{}' executes the job of server '{}': {}", operation.stand_in.text(),
                    operation.server.text(), dataSentence(server, operation.stand_in_image_at, progress.now()));
    if (local)
        sentence += fmt::format("; what server '{}' has written since is on its own disk only", server.name.text());
    return {"takeover", local ? Level::Warning : Level::Notice, std::move(sentence), {}};
}

std::optional<DetectedEvent> closingEvent(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const auto& stand_in = operation.stand_in.text();
    if (!keepsStandIn(operation, progress.observation().server)) {
        if (operation.stand_in.empty() || progress.concluded(DeleteStandIn)) return happened(Event::ClosedUp, "closed");
        return std::nullopt;
    }
    if (!progress.concluded(KeepStandIn)) return std::nullopt;
    return happened(Event::ClosedUp, fmt::format("closed; the disk of stand-in '{}' is kept", stand_in));
}

std::optional<DetectedEvent> failoverEvent(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    switch (operation.state) {
        case State::Opened:
            return happened(Event::Begins, operation.cause.empty() ? "reported" : operation.cause);
        case State::TakingOver:
            return takeoverEvent(progress);
        case State::GivingSegment:
            // A retry comes by here again, with the segment where the handover has left it.
            if (progress.done(GiveSegment)) {
                if (isHalfWay(progress)) return happened(Event::SegmentGiven, "it was given to the stand-in before");
                return happened(Event::SegmentGiven, "the stand-in owns the segment", takeoverNote(progress));
            }
            // After a retry: whether it runs is not known, and nobody has taken the segment from it.
            if (progress.gaveUp(ResumeStandIn)) return happened(Event::SegmentGiven, "the stand-in keeps the segment");
            if (progress.gaveUp(GiveSegment)) return segmentRefused(progress, GiveSegment);
            return std::nullopt;
        case State::PreparingSpare:
        case State::StartingSpare:
            return spareEvent(progress, false);
        case State::ColdPreparingSpare:
        case State::ColdStartingSpare: {
            auto spare = spareEvent(progress, true);
            // A spare that answers takes the job at once; whatever else there is about a spare can wait.
            if (spare && spare->event == Event::SpareAnswers) return spare;
            auto revival = revivalEvent(progress);
            return revival ? revival : spare;
        }
        case State::LeavingSpare:
            return leavingEvent(progress, false);
        case State::ColdLeavingSpare: {
            auto revival = revivalEvent(progress);
            return revival ? revival : leavingEvent(progress, true);
        }
        case State::ColdGivingSegment:
            if (!isFenced(operation, progress.observation().server) && fenceFailed(progress))
                return fenceFailure(progress);
            if (!standInIsOutOfTheWay(progress) && progress.gaveUp(StopStandIn)) {
                return needsOperator(
                    progress, Event::FenceFailed, "stand_in_not_stopped",
                    fmt::format("stand-in '{}' does not answer and could not be confirmed as stopped: {}",
                                operation.stand_in.text(), progress.problemOf(StopStandIn)),
                    fmt::format("see that VM host '{}' answers", progress.observation().server.vm_host.text()));
            }
            return handoverEvent(progress);
        case State::Settling:
            return settlingEvent(progress);
        case State::Closing:
            return closingEvent(progress);
        default:
            return handoverEvent(progress);
    }
}

}  // namespace

std::optional<DetectedEvent> detectEvent(const OperationProgress& progress) {
    if (isResting(progress.operation().state)) return std::nullopt;
    if (progress.operation().kind == OperationKind::Failover) return failoverEvent(progress);
    auto capture = captureEvent(progress);
    return capture ? capture : makingEvent(progress);
}

}  // namespace standin::domain
