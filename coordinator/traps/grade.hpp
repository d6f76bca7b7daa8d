#pragma once

#include <array>
#include <string_view>

namespace standin::traps {

/// What a trap means for the server's ability to execute its job.
enum class Grade {
    None,      ///< nothing that concerns the job: information, or no rule matches
    Test,      ///< a test of the alerts
    Cleared,   ///< a degraded condition has ended
    Degraded,  ///< the job runs; hardware is worn, or redundancy is lost
    Failure    ///< the server cannot execute its job, or is about to stop
};

inline constexpr std::array<std::string_view, 5> grade_names{"none", "test", "cleared", "degraded", "failure"};

constexpr std::string_view nameOf(Grade grade) {
    return grade_names.at(static_cast<std::size_t>(grade));
}

/// None for a name that is no grade's.
constexpr Grade gradeFrom(std::string_view name) {
    for (std::size_t i = 0; i < grade_names.size(); ++i) {
        if (grade_names.at(i) == name) return static_cast<Grade>(i);
    }
    return Grade::None;
}

}  // namespace standin::traps
