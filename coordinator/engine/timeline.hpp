#pragma once

#include "agent/base/clock.hpp"

namespace standin::engine {

/// Time that never jumps: the wall clock at the start, advanced by the steady clock. If the clock is set while a
/// failover runs, no time limit ends early and no duration is distorted. The resolution is microseconds, as in the
/// journal, so that a replay computes with the same times.
class Timeline {
  public:
    explicit Timeline(const base::Clock& clock) : clock_(clock), wall_(clock.wall()), steady_(clock.steady()) {}
    [[nodiscard]] base::WallTime now() const { return at(clock_.steady()); }
    [[nodiscard]] base::WallTime at(base::SteadyTime time) const {
        return std::chrono::floor<std::chrono::microseconds>(
            wall_ + std::chrono::duration_cast<base::WallTime::duration>(time - steady_));
    }

  private:
    const base::Clock& clock_;
    base::WallTime wall_;
    base::SteadyTime steady_;
};

}  // namespace standin::engine
