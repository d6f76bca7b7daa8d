#pragma once

#include "coordinator/engine/attempts.hpp"
#include "coordinator/engine/decisions.hpp"

namespace standin::engine {

/// Ends attempts at their deadlines, whatever their threads do (rule 8).
class OverdueAttempts {
  public:
    OverdueAttempts(EngineState& state, Decisions& decisions) : state_(state), decisions_(decisions) {}

    /// Watches an attempt that has begun or waits for a thread.
    void expect(Attempt attempt);
    /// Takes the outcome of an attempt; ignored if the attempt was given up before.
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
