#pragma once

#include <optional>

#include "agent/base/clock.hpp"

namespace standin::domain {

/// The result of probing a job at its address on its segment.
enum class JobAnswer {
    Answered,
    Silent,    ///< it was probed and did not answer
    NotAsked,  ///< it could not be probed: this says nothing about the job
};

/// Unanswered probes in a row before the job is reported. A single one may be a busy job or a lost frame.
inline constexpr unsigned unanswered_to_tell = 3;

/// The probe results of a job that no operation moves, for as long as the same machine executes it.
struct JobLooks {
    unsigned unanswered = 0;        ///< in a row
    base::WallTime silent_since{};  ///< when the first of these probes was sent
    bool asked = false;
    bool told = false;

    /// Nullopt: the job was never probed.
    [[nodiscard]] std::optional<bool> answers() const {
        return asked ? std::optional(unanswered < unanswered_to_tell) : std::nullopt;
    }
};

enum class JobNews {
    None,
    Silent,       ///< to be reported; repeated with each probe until `told` is set
    AnswersAgain  ///< after its silence had been reported
};

/// Records the result of a probe that was sent at `asked_at`.
JobNews note(JobLooks& looks, JobAnswer answer, base::WallTime asked_at);

}  // namespace standin::domain
