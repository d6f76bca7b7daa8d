#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/switch/segment/switch_fabric.hpp"
#include "agent/switch/segment/vlan_range.hpp"

// How it works, and why so.
//
// A segment is a VLAN of its own in the bridge; a machine is on the segment if its port is an access port in that VLAN.
// A port that is not the owner's gets a VLAN that no other port has: its *quarantine*. So isolation needs no rule that
// could be missing: two machines that must not meet share no VLAN, whatever else fails.
//
// An order names the wanted end (owner, members, back leg), not a change. The plan compares it with a view of the
// switch and gives the difference. That makes an order idempotent, and the same function repairs what was changed by
// hand or came back after a restart.
//
// Two things decide whether a plan is allowed. The *number* of the order (epoch, sequence) is kept in the segment's
// record, in the switch's own database and in the same transaction as the ports: a late order finds a higher number
// there and is refused, also after a restart of this agent. And a port may have a part in one segment only, because a
// machine that executes one job must not be moved by the order of another.
//
// A fence (no owner) is treated differently on purpose: it takes the server's port away even where the rest of the
// order cannot be satisfied. Being wrong about a spare costs a retry, a fence that fails costs the job.
//
// The owner moves in two stages while connections must not break: first the record and the ports, then *steering*
// (OpenFlow rules that keep established connections with the machine that has them). Steering is derived from the same
// record; nothing about it is stored.

/// PURE: computes what a switch has to look like from the order and the present view. No I/O, no clock, no log.
namespace standin::lan_switch {

/// The change that makes `order` come into force: the owner's port in the segment's VLAN, every other member (and every
/// former member's port) in a quarantine of its own, the back leg with the member it is joined to. Ports that are
/// already right are not part of it, so an order in force gives an empty change, if the number is also the same. A port
/// that another segment names without giving it a part (a spare that was given back, a stand-in) leaves that segment.
/// Conflict: a later order was given. Refused: a port has a part in another segment, a VLAN belongs to another segment,
/// or no VLAN is left. NotFound: the port of the owner or of the established member does not exist; another member's
/// port may be absent, because an absent port is not on the segment. InvalidInput: address or MAC. An order without an
/// owner is a fence: it continues without members that would have it refused, and removes the server's own port from
/// any segment.
base::Result<FabricChange> planSegment(const base::SegmentId& id, const protocol::SegmentOrder& order,
                                       const OrderNumber& number, const FabricView& view, const VlanRange& quarantine);

/// The change that removes the segment's record; its ports stay in quarantine. NotFound: no such segment.
base::Result<FabricChange> planForgetting(const base::SegmentId& id, const FabricView& view);

/// The change for ports that differ from the records, e.g. because a machine was started again and its port came back
/// with the VLAN of its definition.
FabricChange planRepair(const FabricView& view);

/// True while VLANs alone do not suffice: a machine is draining, or connections are proxied.
bool needsSteering(const protocol::SegmentOrder& order);

/// How the segment's frames must be steered. Nullopt if steering is not needed, or not possible because a port does not
/// forward; in the latter case the flows in force should stay, because the port may come back and the new owner's
/// connections must not be forgotten. If the established machine is gone, steering is still possible: it has stopped,
/// and all frames go to the holder.
std::optional<Steering> planSteering(const base::SegmentId& id, const SegmentRecord& record, const FabricView& view);

/// The present announcement; nullopt while the segment has no owner.
std::optional<Announcement> planAnnouncement(const SegmentRecord& record);

/// The present segment, with warnings. `applied`: the forwarding plane is known to match the view.
protocol::Segment describeSegment(const base::SegmentId& id, const SegmentRecord& record, const FabricView& view,
                                  bool applied);

/// Trunk ports that would carry quarantine VLANs to other switches, where these numbers have another meaning.
std::vector<std::string> leakingTrunks(const FabricView& view, const std::string& bridge, const VlanRange& quarantine);

}  // namespace standin::lan_switch
