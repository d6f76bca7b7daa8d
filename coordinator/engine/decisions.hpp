#pragma once

#include "coordinator/engine/containment.hpp"
#include "coordinator/engine/job_returns.hpp"
#include "coordinator/engine/observer.hpp"

namespace standin::engine {

/// Applies events and decisions to an operation. It also records their consequences outside the operation: rows,
/// placements, leases, and the steps to start once all of it is durable.
class Decisions {
  public:
    Decisions(EngineState& state, Turns& turns, Observer& observer, Containment& containment, JobReturns& returns)
        : state_(state), turns_(turns), observer_(observer), containment_(containment), returns_(returns) {}

    /// Decides on the operation, unless it is set aside. If deciding fails, the operation is set aside.
    void advance(domain::OperationId id);
    /// Takes the outcome of a step; the operation is decided on before the batch ends. An outcome that is obsolete
    /// because of an earlier decision is ignored.
    void take(const StepOutcome& outcome);
    void take(domain::Operation& operation, const domain::StepId& step, const domain::StepReport& report,
              base::WallTime ended);
    /// Applies an event from outside; false if the operation's state has no transition for it.
    bool accept(domain::Operation& operation, domain::Event event, const std::string& why, bool discard_data = false);

  private:
    void decide(domain::Operation& operation);
    bool act(domain::Operation& operation, const domain::Verdict& verdict);
    bool begin(domain::Operation& operation, const domain::StepRequest& request);
    void leaseSpare(domain::Operation& operation, const domain::StepId& step);
    /// The rows and placements that a decision leads to; derived before the decision is recorded, applied after it.
    struct Consequences {
        std::vector<domain::Outcome> each;
        std::optional<domain::RecordedOutcome> recorded;  ///< nullopt: there are no changes
    };
    [[nodiscard]] Consequences consequencesOf(const domain::Operation& operation,
                                              const std::vector<domain::Change>& changes) const;
    void changed(domain::Operation& operation, const std::vector<domain::Change>& changes,
                 std::vector<domain::Outcome> outcomes);
    void apply(const domain::Operation& operation, domain::Outcome outcome);

    EngineState& state_;
    Turns& turns_;
    Observer& observer_;
    Containment& containment_;
    JobReturns& returns_;
};

}  // namespace standin::engine
