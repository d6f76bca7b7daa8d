#include "coordinator/engine/return_order.hpp"

#include <fmt/format.h>

#include "coordinator/domain/segment_members.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;
using domain::holder_member;
using domain::server_member;

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
            stand_in->state == protocol::StandInState::Stopped || stand_in->state == protocol::StandInState::Kept) {
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

/// `through_holder`: requests that the holder accepted go on through it, to the server.
protocol::SegmentOrder orderForServer(const ServerSnapshot& now, bool through_holder) {
    const auto& server = now.server;
    protocol::SegmentOrder order;
    order.vlan = server.vlan;
    order.address = server.address;
    order.job_ports = server.job_ports;
    order.owner = server_member;
    order.members.push_back({order.owner, server.port, server.mac});
    if (now.row && !now.row->stand_in_port.empty()) {
        order.members.push_back({base::MemberName("stand-in"), now.row->stand_in_port, server.mac});
    }
    if (!server.holder_ports.front.empty()) {
        order.members.push_back({holder_member, server.holder_ports.front, server.holder_ports.front_mac});
    }
    order.back_leg_port = server.holder_ports.back;
    if (through_holder && !order.back_leg_port.empty()) {
        order.back_leg_to = server_member;
        order.proxied = true;
    }
    return order;
}

/// Success: the segment is the server's, read back and verified.
Result<void> giveToServer(const Drivers& drivers, const ReturnAttempt& attempt, bool through_holder) {
    auto& lan_switch = *drivers.switches.at(attempt.now.server.switch_agent);
    auto given = lan_switch.setSegment(attempt.stamp, attempt.now.server.segment,
                                       orderForServer(attempt.now, through_holder), attempt.patience);
    if (!given) return failure(given.error());
    if (given->verified && given->order.owner == server_member) return {};
    return failure(ErrorCode::TimedOut,
                   fmt::format("switch agent '{}' did not confirm the owner of segment '{}'",
                               attempt.now.server.switch_agent.text(), attempt.now.server.segment.text()));
}

/// What is held goes to the server in order (rule 3). The server has its segment whatever the holder says: what a
/// holder does not release because the command did not reach it, it turns away, visibly, when it is too old.
void releaseToServer(const Drivers& drivers, const ReturnAttempt& attempt) {
    const auto holder = drivers.holders.find(attempt.now.server.request_holder);
    if (holder == drivers.holders.end()) return;
    auto stamp = attempt.stamp;
    stamp.operation += "/release";
    (void)holder->second->setHold(stamp, attempt.now.server.job(), protocol::HoldState::Releasing, attempt.patience);
}

}  // namespace

ReturnOutcome giveSegmentBack(const Drivers& drivers, const Inventory& inventory, const ReturnAttempt& attempt) {
    const auto& server = attempt.now.server;
    ReturnOutcome outcome;
    if (attempt.claims_first && drivers.claim) {
        outcome.done = drivers.claim(server.switch_agent, protocol::leaderBy(attempt.stamp), attempt.patience);
        if (!outcome.done) return outcome;
    }
    outcome.claimed = attempt.claims_first;
    auto segment = drivers.switches.at(server.switch_agent)->segment(server.segment, attempt.patience);
    if (!segment && segment.error().code != ErrorCode::NotFound) {
        outcome.done = failure(segment.error());
        return outcome;
    }
    if (!segment) return outcome;  // it was never ordered
    const auto& in_force = segment->order;
    const bool has_it = segment->verified && in_force.owner == server_member;
    const bool through_holder =
        in_force.owner == holder_member || (in_force.proxied && in_force.back_leg_to == server_member);
    if (!has_it) {
        outcome.done = nobodyElseExecutes(drivers, inventory, attempt.now, attempt.patience);
        if (!outcome.done) return outcome;
        outcome.done = giveToServer(drivers, attempt, through_holder);
        outcome.in_doubt = !outcome.done && outcome.done.error().code == ErrorCode::TimedOut;
    }
    if (outcome.done && through_holder) releaseToServer(drivers, attempt);
    return outcome;
}

}  // namespace standin::engine
