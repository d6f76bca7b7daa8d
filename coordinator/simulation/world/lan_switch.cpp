#include "coordinator/simulation/world/lan_switch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/segment_members.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using base::ErrorCode;
using base::failure;
using base::Result;
using protocol::Segment;

namespace {

std::string ownerText(const base::MemberName& owner) {
    return owner.empty() ? "nobody" : owner.text();
}

std::string describe(const protocol::SegmentOrder& order) {
    std::string text = ownerText(order.owner);
    if (!order.established.empty()) text += ", established connections: " + order.established.text();
    if (order.proxied) text += ", proxied connections go on";
    if (!order.back_leg_to.empty()) text += ", back leg to " + order.back_leg_to.text();
    return text;
}

}  // namespace

Result<Segment> LanSwitch::segment(const base::SegmentId& id) const {
    const auto found = segments_.find(id.text());
    if (found == segments_.end())
        return failure(ErrorCode::NotFound, fmt::format("segment '{}' was never ordered", id.text()));
    return found->second.segment;
}

std::vector<Segment> LanSwitch::segmentsAt(const base::PortName& port) const {
    std::vector<Segment> its;
    for (const auto& [id, kept] : segments_) {
        const auto& members = kept.segment.order.members;
        if (std::any_of(members.begin(), members.end(), [&](const auto& member) { return member.port == port; }))
            its.push_back(kept.segment);
    }
    return its;
}

protocol::PortReading LanSwitch::port(const base::PortName& name) {
    protocol::PortReading reading{name, false, false, {}};
    const auto machine = world_.machines.find(world_.at(name));
    if (machine == world_.machines.end()) return reading;
    reading.present = true;
    reading.carrier = machine->second.hasCarrier();
    // One that runs sends a frame whenever anybody looks.
    if (machine->second.sendsFrames()) frames_[name.text()] += 1;
    reading.received_frames = frames_[name.text()];
    return reading;
}

void LanSwitch::forget() {
    world_.log.line("a switch has lost its records");
    segments_.clear();
    owned_.clear();
}

Result<Segment> LanSwitch::order(const protocol::CommandStamp& stamp, const base::SegmentId& id,
                                 const protocol::SegmentOrder& given, VirtualTime ordered_at) {
    const auto found = segments_.find(id.text());
    const std::pair number(stamp.epoch, stamp.sequence);
    if (found != segments_.end() && number < found->second.number) {
        return failure(ErrorCode::Conflict,
                       fmt::format("order {}/{} for segment '{}' came too late: {}/{} was given since", stamp.epoch,
                                   stamp.sequence, id.text(), found->second.number.first, found->second.number.second));
    }
    if (!given.owner.empty() && given.member(given.owner) == nullptr)
        return failure(ErrorCode::InvalidInput, fmt::format("owner '{}' is no member", given.owner.text()));
    world_.invariants.fences(stamp, id.text(), given);
    world_.invariants.fencesServer(stamp, id.text(), given);
    protocol::SegmentOrder order = given;
    auto claimed = claimPorts(id.text(), order);
    if (!claimed) return failure(claimed.error());
    const base::MemberName before = ownerOf(id.text());
    world_.invariants.segmentMoves(id.text(), before, order, ordered_at);
    const bool same = found != segments_.end() && found->second.segment.order == order;
    auto& kept = segments_[id.text()];
    kept.number = number;
    kept.segment.id = id;
    keep(kept, order);
    kept.segment.transaction_ms = base::milliseconds(world_.config.timings.transaction);
    kept.segment.announce_ms = before == order.owner ? 0 : kept.segment.transaction_ms;
    if (!same) world_.log.line("segment {}: {} -> {}", id.text(), ownerText(before), describe(order));
    return kept.segment;
}

/// As the switch agent does it: a port without a part in another segment leaves that one; a port with a part keeps it,
/// and only a fence continues without them.
Result<void> LanSwitch::claimPorts(const std::string& segment, protocol::SegmentOrder& order) {
    const auto members = order.members;
    for (const auto& member : members) {
        const auto named = named_.find(member.port.text());
        if (named == named_.end() || named->second == segment) continue;
        auto& other = segments_.at(named->second);
        const auto& theirs = other.segment.order;
        const auto* there = &*std::find_if(theirs.members.begin(), theirs.members.end(),
                                           [&](const auto& one) { return one.port == member.port; });
        const bool used = there->name == domain::server_member || there->name == domain::holder_member ||
                          there->name == theirs.owner || there->name == theirs.established ||
                          there->name == theirs.back_leg_to;
        const auto drop = [&member](protocol::SegmentOrder& from) {
            std::erase_if(from.members, [&](const auto& one) { return one.port == member.port; });
        };
        if (!used) {
            auto without = theirs;
            drop(without);
            keep(other, std::move(without));
        } else if (order.owner.empty()) {
            drop(order);
        } else {
            return failure(ErrorCode::Refused, fmt::format("port '{}' belongs to segment '{}' already",
                                                           member.port.text(), other.segment.id.text()));
        }
    }
    return {};
}

const protocol::SegmentOrder* LanSwitch::inForce(const std::string& segment) const {
    const auto found = segments_.find(segment);
    return found == segments_.end() ? nullptr : &found->second.segment.order;
}

const base::MemberName& LanSwitch::ownerOf(const std::string& segment) const {
    const auto* order = inForce(segment);
    return order == nullptr ? domain::server_member : order->owner;
}

std::string LanSwitch::owner(const std::string& segment) const {
    return ownerText(ownerOf(segment));
}

void LanSwitch::placeSegment(const base::SegmentId& id, protocol::SegmentOrder order) {
    auto& kept = segments_[id.text()];
    kept.segment.id = id;
    keep(kept, std::move(order));
}

void LanSwitch::keep(Kept& kept, protocol::SegmentOrder order) {
    if (const auto* before = kept.segment.order.member(kept.segment.order.owner)) owned_.erase(before->port.text());
    for (const auto& member : kept.segment.order.members) named_.erase(member.port.text());
    kept.segment.order = std::move(order);
    kept.segment.verified = true;
    for (const auto& member : kept.segment.order.members) named_[member.port.text()] = kept.segment.id.text();
    if (const auto* now = kept.segment.order.member(kept.segment.order.owner))
        owned_[now->port.text()] = kept.segment.id.text();
}

std::string LanSwitch::ownedBy(const base::PortName& port) const {
    const auto found = owned_.find(port.text());
    return found == owned_.end() ? std::string() : found->second;
}

}  // namespace standin::simulation
