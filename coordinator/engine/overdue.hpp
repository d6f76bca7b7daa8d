#pragma once

#include "coordinator/engine/attempts.hpp"
#include "coordinator/engine/decisions.hpp"

namespace standin::engine {

/// A step ends at its deadline, whatever the thread does that carries it out (rule 8).
class OverdueAttempts {
  public:
    OverdueAttempts(EngineState& state, Decisions& decisions) : state_(state), decisions_(decisions) {}

    /// It has begun, or waits for a thread.
    void expect(Attempt attempt);
    /// What came of an attempt; not used if it was given up before.
    void take(const StepOutcome& outcome);
    void lookAfter();
    [[nodiscard]] std::optional<base::WallTime> next() const { return attempts_.next(); }
    void drop() { attempts_.clear(); }

  private:
    void lookAfter(Attempt attempt);
    void giveUp(Attempt attempt, bool was_begun);

    EngineState& state_;
    Decisions& decisions_;
    Attempts attempts_;
};

}  // namespace standin::engine
