#pragma once

#include "agent/base/clock.hpp"

namespace standin::simulated {

/// Time that passes only when it is told to.
class SimulatedClock final : public base::Clock {
  public:
    [[nodiscard]] base::WallTime wall() const override { return base::WallTime(std::chrono::hours(500000)) + passed_; }
    [[nodiscard]] base::SteadyTime steady() const override { return base::SteadyTime(std::chrono::hours(1)) + passed_; }
    void pass(std::chrono::nanoseconds time) { passed_ += std::chrono::duration_cast<base::WallTime::duration>(time); }

  private:
    base::WallTime::duration passed_{};
};

}  // namespace standin::simulated
