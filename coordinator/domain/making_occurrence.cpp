#include <fmt/format.h>

#include "coordinator/domain/occurrences.hpp"

namespace standin::domain {

using enum StepName;
using Level = Note::Level;

namespace {

/// Making takes hours, if it has to. Where nobody answers they would be spent on hope: so many attempts in vain are
/// five minutes of refused connections, or a quarter of an hour of silence; a VM host has booted by then.
constexpr unsigned most_attempts_to_make = 60;

bool triedInVain(const Course& course) {
    const Step* make = course.find(MakeStandIn);
    return make != nullptr && make->attempts >= most_attempts_to_make &&
           (make->state == StepState::Failed || make->state == StepState::Unknown);
}

Occurrence standInFailed(const Course& course, StepName step) {
    return happened(Event::StandInFailed, fmt::format("stand-in '{}': {}: {}", course.operation().new_stand_in.text(),
                                                      nameOf(step), course.problemOf(step)));
}

/// `event` once `last` is done; a failure as soon as one of `steps` is given up.
std::optional<Occurrence> afterAll(const Course& course, std::initializer_list<StepName> steps, StepName last,
                                   Event event, const std::string& why) {
    if (course.done(last)) return happened(event, why);
    for (StepName step : steps) {
        if (course.gaveUp(step)) return standInFailed(course, step);
    }
    return std::nullopt;
}

/// Its stand-in is deleted, and its segment knows neither that nor the spare any more; whatever comes of the one, the
/// other is done.
std::optional<Occurrence> unsetOccurrence(const Course& course) {
    const bool has_stand_in = !course.operation().stand_in.empty();
    const bool clears = !course.operation().discard_data;
    if ((has_stand_in && !course.concluded(DeleteOldStandIn)) || (clears && !course.concluded(ClearSegment)))
        return std::nullopt;
    if (has_stand_in && course.gaveUp(DeleteOldStandIn)) {
        return happened(Event::StandInFailed,
                        fmt::format("stand-in '{}' could not be deleted: {}", course.operation().stand_in.text(),
                                    course.problemOf(DeleteOldStandIn)));
    }
    if (!clears) return happened(Event::OldStandInRemoved, "the disk that was kept is deleted");
    if (course.gaveUp(ClearSegment)) {
        return happened(Event::SegmentRefused,
                        fmt::format("the spare and the stand-in could not be taken out of segment '{}': {}",
                                    course.observation().server.segment.text(), course.problemOf(ClearSegment)));
    }
    return happened(Event::OldStandInRemoved,
                    has_stand_in ? "the stand-in is deleted, and its segment is cleared" : "its segment is cleared");
}

std::optional<Occurrence> inCheckingCapacity(const Course& course) {
    const Operation& operation = course.operation();
    if (course.gaveUp(CheckCapacity)) return happened(Event::CapacityLacks, course.problemOf(CheckCapacity));
    if (!course.done(CheckCapacity)) return std::nullopt;
    const Step* check = course.find(CheckCapacity);
    if (check->finding != Finding::Instead) return happened(Event::CapacityThere, check->message);
    return happened(
        Event::CapacityForOne, check->message,
        Note{"unprotected",
             Level::Warning,
             fmt::format("VM host '{}' has no room for two stand-ins of server '{}': the old one is deleted "
                         "first, and the server has none until the new one is ready",
                         course.observation().server.vm_host.text(), operation.server.text()),
             {}});
}

/// Who prepares hears what a failover would go on with.
std::string readySentence(const Course& course) {
    const Operation& operation = course.operation();
    return fmt::format("stand-in '{}' is ready, from image '{}' {}", operation.new_stand_in.text(),
                       operation.image.text(), agoText(operation.image_at, course.now()));
}

}  // namespace

std::optional<Occurrence> makingOccurrence(const Course& course) {
    const Operation& operation = course.operation();
    switch (operation.state) {
        case State::CheckingCapacity:
            return inCheckingCapacity(course);
        case State::RemovingOldStandIn:
            if (operation.kind == OperationKind::Unset) return unsetOccurrence(course);
            if (operation.stand_in.empty()) return happened(Event::OldStandInRemoved, "there is no old stand-in");
            return afterAll(course, {DeleteOldStandIn}, DeleteOldStandIn, Event::OldStandInRemoved,
                            "the old stand-in is deleted");
        case State::MakingStandIn:
            if (triedInVain(course)) return standInFailed(course, MakeStandIn);
            return afterAll(course, {MakeStandIn}, MakeStandIn, Event::StandInMade, "made from the image");
        case State::ProvingStandIn:
            return afterAll(course, {StartStandIn, IsolateStandIn, ProbeStandIn}, ProbeStandIn, Event::StandInAnswers,
                            "its job answers");
        case State::SuspendingStandIn:
            return afterAll(course, {SuspendStandIn}, SuspendStandIn, Event::StandInSuspended,
                            "its suspension is confirmed");
        case State::AdoptingStandIn:
            return afterAll(course, {AdoptStandIn}, AdoptStandIn, Event::StandInAdopted, readySentence(course));
        case State::RemovingReplacedStandIn: {
            const std::string ready = readySentence(course);
            if (operation.stand_in.empty() || course.done(DeleteOldStandIn))
                return happened(Event::OldStandInRemoved, ready);
            if (!course.gaveUp(DeleteOldStandIn)) return std::nullopt;
            return happened(Event::OldStandInRemoved, ready,
                            Note{"old_stand_in_left", Level::Warning,
                                 fmt::format("stand-in '{}', which was replaced, could not be deleted: {}",
                                             operation.stand_in.text(), course.problemOf(DeleteOldStandIn)),
                                 fmt::format("delete it on VM host '{}'", course.observation().server.vm_host.text())});
        }
        case State::DiscardingStandIn: {
            if (course.done(DeleteStandIn)) return happened(Event::StandInDiscarded, operation.why);
            if (!course.gaveUp(DeleteStandIn)) return std::nullopt;
            return happened(Event::StandInDiscarded, operation.why,
                            Note{"stand_in_left", Level::Warning,
                                 fmt::format("stand-in '{}', which failed, could not be deleted: {}",
                                             operation.new_stand_in.text(), course.problemOf(DeleteStandIn)),
                                 fmt::format("delete it on VM host '{}'", course.observation().server.vm_host.text())});
        }
        default:
            return std::nullopt;
    }
}

}  // namespace standin::domain
