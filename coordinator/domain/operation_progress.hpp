#pragma once

#include <string>

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// Reads the steps of an operation at a moment: what is done, what is given up.
class OperationProgress {
  public:
    OperationProgress(const Operation& operation, const Observation& observation, base::WallTime now)
        : operation_(operation), observation_(observation), now_(now) {}

    /// Success was confirmed.
    [[nodiscard]] bool done(StepName step) const;
    /// It did not succeed and is not tried again by itself.
    [[nodiscard]] bool gaveUp(StepName step) const;
    /// An attempt has ended, whatever came of it.
    [[nodiscard]] bool attempted(StepName step) const;
    [[nodiscard]] bool concluded(StepName step) const { return done(step) || gaveUp(step); }
    /// Why it did not succeed, for people.
    [[nodiscard]] std::string problemOf(StepName step) const;
    [[nodiscard]] const Step* find(StepName step) const;
    /// When the next attempt or poll is due; nothing while it runs, when it is concluded, or while others come first.
    [[nodiscard]] std::optional<base::WallTime> dueAt(const StepId& id) const;

    [[nodiscard]] const Operation& operation() const { return operation_; }
    [[nodiscard]] const Observation& observation() const { return observation_; }
    [[nodiscard]] base::WallTime now() const { return now_; }

  private:
    [[nodiscard]] bool gaveUp(const Step& step) const;

    const Operation& operation_;
    const Observation& observation_;
    base::WallTime now_;
};

}  // namespace standin::domain
