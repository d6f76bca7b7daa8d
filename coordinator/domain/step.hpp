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

/// What an operation does to the world, in the words of the flow. Each is observe – act – observe and may be repeated.
enum class StepName {
    // takeover (FIG. 11/12)
    FencePort,      ///< the server's switch port leaves the segment; nobody owns it (S182)
    FencePower,     ///< the server's power is cut and read back as off (S182, S204)
    ResumeStandIn,  ///< resumed in quarantine and probed until it answers (S188, S207–S209)
    ReviveStandIn,  ///< the same beside the cold path, as long as nobody executes the job
    GiveSegment,    ///< the segment's owner becomes the stand-in; the neighbours are notified (S191, S210)
    // the spare (FIG. 11, 13)
    LeaseSpare,     ///< nobody else may use the spare (S105)
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
    RetireHolder,        ///< beside the end: proxied connections have ended, or are too old; the holder rests
    RetireStandIn,       ///< beside the end: the stand-in is shut down in order in its quarantine, and kept (S257)
    ReturnRequests,      ///< a handover that cannot go on: held requests go to the stand-in in order, then the segment
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
    AdoptStandIn,      ///< the segment knows it as the server's stand-in
    DeleteStandIn,     ///< the stand-in of this operation is removed (S128)
    DeleteOldStandIn,  ///< the one that was replaced is removed (S160–S161)
    KeepStandIn,       ///< a closed failover's stand-in is one no more; its disk, which has writes of the job, is kept
    ClearSegment,      ///< machines that are not the server's any more leave its segment's order
    StopServer,        ///< shut down for the capture (S142)
    CaptureImage,      ///< the server's disk becomes an image (S143)
    StartServer,       ///< started again after the capture (S157)
    CompareImages,     ///< the new image against the previous one (S144)
    DiscardImage,      ///< an image equal to the previous one isn't kept
    // any
    TellOperator,  ///< a message goes to the operator (S192, S211, S229, S231)
};

inline constexpr StepName last_step = StepName::TellOperator;
inline constexpr std::size_t step_count = static_cast<std::size_t>(last_step) + 1;

std::string_view nameOf(StepName step);
std::optional<StepName> stepFrom(std::string_view name);

/// A step of one operation: what is done with whom, e.g. RestoreSpare 'spare01'.
struct StepId {
    StepName name{};
    std::string subject;  ///< the machine, stand-in, image or topic
    auto operator<=>(const StepId&) const = default;
};

enum class StepState {
    Planned,  ///< to be done (again); attempts made before are counted
    Running,  ///< its intent is durable, its effect may have begun
    Polling,  ///< its effect has begun and takes long; it is asked after at intervals
    Done,
    Failed,  ///< it certainly did not happen, for a stated reason
    Unknown  ///< it may have happened: no answer, or the coordinator died meanwhile
};

std::string_view nameOf(StepState state);
std::optional<StepState> stepStateFrom(std::string_view name);

/// What a step found out that decides how the operation goes on.
enum class Finding {
    None,
    Beside,    ///< CheckCapacity: a new stand-in fits beside the old one
    Instead,   ///< CheckCapacity: it fits only once the old one is gone
    Same,      ///< CompareImages: no difference
    Differs,   ///< CompareImages: there is a difference
    Unproved,  ///< ResumeStandIn: it runs, but nobody could ask whether its job answers
    Between,   ///< DrainStandIn: all clients have answers, and some will ask again at once
    Untaken,   ///< ReleaseHeld: it failed, and the spare has taken nothing of what was held
    PowerCut,  ///< StopServer: it did not shut down in order
    Unseen     ///< DrainStandIn: it failed, and its VM host does not know of all connections
};

std::string_view nameOf(Finding finding);
std::optional<Finding> findingFrom(std::string_view name);

/// The journaled course of a step.
struct Step {
    StepId id;
    StepState state = StepState::Planned;
    unsigned attempts = 0;           ///< how often it was started
    unsigned plans = 0;              ///< how often it was begun again from the start, as opposed to tried again
    base::WallTime first_started{};  ///< of the first attempt since it was last planned
    /// Where the step's patience counts from: first_started, later only where a coordinator that was started again has
    /// to have some time for it.
    base::WallTime patience_from{};
    base::WallTime started{};         ///< of the last attempt
    base::WallTime ended{};           ///< of the last attempt; epoch while it runs
    double since_failure_ms = 0;      ///< start of the last attempt, counted from the trap's arrival (or the request's)
    double duration_ms = 0;           ///< from first_started to ended
    base::ErrorCode error{};          ///< meaningful in Failed and Unknown
    unsigned refusals = 0;            ///< so many of the latest attempts, in a row, had a definite 'no' for an answer
    base::WallTime silent_since{};    ///< end of the first of the latest attempts, in a row, that nobody has answered
    std::string message;              ///< what happened, for people
    Finding finding = Finding::None;  ///< meaningful in Done; Untaken until the step is begun again from the start
    std::string found;   ///< a name the step learned, e.g. StartStandIn: the stand-in's switch port; FencePower: who
                         ///< has confirmed it by hand; ResumeStandIn: what is wrong with its clock; GrowStandIn: what
                         ///< has not arrived yet
    double percent = 0;  ///< progress of a long step
    std::map<std::string, double>
        phases_ms;  ///< parts of the duration the step measured itself, e.g. `resume`, `first_answer`
};

/// Which threads may carry a step: a critical one never waits for a long one, and neither for what the watch looks at.
enum class Lane { Critical, Ordinary, Watch };
inline constexpr std::size_t lanes = 3;

/// How a step is tried, and when it is given up.
struct StepLimits {
    std::chrono::milliseconds deadline{};  ///< for one attempt (or one poll of a long step) to answer
    std::chrono::milliseconds pause{};     ///< between attempts
    std::chrono::milliseconds patience{};  ///< from the first attempt on; after it the step is given up
    /// Where attempts fail one after the other, pauses double up to this; 0: they don't.
    std::chrono::milliseconds longest_pause{};
    /// A limit is a moment, and runs on while the coordinator is down. So long one that was started again tries at
    /// least: nobody tried meanwhile.
    std::chrono::milliseconds after_restart = std::chrono::minutes(1);
    bool retry_refusals =
        false;  ///< also a definite failure may pass (a device that answers 'busy', a power that stays on)
    /// Though refusals are tried again: a conflict (the spare executes a job) does not pass.
    bool conflict_is_final = false;
    /// So many attempts in a row may be refused for a reason that may pass (busy, in use), though not for one that
    /// stays (corrupt, not there, too small), before the step is given up.
    unsigned refusals = 0;
};

}  // namespace standin::domain
