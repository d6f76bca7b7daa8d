#include <fmt/format.h>

#include "coordinator/domain/occurrences.hpp"

namespace standin::domain {

using enum StepName;
using Level = Note::Level;

namespace {

/// The image is the server's; the card is not.
constexpr const char* other_mac =
    "; if it has started and has no network: its card has another MAC than the server's, and an image that names its "
    "card "
    "by MAC (systemd-networkd, udev's .link files, ifupdown, NetworkManager, netplan, 'ifname=' on the kernel's "
    "command "
    "line) does not configure it; name the card otherwise in the server, then capture its image again";

Occurrence spareFailure(const Course& course) {
    StepName culprit = LeaseSpare;
    for (StepName step :
         {LeaseSpare, ReleaseSpare, PowerOffSpare, RestoreSpare, IsolateSpare, StartSpare, ProbeSpare}) {
        if (course.gaveUp(step)) {
            culprit = step;
            break;
        }
    }
    const auto& spare = course.operation().spare.text();
    const std::string why =
        fmt::format("spare '{}' could not be prepared: {}: {}", spare, nameOf(culprit), course.problemOf(culprit));
    std::string cure = fmt::format("look after spare '{}'; it stays leased until the failover is closed", spare);
    if (culprit == ProbeSpare) cure += other_mac;
    return happened(Event::SpareFailed, why, Note{"spare_failed_" + spare, Level::Warning, why, cure});
}

bool sparePrepared(const Course& course) {
    return course.done(LeaseSpare) && course.done(ReleaseSpare) && course.done(PowerOffSpare) &&
           course.done(RestoreSpare) && course.done(IsolateSpare);
}

bool spareFailed(const Course& course) {
    for (StepName step :
         {LeaseSpare, ReleaseSpare, PowerOffSpare, RestoreSpare, IsolateSpare, StartSpare, ProbeSpare}) {
        if (course.gaveUp(step)) return true;
    }
    return false;
}

/// It is not there, does not run, or cannot be asked; as opposed to one that cannot grow.
bool standInIsGone(const Course& course) {
    const Step* grow = course.find(GrowStandIn);
    return course.gaveUp(GrowStandIn) &&
           (grow->state == StepState::Unknown || base::isTransient(grow->error) ||
            grow->error == base::ErrorCode::NotFound || grow->error == base::ErrorCode::WrongState);
}

}  // namespace

bool furtherSpare(const Course& course) {
    const Operation& operation = course.operation();
    for (const auto& spare : course.observation().spares) {
        bool tried = spare == operation.spare;
        for (const auto& failed : operation.failed_spares) tried = tried || failed == spare;
        if (!tried) return true;
    }
    return false;
}

std::optional<Occurrence> spareOccurrence(const Course& course, bool cold) {
    const Operation& operation = course.operation();
    const bool starting = operation.state == State::StartingSpare || operation.state == State::ColdStartingSpare;
    if (operation.spare.empty()) {
        if (!cold) return happened(Event::NoSpareLeft, "there is no spare that this server may use");
        if (mayStillCome(course)) return std::nullopt;
        if (auto missing = fenceMissing(course)) return missing;
        return needsOperator(
            course, Event::NoSpareLeft, "no_spare",
            fmt::format("the job of server '{}' stands still: there is neither a stand-in that answers "
                        "nor a spare that could be prepared",
                        operation.server.text()),
            "set another spare or mend what failed");
    }
    if (!cold && course.find(ReturnRequests) != nullptr && !course.done(ReturnRequests)) {
        if (course.gaveUp(ReturnRequests)) return returnFailed(course);
        const bool never_begins =
            course.gaveUp(LeaseSpare) || course.gaveUp(ReleaseSpare) || course.gaveUp(PowerOffSpare);
        return never_begins ? std::optional(spareFailure(course)) : std::nullopt;
    }
    if (spareFailed(course)) return spareFailure(course);
    if (starting && course.done(StartSpare) && course.done(ProbeSpare)) {
        return happened(Event::SpareAnswers, fmt::format("spare '{}' answers", operation.spare.text()));
    }
    if (!starting && sparePrepared(course)) {
        return happened(Event::SparePrepared,
                        fmt::format("spare '{}' is restored and in quarantine", operation.spare.text()));
    }
    return std::nullopt;
}

bool isTaken(const Course& course) {
    return course.done(LeaseSpare) && course.done(ReleaseSpare);
}

std::optional<Occurrence> leavingOccurrence(const Course& course, bool cold) {
    const Operation& operation = course.operation();
    if (!cold && !course.concluded(GrowStandIn)) return std::nullopt;
    if (isTaken(course) && !course.concluded(PowerOffFailedSpare)) return std::nullopt;
    std::string left = "the stand-in goes on";
    std::optional<Note> note;
    if (isTaken(course) && course.gaveUp(PowerOffFailedSpare)) {
        note = Note{"spare_not_off_" + operation.spare.text(), Level::Warning,
                    fmt::format("spare '{}' could not be confirmed as off: {}; the switch keeps it in quarantine",
                                operation.spare.text(), course.problemOf(PowerOffFailedSpare)),
                    fmt::format("switch spare '{}' off by hand", operation.spare.text())};
    }
    if (furtherSpare(course)) return happened(Event::FurtherSpare, "a further spare of the pool is tried", note);
    if (cold && mayStillCome(course)) return std::nullopt;
    if (auto missing = fenceMissing(course)) return missing;
    if (cold) {
        auto occurrence = needsOperator(
            course, Event::NoSpareLeft, "no_spare",
            fmt::format("the job of server '{}' stands still: no spare could be prepared", operation.server.text()),
            "set another spare or mend what failed");
        return occurrence;
    }
    if (!course.concluded(FencePower)) return std::nullopt;  // an end is an end: nothing goes on behind it
    if (standInIsGone(course)) {
        return needsOperator(
            course, Event::StandInLost, "stand_in_lost",
            fmt::format("no spare could be prepared, and whether stand-in '{}' goes on is not known: {}",
                        operation.stand_in.text(), course.problemOf(GrowStandIn)),
            fmt::format(
                "look after VM host '{}' first: the job of server '{}' may stand still; set another spare or mend "
                "what failed",
                course.observation().server.vm_host.text(), operation.server.text()));
    }
    if (course.gaveUp(GrowStandIn)) left += fmt::format(", without more resources: {}", course.problemOf(GrowStandIn));
    if (course.done(GrowStandIn) && !course.find(GrowStandIn)->found.empty())
        left += fmt::format(", and not all of its new resources have arrived: {}", course.find(GrowStandIn)->found);
    return happened(Event::NoSpareLeft, "no spare could be prepared; " + left, note);
}

}  // namespace standin::domain
