#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "agent/base/clock.hpp"
#include "coordinator/domain/job_watch.hpp"

namespace standin::domain {

struct Operation;

/// A failure that was reported while its server was restarted for a capture. At that time it cannot be distinguished
/// from events that the restart causes. Once the server has had time to boot, its job is probed.
struct RestartClaim {
    std::string kind;
    std::string cause;
    std::string reported_by;
    base::WallTime at{};
};

/// Until when reports of the server's hardware are attributed to `capture`. Nullopt: the capture has not switched the
/// server off. The maximum time: the server is off or being started, so the end is not known yet.
std::optional<base::WallTime> restartEnds(const Operation& capture, std::chrono::milliseconds boot_within);

/// How often the job is probed before a person is needed. A restarted agent is back within this number of probes.
inline constexpr unsigned claim_asked_at_most = 6;
inline constexpr std::chrono::seconds claim_asked_every{10};

enum class ClaimVerdict {
    Dropped,     ///< the job answers: the report was not a failure of it
    FailsOver,   ///< the job was probed and does not answer
    AskedAgain,  ///< the job could not be probed (rule 6)
    NotKnown     ///< the job could not be probed for so long that a person has to look
};

/// `asked`: the number of probes, including this one.
ClaimVerdict judge(JobAnswer answer, unsigned asked);

}  // namespace standin::domain
