// A failover that rests because an agent did not answer goes on when it does (rules 3, 8 and 12): requests may be held.
#include "coordinator/domain/obstacle.hpp"

#include <algorithm>

#include "coordinator/domain/fence.hpp"
#include "coordinator/domain/handover/handover_phase.hpp"

namespace standin::domain {

using enum StepName;

namespace {

/// Nobody has answered; a clear 'no' is for a person.
bool isUnanswered(const Operation& failover, StepName name) {
    const Step* step = failover.find(name, subjectOf(failover, name));
    return step != nullptr &&
           (step->state == StepState::Unknown || (step->state == StepState::Failed && base::isTransient(step->error)));
}

void add(std::vector<base::AgentName>& agents, const base::AgentName& agent) {
    if (!agent.empty() && std::find(agents.begin(), agents.end(), agent) == agents.end()) agents.push_back(agent);
}

std::vector<base::AgentName> silentAgents(const Operation& failover, const Server& server) {
    std::vector<base::AgentName> silent;
    const bool with_stand_in = !handover::isReleased(failover);
    for (StepName step : {FreezeStandIn, StopStandIn, ReviveStandIn, ReturnRequests}) {
        if (with_stand_in && isUnanswered(failover, step)) add(silent, server.vm_host);
    }
    for (StepName step : {GiveSegment, GiveSegmentToSpare, ReturnRequests}) {
        if (isUnanswered(failover, step)) add(silent, server.switch_agent);
    }
    if (!isFenced(failover, server) && isUnanswered(failover, FencePort)) add(silent, server.switch_agent);
    if (isUnanswered(failover, ReturnRequests)) add(silent, server.request_holder);
    if (failover.cold && isUnanswered(failover, RestoreSpare)) add(silent, server.image_store);
    return silent;
}

/// Its requests were returned because nobody could say whether it had answered everything.
bool isUnseen(const Operation& failover) {
    const Step* drain = failover.find(DrainStandIn, failover.stand_in.text());
    return drain != nullptr && drain->finding == Finding::Unseen && failover.handovers > 0 &&
           !handover::isReleased(failover);
}

Obstacle::Power powerNeeded(const Operation& failover, const Server& server) {
    if (server.fence_policy == FencePolicy::Power) return Obstacle::Power::Off;
    const Step* cut = failover.find(FencePower, failover.server.text());
    return cut != nullptr && cut->state == StepState::Done ? Obstacle::Power::NotOn : Obstacle::Power::Any;
}

}  // namespace

std::optional<Obstacle> obstacleOf(const Operation& failover, const Server& server) {
    if (failover.kind != OperationKind::Failover || failover.state != State::NeedsOperator) return std::nullopt;
    if (!failover.confirmed) return std::nullopt;  // nothing was tried; evidence is gathered on by itself
    Obstacle obstacle{silentAgents(failover, server), powerNeeded(failover, server), isUnseen(failover)};
    if (obstacle.unseen) add(obstacle.silent, server.vm_host);
    const bool off_is_enough = !isFenced(failover, server);  // then the fence is confirmed by reading it
    if (obstacle.silent.empty() && off_is_enough) obstacle.power = Obstacle::Power::Off;
    if (obstacle.silent.empty() && !off_is_enough) return std::nullopt;
    return obstacle;
}

}  // namespace standin::domain
