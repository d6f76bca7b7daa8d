#pragma once

#include "agent/base/clock.hpp"

namespace standin::engine {

/// Moments that never jump: the wall clock of the start, carried on by the steady clock. A clock that is set while a
/// failover runs neither ends a patience nor stretches a duration.
class Timeline {
  public:
    explicit Timeline(const base::Clock& clock) : clock_(clock), wall_(clock.wall()), steady_(clock.steady()) {}
    [[nodiscard]] base::WallTime now() const { return at(clock_.steady()); }
    [[nodiscard]] base::WallTime at(base::SteadyTime time) const {
        return wall_ + std::chrono::duration_cast<base::WallTime::duration>(time - steady_);
    }

  private:
    const base::Clock& clock_;
    base::WallTime wall_;
    base::SteadyTime steady_;
};

}  // namespace standin::engine
