#include "coordinator/engine/bring_back.hpp"

#include <fmt/format.h>

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

/// Success: the segment is the server's, read back and verified.
Result<void> giveToServer(const Drivers& drivers, const ReturnAttempt& attempt) {
    auto& lan_switch = *drivers.switches.at(attempt.now.server.switch_agent);
    auto given =
        lan_switch.setSegment(attempt.stamp, attempt.now.server.segment, orderForServer(attempt.now), attempt.patience);
    if (!given) return failure(given.error());
    if (given->verified && given->order.owner == base::MemberName("server")) return {};
    return failure(ErrorCode::TimedOut,
                   fmt::format("switch agent '{}' did not confirm the owner of segment '{}'",
                               attempt.now.server.switch_agent.text(), attempt.now.server.segment.text()));
}

}  // namespace

ReturnOutcome bringBack(const Drivers& drivers, const Inventory& inventory, const ReturnAttempt& attempt) {
    const auto& server = attempt.now.server;
    ReturnOutcome outcome;
    if (attempt.claims_first && drivers.claim) {
        outcome.done = drivers.claim(server.switch_agent, attempt.stamp.epoch, attempt.patience);
        if (!outcome.done) return outcome;
    }
    outcome.claimed = attempt.claims_first;
    auto segment = drivers.switches.at(server.switch_agent)->segment(server.segment, attempt.patience);
    if (!segment && segment.error().code != ErrorCode::NotFound) {
        outcome.done = failure(segment.error());
        return outcome;
    }
    const bool never_ordered = !segment;
    if (never_ordered || (segment->verified && segment->order.owner == base::MemberName("server"))) return outcome;
    outcome.done = nobodyElseExecutes(drivers, inventory, attempt.now, attempt.patience);
    if (!outcome.done) return outcome;
    outcome.done = giveToServer(drivers, attempt);
    outcome.in_doubt = !outcome.done && outcome.done.error().code == ErrorCode::TimedOut;
    return outcome;
}

}  // namespace standin::engine
