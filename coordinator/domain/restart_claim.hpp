#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "agent/base/clock.hpp"
#include "coordinator/domain/job_watch.hpp"

namespace standin::domain {

struct Operation;

/// A failure that was reported while its server was restarted for a capture. Then it cannot be told from what the
/// restart causes; once the server has had its time to boot, its job can.
struct RestartClaim {
    std::string kind;
    std::string cause;
    std::string reported_by;
    base::WallTime at{};
};

/// Until when `capture` accounts for what its server's hardware reports. Nothing: it has not switched it off. The
/// largest moment: it is off, or being started, and nobody knows until when.
std::optional<base::WallTime> restartEnds(const Operation& capture, std::chrono::milliseconds boot_within);

/// An agent that is restarted is back by then.
inline constexpr unsigned claim_asked_at_most = 6;
inline constexpr std::chrono::seconds claim_asked_every{10};

enum class ClaimVerdict {
    Dropped,     ///< the job answers: what was reported is no failure of it
    FailsOver,   ///< it was asked, and does not answer
    AskedAgain,  ///< nobody could ask it (rule 6)
    NotKnown     ///< and that for so long that a person has to look
};

/// `asked`: how often, this question included.
ClaimVerdict judge(JobAnswer answer, unsigned asked);

}  // namespace standin::domain
