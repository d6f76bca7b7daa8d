#include "agent/switch/segment/segment_plan.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace standin::lan_switch {

using base::ErrorCode;
using base::failure;
using protocol::SegmentMember;
using protocol::SegmentOrder;

namespace {

const base::MemberName server_member("server");
const base::MemberName holder_member("holder");

bool isUnicastMac(const std::string& text) {
    if (text.size() != 17) return false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (at % 3 == 2 ? c != ':' : !hex) return false;
    }
    const bool group = std::string("13579bdfBDF").find(text[1]) != std::string::npos;
    return !group && text != "00:00:00:00:00:00";
}

base::Result<void> checkAddresses(const SegmentOrder& order) {
    in_addr parsed{};
    if (inet_pton(AF_INET, order.address.c_str(), &parsed) != 1) {
        return failure(ErrorCode::InvalidInput, "segment: '" + order.address + "' is not an IPv4 address");
    }
    for (const auto& member : order.members) {
        if (!isUnicastMac(member.mac)) {
            return failure(ErrorCode::InvalidInput,
                           "segment: '" + member.mac + "' of member '" + member.name.text() +
                               "' is not the MAC address of a machine, such as 52:54:00:77:01:0a");
        }
    }
    return {};
}

// An order that its coordinator gave up may arrive, or be begun by the database, after a later one.
base::Result<void> checkNumber(const OrderNumber& number, const OrderNumber& last) {
    if (number >= last) return {};
    return failure(ErrorCode::Conflict,
                   fmt::format("the order came too late: it is number {} of epoch {}, and number {} of epoch {} was "
                               "carried out since",
                               number.sequence, number.epoch, last.sequence, last.epoch));
}

// Every port that an order speaks of, the back leg included.
std::set<std::string> portsOf(const SegmentOrder& order) {
    std::set<std::string> ports;
    for (const auto& member : order.members) ports.insert(member.port.text());
    if (!order.back_leg_port.empty()) ports.insert(order.back_leg_port.text());
    return ports;
}

// Nobody is to own the segment: the failed machine's port has to leave it, also when something is wrong with another
// member.
bool isFence(const SegmentOrder& order) {
    return order.owner.empty();
}

base::Result<void> checkVlan(const base::SegmentId& id, const SegmentOrder& order, const FabricView& view) {
    for (const auto& [other_id, other] : view.segments) {
        if (other_id == id || other.order.vlan != order.vlan) continue;
        return failure(ErrorCode::Refused,
                       "VLAN " + std::to_string(order.vlan) + " is segment '" + other_id.text() + "' already");
    }
    return {};
}

// This order's ports in another segment: a part that they have there may keep them.
bool isUsed(const SegmentOrder& order, const std::string& port) {
    if (order.back_leg_port.text() == port) return true;
    for (const auto& member : order.members) {
        if (member.port.text() != port) continue;
        const bool stays = member.name == server_member || member.name == holder_member;
        if (stays || member.name == order.owner || member.name == order.established || member.name == order.back_leg_to)
            return true;
    }
    return false;
}

void dropPort(SegmentOrder& order, const std::string& port) {
    std::erase_if(order.members, [&](const SegmentMember& member) { return member.port.text() == port; });
    if (order.back_leg_port.text() == port) order.back_leg_port = {};
    for (auto* name : {&order.owner, &order.established, &order.back_leg_to}) {
        if (!name->empty() && order.member(*name) == nullptr) *name = {};
    }
}

// Settles who has the ports that this order and other segments speak of. A machine without a part in another segment
// (a spare that was given back, a stand-in) leaves that one. A member that has a part there keeps it: an order that
// needs such a port is refused, a fence continues without it; only the fenced server's own port leaves any segment that
// it is in.
base::Result<SegmentRecords> claimPorts(const base::SegmentId& id, SegmentOrder& order, const FabricView& view) {
    SegmentRecords losers;
    const SegmentMember* fenced = isFence(order) ? order.member(server_member) : nullptr;
    const std::string fenced_port = fenced == nullptr ? "" : fenced->port.text();
    for (const auto& [other_id, other] : view.segments) {
        if (other_id == id) continue;
        const auto theirs = portsOf(other.order);
        for (const auto& port : portsOf(order)) {
            if (theirs.count(port) == 0) continue;
            if (!isUsed(other.order, port) || port == fenced_port) {
                auto& loser = losers.emplace(other_id, other).first->second;
                dropPort(loser.order, port);
                loser.quarantine.erase(port);
            } else if (isFence(order)) {
                dropPort(order, port);
            } else {
                return failure(ErrorCode::Refused, "port '" + port + "' belongs to segment '" + other_id.text() +
                                                       "' already; take it out of that segment first");
            }
        }
    }
    return losers;
}

// A fence does not need the others' addresses; members without an address are left out.
void dropUnaddressable(SegmentOrder& order) {
    std::erase_if(order.members, [](const SegmentMember& member) {
        return member.name != server_member && !isUnicastMac(member.mac);
    });
}

base::Result<void> checkPresent(const SegmentOrder& order, const SegmentOrder& before, const FabricView& view) {
    for (const auto& name : {order.owner, order.established}) {
        if (!order.established.empty() && name == before.established) continue;  // drained and stopped meanwhile
        const SegmentMember* member = name.empty() ? nullptr : order.member(name);
        if (member == nullptr || view.port(member->port.text()) != nullptr) continue;
        return failure(ErrorCode::NotFound,
                       "port '" + member->port.text() + "' of member '" + name.text() +
                           "' does not exist on the switch; start the machine behind it or attach it");
    }
    return {};
}

// Gives each port its quarantine VLAN: the one it had, or the lowest that is free.
class Quarantines {
  public:
    Quarantines(const FabricView& view, const base::SegmentId& own, const VlanRange& range)
        : view_(view), range_(range) {
        for (const auto& [id, record] : view.segments) {
            if (id != own) take(record.quarantine);
        }
        for (const auto& [name, port] : view.ports) {
            if (port.tag) used_.insert(*port.tag);
            used_.insert(port.trunks.begin(), port.trunks.end());
            if (port.quarantine) owners_.emplace(*port.quarantine, name);
        }
    }

    base::Result<Vlan> of(const std::string& port, const std::map<std::string, Vlan>& before) {
        const auto known = before.find(port);
        if (known != before.end() && keep(known->second, port)) return known->second;
        const PortView* there = view_.port(port);
        if (there != nullptr && there->quarantine && keep(*there->quarantine, port)) return *there->quarantine;
        for (Vlan vlan = range_.first; vlan <= range_.last; ++vlan) {
            if (used_.count(vlan) > 0 || owners_.count(vlan) > 0) continue;
            owners_.emplace(vlan, port);
            return vlan;
        }
        return failure(ErrorCode::Refused,
                       "no quarantine VLAN is left for port '" + port + "'; widen switch.quarantine_vlans");
    }

    void take(const std::map<std::string, Vlan>& given) {
        for (const auto& [port, vlan] : given) owners_[vlan] = port;
    }

  private:
    bool keep(Vlan vlan, const std::string& port) {
        return range_.contains(vlan) && owners_.emplace(vlan, port).first->second == port;
    }

    const FabricView& view_;
    VlanRange range_;
    std::set<Vlan> used_;                 // seen on some port, so not free
    std::map<Vlan, std::string> owners_;  // given to that port
};

// Where each of a record's ports belongs.
std::map<std::string, Vlan> placesOf(const SegmentRecord& record) {
    const SegmentOrder& order = record.order;
    std::map<std::string, Vlan> places;
    auto placeOf = [&](const SegmentMember& member) -> std::optional<Vlan> {
        if (member.name == order.owner) return order.vlan;
        const auto own = record.quarantine.find(member.port.text());
        return own == record.quarantine.end() ? std::nullopt : std::optional(own->second);
    };
    for (const auto& member : order.members) {
        if (const auto place = placeOf(member)) places[member.port.text()] = *place;
    }
    if (!order.back_leg_port.empty()) {
        const SegmentMember* joined = order.back_leg_to.empty() ? nullptr : order.member(order.back_leg_to);
        const auto own = record.quarantine.find(order.back_leg_port.text());
        const auto place = joined != nullptr                ? placeOf(*joined)
                           : own == record.quarantine.end() ? std::nullopt
                                                            : std::optional(own->second);
        if (place) places[order.back_leg_port.text()] = *place;
    }
    return places;
}

void demand(FabricChange& change, const FabricView& view, const std::string& name, Vlan vlan,
            std::optional<Vlan> quarantine) {
    const PortView* port = view.port(name);
    if (port == nullptr || (port->isAccess(vlan) && port->quarantine == quarantine)) return;
    change.ports[name] = {vlan, quarantine};
}

void demandPlaces(FabricChange& change, const FabricView& view, const SegmentRecord& record) {
    for (const auto& [port, vlan] : placesOf(record)) {
        const auto own = record.quarantine.find(port);
        demand(change, view, port, vlan, own == record.quarantine.end() ? std::nullopt : std::optional(own->second));
    }
}

// Every port of the record gets one; in a fence the server's own comes first, and those for which none is left are left
// out.
base::Result<void> giveQuarantines(SegmentRecord& record, const SegmentRecord& before, Quarantines& quarantines) {
    auto ports = portsOf(record.order);
    std::vector<std::string> in_turn(ports.begin(), ports.end());
    if (const auto* server = record.order.member(server_member)) {
        const auto own = std::find(in_turn.begin(), in_turn.end(), server->port.text());
        std::rotate(in_turn.begin(), own, own + 1);
    }
    for (const auto& port : in_turn) {
        auto vlan = quarantines.of(port, before.quarantine);
        if (vlan) {
            record.quarantine[port] = *vlan;
        } else if (isFence(record.order) && port != in_turn.front()) {
            dropPort(record.order, port);
        } else {
            return failure(vlan.error());
        }
    }
    return {};
}

std::string reasonOf(const base::SegmentId& id, const SegmentOrder& order) {
    std::string reason = "segment " + id.text() + ": owner " + (order.owner.empty() ? "nobody" : order.owner.text());
    if (!order.established.empty()) reason += ", established " + order.established.text();
    return reason;
}

}  // namespace

base::Result<FabricChange> planSegment(const base::SegmentId& id, const SegmentOrder& order, const OrderNumber& number,
                                       const FabricView& view, const VlanRange& quarantine) {
    const auto found = view.segments.find(id);
    const SegmentRecord before = found == view.segments.end() ? SegmentRecord{} : found->second;
    auto in_time = checkNumber(number, before.number);
    if (!in_time) return failure(in_time.error());
    SegmentRecord after{order, {}, number};
    if (isFence(order)) {
        dropUnaddressable(after.order);
    } else {
        if (quarantine.contains(order.vlan)) {
            return failure(ErrorCode::Refused,
                           "VLAN " + std::to_string(order.vlan) + " is among switch.quarantine_vlans");
        }
        for (const auto& checked : {checkAddresses(order), checkVlan(id, order, view)}) {
            if (!checked) return failure(checked.error());
        }
    }
    auto losers = claimPorts(id, after.order, view);
    if (!losers) return failure(losers.error());
    auto present = checkPresent(after.order, before.order, view);
    if (!present) return failure(present.error());

    Quarantines quarantines(view, id, quarantine);
    quarantines.take(before.quarantine);
    auto isolated = giveQuarantines(after, before, quarantines);
    if (!isolated) return failure(isolated.error());

    FabricChange change;
    change.reason = reasonOf(id, after.order);
    change.others = std::move(*losers);
    demandPlaces(change, view, after);
    for (const auto& [port, vlan] : before.quarantine) {
        if (after.quarantine.count(port) == 0) demand(change, view, port, vlan, vlan);
    }
    if (found == view.segments.end() || !(before == after)) change.record = {id, after};
    return change;
}

base::Result<FabricChange> planForgetting(const base::SegmentId& id, const FabricView& view) {
    const auto found = view.segments.find(id);
    if (found == view.segments.end())
        return failure(ErrorCode::NotFound, "segment '" + id.text() + "' is not known to this switch");
    FabricChange change;
    change.reason = "segment " + id.text() + ": forgotten";
    change.record = {id, std::nullopt};
    for (const auto& [port, vlan] : found->second.quarantine) demand(change, view, port, vlan, vlan);
    return change;
}

FabricChange planRepair(const FabricView& view) {
    FabricChange change;
    change.reason = "put right";
    std::set<std::string> recorded;
    for (const auto& [id, record] : view.segments) {
        demandPlaces(change, view, record);
        for (const auto& port : portsOf(record.order)) recorded.insert(port);
    }
    for (const auto& [name, port] : view.ports) {
        if (port.quarantine && recorded.count(name) == 0) demand(change, view, name, *port.quarantine, port.quarantine);
    }
    return change;
}

}  // namespace standin::lan_switch
