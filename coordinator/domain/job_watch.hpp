#pragma once

#include <optional>

#include "agent/base/clock.hpp"

namespace standin::domain {

/// What came of asking a job, at its address on its segment.
enum class JobAnswer {
    Answered,
    Silent,    ///< it was asked, and did not answer
    NotAsked,  ///< nobody could ask it: that says nothing about the job
};

/// One unanswered question may be a job that is busy, or a frame that was lost.
inline constexpr unsigned unanswered_to_tell = 3;

/// How a job that no operation moves has answered, as long as the same machine executes it.
struct JobLooks {
    unsigned unanswered = 0;        ///< in a row
    base::WallTime silent_since{};  ///< of these, when the first was asked
    bool asked = false;
    bool told = false;

    /// Nothing: it was never asked.
    [[nodiscard]] std::optional<bool> answers() const {
        return asked ? std::optional(unanswered < unanswered_to_tell) : std::nullopt;
    }
};

enum class JobNews {
    None,
    Silent,       ///< to be reported; again with each question until `told` is set
    AnswersAgain  ///< after that had been reported
};

/// Notes what came of a question asked at `asked_at`.
JobNews note(JobLooks& looks, JobAnswer answer, base::WallTime asked_at);

}  // namespace standin::domain
