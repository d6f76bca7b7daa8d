#include <fmt/format.h>

#include "coordinator/domain/occurrences.hpp"

namespace standin::domain {

using enum StepName;
using Level = Note::Level;

Occurrence happened(Event event, std::string why, std::optional<Note> note) {
    return {event, std::move(why), std::move(note), {}};
}

Occurrence needsOperator(const Course& course, Event event, const std::string& topic, const std::string& why,
                         const std::string& what_to_mend) {
    const std::string cure =
        fmt::format("{}, then: standinctl operation retry {}", what_to_mend, course.operation().id);
    return {event, why, Note{topic, Level::Error, why, cure}, cure};
}

bool isReleased(const Operation& operation) {
    const Step* release = operation.find(ReleaseHeld, operation.spare.text());
    return release != nullptr && release->finding != Finding::Untaken;
}

bool isHalfWay(const Course& course) {
    const bool returning = course.find(ReturnRequests) != nullptr && !course.done(ReturnRequests);
    return returning || isReleased(course.operation());
}

Occurrence segmentRefused(const Course& course, StepName step) {
    const auto& server = course.observation().server;
    return needsOperator(
        course, Event::SegmentRefused, "segment_refused",
        fmt::format("segment '{}' could not be given away: {}", server.segment.text(), course.problemOf(step)),
        fmt::format("see that agent '{}' runs and reaches its switch{}", server.switch_agent.text(),
                    step == GiveSegmentToSpare
                        ? fmt::format(", and that spare '{}' executes its job", course.operation().spare.text())
                        : ""));
}

namespace {

/// What the operator hears of the takeover: who executes the job, and from when its data are.
Note takeoverNote(const Course& course) {
    const Operation& operation = course.operation();
    const auto& server = course.observation().server;
    const bool local = server.job_data == JobData::Local;
    std::string sentence =
        fmt::format("stand-in '{}' executes the job of server '{}': {}", operation.stand_in.text(),
                    operation.server.text(), dataSentence(server, operation.stand_in_image_at, course.now()));
    if (local)
        sentence += fmt::format("; what server '{}' has written since is on its own disk only", server.name.text());
    return {"takeover", local ? Level::Warning : Level::Notice, std::move(sentence), {}};
}

std::optional<Occurrence> closingOccurrence(const Course& course) {
    const Operation& operation = course.operation();
    const auto& stand_in = operation.stand_in.text();
    if (!keepsStandIn(operation, course.observation().server)) {
        if (operation.stand_in.empty() || course.concluded(DeleteStandIn)) return happened(Event::ClosedUp, "closed");
        return std::nullopt;
    }
    if (!course.concluded(KeepStandIn)) return std::nullopt;
    return happened(Event::ClosedUp, fmt::format("closed; the disk of stand-in '{}' is kept", stand_in));
}

std::optional<Occurrence> failoverOccurrence(const Course& course) {
    const Operation& operation = course.operation();
    switch (operation.state) {
        case State::Opened:
            return happened(Event::Begins, operation.cause.empty() ? "reported" : operation.cause);
        case State::TakingOver:
            return takeoverOccurrence(course);
        case State::GivingSegment:
            // A retry comes by here again, with the segment where the handover has left it.
            if (course.done(GiveSegment)) {
                if (isHalfWay(course)) return happened(Event::SegmentGiven, "it was given to the stand-in before");
                return happened(Event::SegmentGiven, "the stand-in owns the segment", takeoverNote(course));
            }
            // After a retry: whether it runs is not known, and nobody has taken the segment from it.
            if (course.gaveUp(ResumeStandIn)) return happened(Event::SegmentGiven, "the stand-in keeps the segment");
            if (course.gaveUp(GiveSegment)) return segmentRefused(course, GiveSegment);
            return std::nullopt;
        case State::PreparingSpare:
        case State::StartingSpare:
            return spareOccurrence(course, false);
        case State::ColdPreparingSpare:
        case State::ColdStartingSpare: {
            auto spare = spareOccurrence(course, true);
            // A spare that answers takes the job at once; whatever else there is about a spare can wait.
            if (spare && spare->event == Event::SpareAnswers) return spare;
            auto revival = revivalOccurrence(course);
            return revival ? revival : spare;
        }
        case State::LeavingSpare:
            return leavingOccurrence(course, false);
        case State::ColdLeavingSpare: {
            auto revival = revivalOccurrence(course);
            return revival ? revival : leavingOccurrence(course, true);
        }
        case State::ColdGivingSegment:
            if (!isFenced(operation, course.observation().server) && fenceFailed(course)) return fenceFailure(course);
            if (!standInIsOutOfTheWay(course) && course.gaveUp(StopStandIn)) {
                return needsOperator(
                    course, Event::FenceFailed, "stand_in_not_stopped",
                    fmt::format("stand-in '{}' does not answer and could not be confirmed as stopped: {}",
                                operation.stand_in.text(), course.problemOf(StopStandIn)),
                    fmt::format("see that VM host '{}' answers", course.observation().server.vm_host.text()));
            }
            return handoverOccurrence(course);
        case State::Settling:
            return settlingOccurrence(course);
        case State::Closing:
            return closingOccurrence(course);
        default:
            return handoverOccurrence(course);
    }
}

}  // namespace

std::optional<Occurrence> occurrence(const Course& course) {
    if (isResting(course.operation().state)) return std::nullopt;
    if (course.operation().kind == OperationKind::Failover) return failoverOccurrence(course);
    auto capture = captureOccurrence(course);
    return capture ? capture : makingOccurrence(course);
}

}  // namespace standin::domain
