#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/switch/segment/switch_fabric.hpp"

/// PURE: a segment's steering in Open vSwitch's flow language (ovs-fields(7), ovs-actions(7)).
///
///     table 0    frames of the segment from client ports -> 121; frames of the new owner wear the target's MAC
///     table 121  what goes to the job's address, and to which side; everything else as ever (NORMAL)
///     table 122  learned: the connections that the new owner took
///     table 123  new connection, taken connection, or neither
///     table 124  new connections: learned, and sent on
///
/// Every flow of a segment has its cookie, so that it can be replaced as a whole in one bundle.
namespace standin::lan_switch {

/// A table that no frame gets to.
inline constexpr std::uint8_t idle_table = 125;

/// Flows of one VLAN's segment; flows that were learned have learnedCookie().
std::uint64_t steeringCookie(Vlan vlan);
std::uint64_t learnedCookie(Vlan vlan);

/// A file for `ovs-ofctl --bundle add-flows`: replaces the segment's flows. Without a steering it removes all of them,
/// the learned ones included.
std::string steeringFlows(Vlan vlan, const std::optional<Steering>& steering);

/// How many flows (learned ones not counted) are in force after that.
std::size_t steeringFlowCount(const std::optional<Steering>& steering);

}  // namespace standin::lan_switch
