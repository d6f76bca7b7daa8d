#include "coordinator/engine/bring_back.hpp"
#include "coordinator/engine/engine_parts.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

/// Nobody else may execute the job: unknown is not off (rule 6).
Result<void> nobodyElseExecutes(const Drivers& drivers, const Inventory& inventory, const ServerSnapshot& now,
                                std::chrono::milliseconds patience) {
    const auto& server = now.server;
    for (const auto& name : {now.placement.stand_in, now.row ? now.row->stand_in : base::StandInName{}}) {
        if (name.empty()) continue;
        auto stand_in = drivers.hypervisors.at(server.vm_host)->standIn(name, patience);
        if (!stand_in && stand_in.error().code != ErrorCode::NotFound) return failure(stand_in.error());
        if (!stand_in || stand_in->state == protocol::StandInState::Suspended ||
            stand_in->state == protocol::StandInState::Stopped) {
            continue;
        }
        return failure(ErrorCode::WrongState,
                       fmt::format("stand-in '{}' is {}; stop it on VM host '{}' first", name.text(),
                                   protocol::nameOf(stand_in->state), server.vm_host.text()));
    }
    if (now.placement.spare.empty()) return {};
    auto power = drivers.power->state(inventory.spare_power.at(now.placement.spare), patience);
    if (!power) return failure(power.error());
    if (*power == drivers::PowerState::Off) return {};
    return failure(ErrorCode::WrongState,
                   fmt::format("spare '{}' is not off; switch it off first", now.placement.spare.text()));
}

protocol::SegmentOrder orderForServer(const ServerSnapshot& now) {
    const auto& server = now.server;
    protocol::SegmentOrder order;
    order.vlan = server.vlan;
    order.address = server.address;
    order.job_ports = server.job_ports;
    order.owner = base::MemberName("server");
    order.members.push_back({order.owner, server.port, server.mac});
    if (now.row && !now.row->stand_in_port.empty()) {
        order.members.push_back({base::MemberName("stand-in"), now.row->stand_in_port, server.mac});
    }
    if (!server.holder_ports.front.empty()) {
        order.members.push_back({base::MemberName("holder"), server.holder_ports.front, server.holder_ports.front_mac});
    }
    order.back_leg_port = server.holder_ports.back;
    return order;
}

}  // namespace

Result<void> bringBack(const Drivers& drivers, const Inventory& inventory, const ServerSnapshot& now,
                       const protocol::CommandStamp& stamp, std::chrono::milliseconds patience) {
    auto& lan_switch = *drivers.switches.at(now.server.switch_agent);
    auto segment = lan_switch.segment(now.server.segment, patience);
    if (!segment && segment.error().code != ErrorCode::NotFound) return failure(segment.error());
    if (!segment || segment->order.owner == base::MemberName("server")) return {};
    auto alone = nobodyElseExecutes(drivers, inventory, now, patience);
    if (!alone) return alone;
    auto given = lan_switch.setSegment(stamp, now.server.segment, orderForServer(now), patience);
    return given ? Result<void>() : Result<void>(failure(given.error()));
}

Result<void> Engine::returned(const base::ServerName& server, const std::string& asked_by) {
    const auto now = this->server(server);
    if (!now) return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", server.text()));
    auto sequence = parts_->ask<std::uint64_t>([=](Conductor& conductor) -> Result<std::uint64_t> {
        auto may = conductor.mayReturn(server);
        if (!may) return failure(may.error());
        return conductor.nextSequence();
    });
    if (!sequence) return failure(sequence.error());
    const auto moment = std::chrono::duration_cast<std::chrono::milliseconds>(parts_->clock.wall().time_since_epoch());
    const protocol::CommandStamp stamp{epoch(), fmt::format("returned/{}/{}", server.text(), moment.count()),
                                       *sequence};
    auto back = bringBack(parts_->drivers, parts_->inventory, *now, stamp, parts_->settings.answer_within);
    if (!back) return back;
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.returned(server, asked_by); });
}

}  // namespace standin::engine
