#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/clock.hpp"
#include "agent/base/error.hpp"

namespace standin::domain {

/// An action of an operation on the world, with the names of the flow (FLOW.md). Each is observe – act – observe and
/// may be repeated.
enum class StepName {
    // takeover (FIG. 11/12)
    AskPort,        ///< evidence: the carrier of the server's switch port, and whether frames come from it
    AskJob,         ///< evidence: the server's job is asked on its segment
    AskPower,       ///< evidence: the power state that the server's devices report
    WakeStandIn,    ///< resumed in quarantine while the failure is verified
    RestStandIn,    ///< a stand-in that was resumed, and is not needed, is suspended again
    FencePort,      ///< the server's switch port leaves the segment; nobody owns it (S182)
    FencePower,     ///< the server's power is cut and read back as off (S182, S204)
    ResumeStandIn,  ///< resumed in quarantine and probed until it answers (S188, S207–S209)
    ReviveStandIn,  ///< the same beside the cold path, while no machine executes the job
    UnfencePort,    ///< cancelled: the server's switch port has its segment again
    GiveSegment,    ///< the segment's owner becomes the stand-in; the neighbours are notified (S191, S210)
    // the spare (FIG. 11, 13)
    LeaseSpare,     ///< nothing else may use the spare (S105)
    PowerOffSpare,  ///< off and read back as off before its disk is written
    ReleaseSpare,   ///< the spare leaves the VM host's resources; no stand-in lives on it (S184, S205–S206)
    RestoreSpare,   ///< the image is written to the spare's disk and read back (S189, S212–S215)
    IsolateSpare,   ///< the spare's port is in its own quarantine, the holder's back leg with it
    StartSpare,     ///< started from its own disk (S186, S242)
    ProbeSpare,     ///< its job answers in quarantine (S222, S250)
    // handover (FIG. 13/14)
    HoldRequests,        ///< new requests go to the holder, the stand-in keeps those it has (S223, S251–S252)
    DrainStandIn,        ///< the stand-in finishes every request it has (S224–S225, S253–S255)
    FreezeStandIn,       ///< the stand-in is suspended, and that is confirmed (S256, S331)
    StopStandIn,         ///< cold path: a stand-in that does not answer is stopped and kept
    ReleaseHeld,         ///< held requests go to the spare in order (S227, S258–S260)
    GiveSegmentToSpare,  ///< the segment's owner becomes the spare (S228, S187, S261–S262)
    RetireHolder,        ///< beside the end: proxied connections have ended, or are too old; the holder becomes idle
    RetireStandIn,       ///< beside the end: the stand-in is shut down in order in its quarantine, and kept (S257)
    ReturnRequests,  ///< a handover that cannot continue: held requests go to the stand-in in order, then the segment
    // spare failed (S226, S230–S231)
    GrowStandIn,          ///< more memory, CPUs and weight (S226, S332)
    PowerOffFailedSpare,  ///< off and confirmed (S230, S246–S248)
    // prepare and refresh (FIG. 7–10)
    CheckCapacity,     ///< memory, CPUs, disk, stand-ins at once (S116)
    MakeStandIn,       ///< defined and made from the image (S117–S121)
    IsolateStandIn,    ///< its port is in its own quarantine, the holder's back leg with it
    StartStandIn,      ///< started (S122)
    ProbeStandIn,      ///< its job answers (S123)
    SuspendStandIn,    ///< suspended, and that is confirmed (S124)
    AdoptStandIn,      ///< the segment's order names it as the server's stand-in
    DeleteStandIn,     ///< the stand-in of this operation is removed (S128)
    DeleteOldStandIn,  ///< the one that was replaced is removed (S160–S161)
    KeepStandIn,       ///< the stand-in of a closed failover is retired; its disk, with writes of the job, is kept
    ClearSegment,      ///< machines that no longer belong to the server leave its segment's order
    StopServer,        ///< shut down for the capture (S142)
    CaptureImage,      ///< the server's disk becomes an image (S143)
    StartServer,       ///< started again after the capture (S157)
    CompareImages,     ///< the new image is compared with the previous one (S144)
    DiscardImage,      ///< an image equal to the previous one isn't kept
    // any
    TellOperator,  ///< a message goes to the operator (S192, S211, S229, S231)
};

inline constexpr StepName last_step = StepName::TellOperator;
inline constexpr std::size_t step_count = static_cast<std::size_t>(last_step) + 1;

std::string_view nameOf(StepName step);
std::optional<StepName> stepFrom(std::string_view name);

/// A step of one operation: an action and its subject, e.g. RestoreSpare 'spare01'.
struct StepId {
    StepName name{};
    std::string subject;  ///< the machine, stand-in, image or topic
    auto operator<=>(const StepId&) const = default;
};

enum class StepState {
    Planned,  ///< to be done (again); earlier attempts are counted
    Running,  ///< its intent is durable, its effect may have started
    Polling,  ///< its effect has started and takes long; it is polled at intervals
    Done,
    Failed,  ///< it certainly did not happen, for a known reason
    Unknown  ///< it may have happened: no answer, or the coordinator crashed meanwhile
};

std::string_view nameOf(StepState state);
std::optional<StepState> stepStateFrom(std::string_view name);

/// A result of a step that decides how the operation continues.
enum class Finding {
    None,
    Beside,        ///< CheckCapacity: a new stand-in fits beside the old one
    Instead,       ///< CheckCapacity: it fits only after the old one is deleted
    Same,          ///< CompareImages: no difference
    Differs,       ///< CompareImages: there is a difference
    Unproved,      ///< ResumeStandIn: it runs, but its job could not be probed
    Between,       ///< DrainStandIn: all clients have answers, and some will send the next request at once
    Untaken,       ///< ReleaseHeld: it failed, and the spare has taken nothing of what was held
    PowerCut,      ///< StopServer: it did not shut down in order
    Unseen,        ///< DrainStandIn: it failed, and its VM host does not know all connections
    OtherMachine,  ///< StopServer: it failed, because the server's power devices are another machine's
    Answers,       ///< AskJob: it has answered since the failure was reported
    Silent,        ///< AskJob: it was asked and has not answered; AskPort: the carrier is there, and no frame came
    NoCarrier,     ///< AskPort: the port has lost its carrier
    Carrier,       ///< AskPort: the carrier is there
    Frames,        ///< AskPort: the carrier is there, and the server has sent frames
    Off,           ///< AskPower: it reads as off
    On,            ///< AskPower: it reads as on
    Unled          ///< ResumeStandIn: it runs; the holder's back leg, over which it is probed, does not lead to it yet
};

std::string_view nameOf(Finding finding);
std::optional<Finding> findingFrom(std::string_view name);

/// The journaled progress of a step.
struct Step {
    StepId id;
    StepState state = StepState::Planned;
    unsigned attempts = 0;           ///< how often it was started
    unsigned plans = 0;              ///< how often it was started from the beginning, as opposed to retried
    base::WallTime first_started{};  ///< of the first attempt since it was last planned
    /// The time from which the step's patience counts: first_started, or later if a restarted coordinator has to have
    /// time for it.
    base::WallTime patience_from{};
    base::WallTime started{};         ///< of the last attempt
    base::WallTime ended{};           ///< of the last attempt; epoch while it runs
    double since_failure_ms = 0;      ///< start of the last attempt, from the arrival of the trap or request
    double duration_ms = 0;           ///< from first_started to ended
    base::ErrorCode error{};          ///< meaningful in Failed and Unknown
    unsigned refusals = 0;            ///< how many of the latest attempts in a row were refused definitely
    base::WallTime silent_since{};    ///< end of the first of the latest unanswered attempts in a row
    std::string message;              ///< what happened, for people
    Finding finding = Finding::None;  ///< meaningful in Done; Untaken until the step is begun again from the start
    std::string found;  ///< a name or text that the step learned. StartStandIn: the stand-in's switch port; FencePower:
                        ///< the person who confirmed it; ResumeStandIn: the problem of its clock; GrowStandIn: what has
                        ///< not taken effect yet
    double percent = 0;  ///< progress of a long step
    std::map<std::string, double>
        phases_ms;  ///< parts of the duration that the step measured, e.g. `resume`, `first_answer`
};

/// The group of threads that execute a step. A critical step never waits for a long one or for the watch.
enum class Lane { Critical, Ordinary, Watch };
inline constexpr std::size_t lanes = 3;

/// How a step is tried, and when it is given up.
struct StepLimits {
    std::chrono::milliseconds deadline{};  ///< for the answer to one attempt (or one poll of a long step)
    std::chrono::milliseconds pause{};     ///< between attempts
    std::chrono::milliseconds patience{};  ///< from the first attempt; the step is then given up
    /// The upper limit to which pauses double after failures in a row; 0: pauses do not grow.
    std::chrono::milliseconds longest_pause{};
    /// The time a restarted coordinator has for the step at least. Limits are absolute times and pass while it is down,
    /// when nothing was tried.
    std::chrono::milliseconds after_restart = std::chrono::minutes(1);
    bool retry_refusals =
        false;  ///< also a definite failure may pass (a device that answers 'busy', a power that stays on)
    /// Conflicts end the step although refusals are retried: a conflict (the spare executes a job) does not pass.
    bool conflict_is_final = false;
    /// How many attempts in a row may be refused for a reason that may pass (busy, in use) before the step is given up.
    /// A reason that stays (corrupt, not there, too small) ends it at once.
    unsigned refusals = 0;
};

}  // namespace standin::domain
