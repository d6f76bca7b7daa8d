#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "coordinator/domain/evidence/evidence_policy.hpp"

namespace standin::domain {

/// How long a job usually takes to answer, learned from being asked once a second. Pure.
class AnswerTimes {
  public:
    /// At one question a second this is half an hour: long enough for a 99.9th percentile, and it follows the day's
    /// load.
    static constexpr std::size_t most_kept = 2048;
    /// Before so many answers a percentile is chance, and the longest window is used.
    static constexpr std::size_t enough = 100;

    void note(double answered_after_ms);
    [[nodiscard]] std::size_t known() const { return times_ms_.size(); }
    /// The 99.9th percentile; 0: nothing is known.
    [[nodiscard]] double usualMs() const;
    /// For how long the job has to be silent until silence is a sign.
    [[nodiscard]] std::chrono::milliseconds window(const EvidenceSettings& settings) const;

  private:
    std::vector<double> times_ms_;
    std::size_t next_ = 0;
};

}  // namespace standin::domain
