#pragma once

#include "coordinator/domain/segment_members.hpp"
#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

using domain::holder_member;
using domain::new_stand_in_member;
using domain::server_member;
using domain::spare_member;
using domain::stand_in_member;

/// An order whose members are all known machines of the operation. Its owner is `owner` (empty: none), and the holder's
/// back leg is with `back_leg_to` (empty: isolated).
protocol::SegmentOrder segmentOrder(const StepContext& context, const base::MemberName& owner,
                                    const base::MemberName& back_leg_to);

/// Gives the order to the server's switch. Success: the order was read back and verified.
base::Result<protocol::Segment> order(const StepContext& context, const protocol::SegmentOrder& wanted,
                                      const std::string& part = {});

/// The segment as the switch has it. NotFound: never ordered.
base::Result<protocol::Segment> observe(const StepContext& context);

/// Sets the state of the server's request holder.
base::Result<protocol::Hold> setHold(const StepContext& context, protocol::HoldState state, const std::string& part);

/// What the server's request holder holds.
base::Result<protocol::Hold> hold(const StepContext& context);

/// Probes the job behind the holder's back leg once, for `patience` at most. An error: the holder could not be asked.
base::Result<protocol::ProbeAnswer> probe(const StepContext& context, std::chrono::milliseconds patience);

/// One poll of a probe that may take many polls: Done if the job answers, otherwise Pending.
StepReport probeOnce(const StepContext& context, const std::string& whom);

/// The driver of the agent `name`, or NotFound.
template <typename Driver>
base::Result<Driver*> driverOf(const std::map<base::AgentName, std::shared_ptr<Driver>>& drivers,
                               const base::AgentName& name) {
    auto found = drivers.find(name);
    if (found == drivers.end() || !found->second) {
        return base::failure(base::ErrorCode::NotFound, "no agent '" + name.text() + "' is configured for this");
    }
    return found->second.get();
}

/// Why the spare must not get the job: it answered when it was prepared but may have failed since. Empty: it answers,
/// or cannot be probed (without a request holder its earlier answer has to suffice).
std::string silenceOfSpare(const StepContext& context);

}  // namespace standin::engine::steps
