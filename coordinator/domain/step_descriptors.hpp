#pragma once

#include <array>
#include <string>
#include <string_view>

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// What a step is done with; its name is the step's subject.
enum class StepSubject {
    Server,
    StandIn,        ///< the one in service when the operation began
    NewStandIn,     ///< the one that is being made
    OperationsOwn,  ///< a failover's is the one in service, any other operation's the one that is being made
    Spare,
    Image,
    Topic  ///< of the note that is sent
};

/// The part of the system that a step asks most; its threads are limited, so that one that hangs delays no other.
enum class StepAsks { Nobody, Switch, VmHost, ImageStore, RequestHolder, PowerDevices, Notifier };

/// A step's limits: constants, or a function of what is observed.
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

/// What has to be true before a step may be started (rules 1, 2 and 5). Returns what is not; null: it is safe.
using Precondition = const char* (*)(const Operation&, const Observation&);

/// All that is constant about a step. What it does is in engine/steps/.
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

/// How each step is tried.
inline StepLimits limitsOf(StepName step, const Observation& observation) {
    return descriptorOf(step).limits.of(observation);
}

/// Which machine, stand-in or image a step of this operation is about; lives as long as the operation stays as it is.
const std::string& subjectOf(const Operation& operation, StepName step);

/// The agent that the step asks most; empty where that is none.
const base::AgentName& agentAsked(StepName step, const Server& server);

}  // namespace standin::domain
