#pragma once

#include "coordinator/domain/segment_members.hpp"
#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

using domain::holder_member;
using domain::new_stand_in_member;
using domain::server_member;
using domain::spare_member;
using domain::stand_in_member;

/// An order with all machines of the operation that are known as members, owned by `owner` (empty: nobody), the
/// holder's back leg with `back_leg_to` (empty: by itself).
protocol::SegmentOrder segmentOrder(const StepContext& context, const base::MemberName& owner,
                                    const base::MemberName& back_leg_to);

/// Gives the order to the server's switch. Success: read back and verified.
base::Result<protocol::Segment> order(const StepContext& context, const protocol::SegmentOrder& wanted,
                                      const std::string& part = {});

/// The segment as the switch has it. NotFound: never ordered.
base::Result<protocol::Segment> observe(const StepContext& context);

/// Commands the state of the server's request holder.
base::Result<protocol::Hold> setHold(const StepContext& context, protocol::HoldState state, const std::string& part);

/// What the server's request holder holds.
base::Result<protocol::Hold> hold(const StepContext& context);

/// Asks the job behind the holder's back leg once, for at most `patience`. An error: the holder could not be asked.
base::Result<protocol::ProbeAnswer> probe(const StepContext& context, std::chrono::milliseconds patience);

/// One poll of a probe that may take many: Done when it answers, Pending when it does not yet.
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

/// What is wrong with the spare, which answered when it was prepared and may have died since: nobody is handed over to
/// a machine that is silent. Empty: it answers, or nobody can ask it (without a holder what it said then has to do).
std::string silenceOfSpare(const StepContext& context);

}  // namespace standin::engine::steps
