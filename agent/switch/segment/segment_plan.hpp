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

/// PURE: what a switch has to look like, from what was ordered and what is there. No I/O, no clock, no log.
namespace standin::lan_switch {

/// The change that makes `order` come true: the owner's port in the segment's VLAN, every other member (and every port
/// that was one) in a quarantine of its own, the back leg with the member it is joined to. Ports that are as they
/// should be are not part of it, so an order that is in force already gives an empty change, if it has its number, too.
/// A port that another segment names without any part in it (a spare that was given back, a stand-in) leaves that one.
/// Conflict: a later order was given. Refused: a port that has a part in another segment, a VLAN of another segment, no
/// VLAN left. NotFound: the port of the owner or of the established member does not exist; that of another member may
/// be absent, since what is absent is not on the segment. InvalidInput: address or MAC. An order for nobody is a fence:
/// it goes on without members that would have it refused, and takes the server's own port out of any segment that it is
/// in.
base::Result<FabricChange> planSegment(const base::SegmentId& id, const protocol::SegmentOrder& order,
                                       const OrderNumber& number, const FabricView& view, const VlanRange& quarantine);

/// The change that drops the segment's record; its ports stay in quarantine. NotFound: no such segment.
base::Result<FabricChange> planForgetting(const base::SegmentId& id, const FabricView& view);

/// The ports that are not where the records say, e.g. because a machine was started again and its port came back with
/// the VLAN of its definition: what has to be put right.
FabricChange planRepair(const FabricView& view);

/// True while VLANs alone do not do it: somebody is draining, or connections are proxied.
bool needsSteering(const protocol::SegmentOrder& order);

/// How the segment's frames must be steered; nullopt if they need not be, or cannot be since a port does not forward
/// (then what is in force is best left alone: the port may come back, and connections that were taken must not be
/// forgotten). An established machine that is gone is no hindrance: it has stopped, and everything goes to the holder.
std::optional<Steering> planSteering(const base::SegmentId& id, const SegmentRecord& record, const FabricView& view);

/// The announcement that is true now; nullopt while nobody owns the segment.
std::optional<Announcement> planAnnouncement(const SegmentRecord& record);

/// The segment as it is, with what is unusual about it. `applied`: the forwarding plane is known to do what the view
/// says.
protocol::Segment describeSegment(const base::SegmentId& id, const SegmentRecord& record, const FabricView& view,
                                  bool applied);

/// Ports that would carry quarantines off this switch, where their VLAN numbers mean something else.
std::vector<std::string> leakingTrunks(const FabricView& view, const std::string& bridge, const VlanRange& quarantine);

}  // namespace standin::lan_switch
