#pragma once

#include <string>

#include "coordinator/domain/decide.hpp"

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

/// The steps that the operation's state wants now, dependencies respected, whether started already or not.
std::vector<StepId> plan(const OperationProgress& progress);

/// What has happened in the operation's state, if anything has.
struct DetectedEvent {
    Event event{};
    std::string why;
    std::optional<Note> note;
    std::string cure;  ///< with an event that leads to NeedsOperator
};
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);

/// Nobody executes the job any more or yet, and its stand-in, which did not answer in time, may: it is asked on beside
/// the cold path. Not once requests went to a spare, or the segment may have.
bool mayRevive(const OperationProgress& progress);

/// It runs, and only the holder's back leg is missing to find out whether its job answers.
bool wantsBackLeg(const OperationProgress& progress);

/// No spare is left to wait for, but a stand-in that is asked on.
std::optional<Note> hopeToTell(const OperationProgress& progress);

/// An agent that a long step has waited for in vain long enough for the operator to hear of it now.
std::optional<Note> silenceToTell(const OperationProgress& progress);
/// The same, and a step of the critical path that is tried again in vain.
std::optional<Note> troubleToTell(const OperationProgress& progress);

/// Requests that were held have been given to the spare, or may have been: the stand-in has no part in the job any
/// more.
bool isReleased(const Operation& operation);

/// What a transition changes in the operation beside its state.
void enter(Operation& operation, const Change& change, const Observation& observation);

}  // namespace standin::domain
