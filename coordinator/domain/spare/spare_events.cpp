#include <fmt/format.h>

#include "coordinator/domain/handover/handover_phase.hpp"
#include "coordinator/domain/spare/spare_phase.hpp"

namespace standin::domain::spare {

using enum StepName;
using Level = Note::Level;

namespace {

/// The image is the server's; the card is not.
constexpr const char* other_mac =
    "; if it has started and has no network: its card has another MAC than the server's, and an image that names its "
    "card by MAC (systemd-networkd, udev's .link files, ifupdown, NetworkManager, netplan, 'ifname=' on the kernel's "
    "command line) does not configure it; name the card otherwise in the server, then capture its image again";

/// The first of its steps that was given up.
std::optional<StepName> culpritOf(const OperationProgress& progress) {
    for (StepName step :
         {LeaseSpare, ReleaseSpare, PowerOffSpare, RestoreSpare, IsolateSpare, StartSpare, ProbeSpare}) {
        if (progress.gaveUp(step)) return step;
    }
    return std::nullopt;
}

DetectedEvent spareFailure(const OperationProgress& progress, StepName culprit) {
    const auto& spare = progress.operation().spare.text();
    const std::string why =
        fmt::format("spare '{}' could not be prepared: {}: {}", spare, nameOf(culprit), progress.problemOf(culprit));
    std::string cure = fmt::format("look after spare '{}'; it stays leased until the failover is closed", spare);
    if (culprit == ProbeSpare) cure += other_mac;
    return happened(Event::SpareFailed, why, Note{"spare_failed_" + spare, Level::Warning, why, cure});
}

bool sparePrepared(const OperationProgress& progress) {
    return progress.done(LeaseSpare) && progress.done(ReleaseSpare) && progress.done(PowerOffSpare) &&
           progress.done(RestoreSpare) && progress.done(IsolateSpare);
}

/// It is not there, does not run, or cannot be asked; as opposed to one that cannot grow.
bool standInIsGone(const OperationProgress& progress) {
    const Step* grow = progress.find(GrowStandIn);
    return progress.gaveUp(GrowStandIn) &&
           (grow->state == StepState::Unknown || base::isTransient(grow->error) ||
            grow->error == base::ErrorCode::NotFound || grow->error == base::ErrorCode::WrongState);
}

}  // namespace

bool hasFurtherSpare(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    for (const auto& spare : progress.observation().spares) {
        bool tried = spare == operation.spare;
        for (const auto& failed : operation.failed_spares) tried = tried || failed == spare;
        if (!tried) return true;
    }
    return false;
}

std::optional<DetectedEvent> preparingEvent(const OperationProgress& progress, bool cold) {
    const Operation& operation = progress.operation();
    if (operation.spare.empty()) {
        if (!cold) return happened(Event::NoSpareLeft, "there is no spare that this server may use");
        if (mayStillCome(progress)) return std::nullopt;
        if (auto missing = fenceMissing(progress)) return missing;
        return needsOperator(progress, Event::NoSpareLeft, "no_spare",
                             fmt::format("the job of server '{}' is down: there is neither a stand-in that answers "
                                         "nor a spare that could be prepared",
                                         operation.server.text()),
                             "set another spare or mend what failed");
    }
    const auto culprit = culpritOf(progress);
    if (!cold && progress.find(ReturnRequests) != nullptr && !progress.done(ReturnRequests)) {
        if (progress.gaveUp(ReturnRequests)) return handover::returnFailed(progress);
        constexpr StepSet before_return{LeaseSpare, ReleaseSpare, PowerOffSpare};
        const bool never_begins = culprit && before_return.contains(*culprit);
        return never_begins ? std::optional(spareFailure(progress, *culprit)) : std::nullopt;
    }
    if (culprit) return spareFailure(progress, *culprit);
    if (!sparePrepared(progress)) return std::nullopt;
    return happened(Event::SparePrepared,
                    fmt::format("spare '{}' is restored and in quarantine", operation.spare.text()));
}

std::optional<DetectedEvent> startingEvent(const OperationProgress& progress) {
    if (const auto culprit = culpritOf(progress)) return spareFailure(progress, *culprit);
    if (!progress.done(StartSpare) || !progress.done(ProbeSpare)) return std::nullopt;
    return happened(Event::SpareAnswers, fmt::format("spare '{}' answers", progress.operation().spare.text()));
}

bool isTaken(const OperationProgress& progress) {
    return progress.done(LeaseSpare) && progress.done(ReleaseSpare);
}

std::optional<DetectedEvent> detectEvent(const OperationProgress& progress) {
    switch (progress.operation().state) {
        case State::PreparingSpare:
            return preparingEvent(progress, false);
        case State::StartingSpare:
            return startingEvent(progress);
        case State::LeavingSpare:
            return leavingEvent(progress, false);
        default:
            return coldEvent(progress);
    }
}

std::optional<DetectedEvent> leavingEvent(const OperationProgress& progress, bool cold) {
    const Operation& operation = progress.operation();
    if (!cold && !progress.concluded(GrowStandIn)) return std::nullopt;
    if (isTaken(progress) && !progress.concluded(PowerOffFailedSpare)) return std::nullopt;
    std::string left = "the stand-in goes on";
    std::optional<Note> note;
    if (isTaken(progress) && progress.gaveUp(PowerOffFailedSpare)) {
        note = Note{"spare_not_off_" + operation.spare.text(), Level::Warning,
                    fmt::format("spare '{}' could not be confirmed as off: {}; the switch keeps it in quarantine",
                                operation.spare.text(), progress.problemOf(PowerOffFailedSpare)),
                    fmt::format("switch spare '{}' off by hand", operation.spare.text())};
    }
    if (hasFurtherSpare(progress)) return happened(Event::FurtherSpare, "a further spare of the pool is tried", note);
    if (cold && mayStillCome(progress)) return std::nullopt;
    if (auto missing = fenceMissing(progress)) return missing;
    if (cold) {
        return needsOperator(
            progress, Event::NoSpareLeft, "no_spare",
            fmt::format("the job of server '{}' is down: no spare could be prepared", operation.server.text()),
            "set another spare or mend what failed");
    }
    if (!progress.concluded(FencePower)) return std::nullopt;  // an end is an end: nothing goes on behind it
    if (standInIsGone(progress)) {
        return needsOperator(
            progress, Event::StandInLost, "stand_in_lost",
            fmt::format("no spare could be prepared, and whether stand-in '{}' goes on is not known: {}",
                        operation.stand_in.text(), progress.problemOf(GrowStandIn)),
            fmt::format("look after VM host '{}' first: the job of server '{}' may be down; set another spare or mend "
                        "what failed",
                        progress.observation().server.vm_host.text(), operation.server.text()));
    }
    if (progress.gaveUp(GrowStandIn))
        left += fmt::format(", without more resources: {}", progress.problemOf(GrowStandIn));
    if (progress.done(GrowStandIn) && !progress.find(GrowStandIn)->found.empty())
        left += fmt::format(", and not all of its new resources have arrived: {}", progress.find(GrowStandIn)->found);
    return happened(Event::NoSpareLeft, "no spare could be prepared; " + left, note);
}

}  // namespace standin::domain::spare
