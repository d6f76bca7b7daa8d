#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/switch/segment/switch_fabric.hpp"
#include "agent/switch/segment/vlan_range.hpp"

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
