#pragma once

#include <array>
#include <string>
#include <string_view>

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// The kind of object that a step acts on; the object's name is the step's subject.
enum class StepSubject {
    Server,
    StandIn,        ///< the one in service when the operation began
    NewStandIn,     ///< the one that is being made
    OperationsOwn,  ///< a failover's is the one in service, any other operation's the one that is being made
    Spare,
    Image,
    Topic  ///< of the note that is sent
};

/// The kind of agent or device that a step mainly asks. Its threads are limited, so that one that hangs delays no
/// other.
enum class StepAsks { Nobody, Switch, VmHost, ImageStore, RequestHolder, PowerDevices, Notifier };

/// A step's limits: constants, or a function of the observation.
class LimitsRule {
  public:
    using Function = StepLimits (*)(const Observation&);
    constexpr LimitsRule(const StepLimits& constant) : constant_(constant) {}  // NOLINT: implicit on purpose
    constexpr LimitsRule(Function function) : function_(function) {}           // NOLINT: implicit on purpose
    [[nodiscard]] StepLimits of(const Observation& observation) const {
        return function_ != nullptr ? function_(observation) : constant_;
    }

  private:
    StepLimits constant_;
    Function function_ = nullptr;
};

/// The precondition of a step (rules 1, 2 and 5). Returns what is violated, or null if the step may be started.
using Precondition = const char* (*)(const Operation&, const Observation&);

/// All constant properties of a step. Its effect is in engine/steps/.
struct StepDescriptor {
    StepName step{};
    std::string_view name;  ///< in JSON, logs and documents
    StepSubject subject{};
    StepAsks asks{};
    Lane lane{};
    LimitsRule limits;
    Precondition precondition = nullptr;
};

/// One row for each step, in the order of StepName.
extern const std::array<StepDescriptor, step_count> step_descriptors;

inline const StepDescriptor& descriptorOf(StepName step) {
    return step_descriptors[static_cast<std::size_t>(step)];
}

/// The limits of the step.
inline StepLimits limitsOf(StepName step, const Observation& observation) {
    return descriptorOf(step).limits.of(observation);
}

/// The name of the machine, stand-in or image that a step of this operation acts on. The reference is valid until the
/// operation changes.
const std::string& subjectOf(const Operation& operation, StepName step);

/// The agent that the step mainly asks; empty if there is none.
const base::AgentName& agentAsked(StepName step, const Server& server);

}  // namespace standin::domain
