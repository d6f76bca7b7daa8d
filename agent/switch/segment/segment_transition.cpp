// How a segment passes from owner to owner while connections are steered one by one.
#include "agent/switch/segment/segment_keeper.hpp"

namespace standin::lan_switch {

using base::ErrorCode;
using base::failure;
using protocol::SegmentOrder;

namespace {

// The port whose VLAN is the segment's; 0: none.
std::uint32_t ownerPort(const SegmentOrder& order, const FabricView& view) {
    const auto* owner = order.owner.empty() ? nullptr : order.member(order.owner);
    const PortView* port = owner == nullptr ? nullptr : view.port(owner->port.text());
    return port == nullptr || port->of_ports.empty() ? 0 : port->of_ports.front();
}

}  // namespace

// While connections are steered, the VLANs and the flows cannot change in the same instant. So the flows of the time in
// between let the machines' frames appear both where the owner is and where he will be, and no frame is lost. Other
// segments do not wait for it.
base::Result<void> SegmentKeeper::installTransitionFlows(const base::SegmentId& id, const SegmentOrder& order,
                                                         const OrderNumber& number, Known& known) {
    auto now = fabric_.view();
    if (!now) return failure(now.error());
    const auto found = (*now)->segments.find(id);
    const SegmentRecord before = found == (*now)->segments.end() ? SegmentRecord{} : found->second;
    if (!needsSteering(before.order) && !needsSteering(order)) return {};
    FabricView ahead = **now;
    auto change = planSegment(id, order, number, ahead, quarantine_);
    if (!change) return failure(change.error());
    if (!change->record) return {};
    const SegmentRecord& after = *change->record->second;

    auto between = planSteering(id, before, ahead);
    ahead.segments[id] = after;
    if (needsSteering(order)) between = planSteering(id, after, ahead);
    if (!order.established.empty() && !between) {
        return failure(ErrorCode::WrongState, "connections cannot be kept with '" + order.established.text() +
                                                  "', since a port that is needed does not forward; see GET /v1/ports");
    }
    const auto old_port = ownerPort(before.order, ahead);
    const auto new_port = ownerPort(order, ahead);
    if (!between || old_port == 0 || new_port == 0 || old_port == new_port) return {};
    between->learn_at_ports = {old_port, new_port};
    between->target_aside = between->target != between->new_connections_port;
    return setSteering(id, between->vlan, between, known);
}

base::Result<void> SegmentKeeper::setSteering(const base::SegmentId& id, Vlan vlan,
                                              const std::optional<Steering>& steering, Known& known) {
    known.steering_known = false;
    auto steered = fabric_.steer(id, vlan, steering);
    if (!steered) return steered;
    if (steering.has_value() != known.steering.has_value()) {
        log_.notice("segment {}: connections are {}", id.text(), steering ? "steered one by one" : "no longer steered");
    }
    known.steering = steering;
    known.steering_known = true;
    std::lock_guard lock(mutex_);
    if (steering) {
        steered_.insert(id);
    } else {
        steered_.erase(id);
    }
    return {};
}

base::Result<void> SegmentKeeper::ensureSteering(const base::SegmentId& id, const SegmentRecord& record,
                                                 const FabricView& view, Known& known) {
    auto wanted = planSteering(id, record, view);
    if (!wanted && needsSteering(record.order)) return {};  // not now; the flows in force stay
    if (known.steering_known && known.steering == wanted) return {};
    if (!known.steering_known && !wanted) {
        // Usual: an ordinary segment after our start. Looking is cheap, setting is not.
        auto none = fabric_.steered(record.order.vlan);
        if (none && *none) {
            known.steering_known = true;
            return {};
        }
    }
    return setSteering(id, record.order.vlan, wanted, known);
}

}  // namespace standin::lan_switch
