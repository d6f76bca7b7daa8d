#pragma once

#include "agent/base/clock.hpp"

namespace standin::engine {

/// Moments that never jump: the wall clock of the start, carried on by the steady clock. A clock that is set while a
/// failover runs neither ends a patience nor stretches a duration. Whole microseconds, as they are written down: what
/// is decided again from the journal must not differ by what a text lost.
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
