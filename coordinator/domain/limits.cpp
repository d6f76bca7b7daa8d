#include <limits>

#include "coordinator/domain/decide.hpp"

namespace standin::domain {

namespace {

using namespace std::chrono_literals;

/// A command that an agent carries out at once: 5 s is far above what it takes and still lets another attempt follow.
constexpr StepLimits atOnce(std::chrono::milliseconds patience, bool retry_refusals = false) {
    return {.deadline = 5s, .pause = 500ms, .patience = patience, .retry_refusals = retry_refusals};
}

}  // namespace

StepLimits limitsOf(StepName step, const Observation& observation) {
    const Server& server = observation.server;
    switch (step) {
        // The critical path. 2 s: a healthy switch or VM host answers in milliseconds; a hung one must not hold the
        // others.
        case StepName::FencePort:
            return {.deadline = 2s, .pause = 100ms, .patience = 30s, .retry_refusals = true, .lane = Lane::Critical};
        case StepName::FencePower:  // the ladder's own time for each attempt, and several attempts: BMCs are often just
                                    // busy
            return {.deadline = server.fence_within,
                    .pause = 2s,
                    .patience = 3 * server.fence_within + 10s,
                    .retry_refusals = true,
                    .lane = Lane::Critical};
        case StepName::ResumeStandIn:  // answer_within is what the job may take; then the cold path is the better
                                       // remedy
            return {.deadline = server.answer_within,
                    .pause = 50ms,
                    .patience = server.answer_within,
                    .lane = Lane::Critical};
        case StepName::ReviveStandIn:  // as long as the cold path takes; a VM host that hangs is not besieged
            return {.deadline = server.answer_within,
                    .pause = 500ms,
                    .patience = 24h,
                    .longest_pause = 5s,
                    .refusals = std::numeric_limits<unsigned>::max()};
        case StepName::GiveSegment:
        case StepName::GiveSegmentToSpare:  // the job stands still without it: tried for long before a person is needed
            return {.deadline = 5s, .pause = 100ms, .patience = 10min, .retry_refusals = true, .lane = Lane::Critical};

        case StepName::LeaseSpare:
            return atOnce(0s);
        case StepName::PowerOffSpare:
        case StepName::PowerOffFailedSpare:
            return {.deadline = observation.spare_power_within,
                    .pause = 2s,
                    .patience = 3 * observation.spare_power_within,
                    .retry_refusals = true,
                    .conflict_is_final = true};
        case StepName::StartSpare:  // but not from a disk on which somebody else has been
            return {.deadline = observation.spare_power_within,
                    .pause = 2s,
                    .patience = 3 * observation.spare_power_within,
                    .conflict_is_final = true,
                    .refusals = 1000};
        case StepName::ReleaseSpare:
        case StepName::IsolateSpare:
            return atOnce(60s, true);
        case StepName::RestoreSpare:  // a full disk over a slow network; a stalled store is told by its own state
            // A store that has its hands full, or is about to stop, is asked again for a quarter of a minute.
            return {.deadline = 10s, .pause = 500ms, .patience = 12h, .longest_pause = 5s, .refusals = 6};
        case StepName::ProbeSpare:
            return {.deadline = 5s, .pause = 200ms, .patience = observation.spare_boot_within};

        // The handover: the stand-in executes the job, so there is time; the holder's age limit is what presses.
        // Clients wait: of a limit that has passed when the coordinator is started again, there is time for one
        // attempt.
        case StepName::HoldRequests:
            return {.deadline = 5s, .pause = 500ms, .patience = 30s, .after_restart = 5s, .retry_refusals = true};
        case StepName::DrainStandIn:
            // Whoever answers is asked at once again, whoever does not is not besieged: it has other guests to bring
            // back. A spare that does not answer is asked three times, for a second each: one answer may be late or
            // lost, and the whole handover would be made again for it; longer, and what is held grows too old.
            return {.deadline = 2s,
                    .pause = 20ms,
                    .patience = server.drain_within,
                    .longest_pause = 1s,
                    .after_restart = 2s,
                    .refusals = 3,
                    .lane = Lane::Critical};
        case StepName::FreezeStandIn:
            // It takes milliseconds. Where a request came in the last moment the stand-in goes on for a moment.
            return {.deadline = 5s,
                    .pause = 20ms,
                    .patience = 20s,
                    .longest_pause = 500ms,
                    .after_restart = 5s,
                    .retry_refusals = true,
                    .lane = Lane::Critical};
        case StepName::StopStandIn:
            return atOnce(20s, true);
        case StepName::ReleaseHeld:
            return {.deadline = 2s,
                    .pause = 20ms,
                    .patience = 60s,
                    .after_restart = 20s,
                    .retry_refusals = true,
                    .lane = Lane::Critical};
        case StepName::RetireHolder:
            return {.deadline = 5s, .pause = 30s, .patience = proxied_within + 1h, .retry_refusals = true};
        case StepName::RetireStandIn:  // the guest's own end takes some seconds; its VM host may be away for longer
            return {.deadline = 20s, .pause = 5s, .patience = 1h, .longest_pause = 1min, .retry_refusals = true};
        case StepName::ReturnRequests:
            return {.deadline = 5s,
                    .pause = 50ms,
                    .patience = server.drain_within + 2min,
                    .longest_pause = 1s,
                    .retry_refusals = true,
                    .lane = Lane::Critical};
        case StepName::GrowStandIn:
            return atOnce(60s);
        case StepName::ClearSegment:  // nobody waits for it, and a switch that is restarted is back by then
            return atOnce(2min, true);

        case StepName::CheckCapacity:
            return atOnce(30s);
        case StepName::MakeStandIn:  // while somebody makes it; making_events.cpp has how often nobody may answer
            return {.deadline = 10s, .pause = 500ms, .patience = 6h, .longest_pause = 5s};
        case StepName::IsolateStandIn:
        case StepName::AdoptStandIn:
        case StepName::StartStandIn:
            return {.deadline = 10s, .pause = 500ms, .patience = 60s};
        case StepName::SuspendStandIn:  // a large guest gives memory back for minutes after its start
            return {.deadline = 10s, .pause = 500ms, .patience = 10min};
        case StepName::ProbeStandIn:  // a first boot takes what a spare's boot takes
            return {.deadline = 5s, .pause = 200ms, .patience = observation.spare_boot_within};
        case StepName::DeleteStandIn:
        case StepName::DeleteOldStandIn:
            return {.deadline = 10s, .pause = 1s, .patience = 5min, .retry_refusals = true};
        case StepName::KeepStandIn:  // it may have to shut down first
            return {.deadline = 30s, .pause = 1s, .patience = 5min, .retry_refusals = true};
        case StepName::StopServer:  // in order first, then by its power
            return {.deadline = server.fence_within,
                    .pause = 2s,
                    .patience = observation.capture_way == CaptureWay::Restart
                                    ? askWithin(server) + server.shutdown_within + 3 * server.fence_within
                                    : 3 * server.fence_within,
                    .retry_refusals = true};
        case StepName::StartServer:
            return {.deadline = server.fence_within,
                    .pause = 2s,
                    .patience = 3 * server.fence_within,
                    .retry_refusals = true};
        case StepName::CaptureImage:  // who captures may go on though nobody hears of it, and the server must stay off
            return {.deadline = 10s, .pause = 500ms, .patience = 12h};
        case StepName::CompareImages:
            return {.deadline = 60s, .pause = 1s, .patience = 5min};
        case StepName::DiscardImage:
            return atOnce(60s);
        case StepName::TellOperator:
            return {.deadline = 10s, .pause = 1s, .patience = 60s};
    }
    STANDIN_ASSERT(!"every step has limits");
    return {};
}

}  // namespace standin::domain
