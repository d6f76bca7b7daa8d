#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/switch/segment/switch_fabric.hpp"

// How it works, and why so.
//
// VLANs move a whole machine at once. While connections move one by one, two machines share the job's address: the
// target, which keeps the established connections, and the new owner (for instance the request holder), which takes the
// new ones. Clients have to see one machine. So frames of the new owner get the source MAC that clients know, and only
// the target answers ARP requests for the address; the answers to both machines' own ARP requests go to both.
//
// Table 122 remembers which connections belong to the new owner: the first SYN of a new connection adds a flow for it
// (`learn`), and each later segment matches that flow, until some time after FIN or RST. An established connection
// needs no flow, because what is not learned goes to the target. So no connection has to be listed when steering
// begins.
//
// Two properties of the switch's cache are handled here. The addresses and ports of a connection are copied to
// registers, so that a cached decision for one connection is not used for another. And a SYN takes a detour through
// ct() before it is learned: when flows change, the switch repeats the lookup with the first frame of each cache entry,
// and an old SYN must not be learned then.

/// PURE: a segment's steering in Open vSwitch's flow language (ovs-fields(7), ovs-actions(7)).
///
///     table 0    frames of the segment from client ports -> 121; frames of the new owner get the source MAC
///     table 121  frames to the job's address: which machine gets them; all others as usual (NORMAL)
///     table 122  learned: the connections of the new owner
///     table 123  new connection, connection of the new owner, or neither
///     table 124  new connections: learned, and forwarded
///
/// All flows of a segment have its cookie, so that they can be replaced as a whole in one bundle.
namespace standin::lan_switch {

/// A table that no frame reaches.
inline constexpr std::uint8_t idle_table = 125;

/// The cookie of a segment's flows, by its VLAN; learned flows have learnedCookie().
std::uint64_t steeringCookie(Vlan vlan);
std::uint64_t learnedCookie(Vlan vlan);

/// A file for `ovs-ofctl --bundle add-flows` that replaces the segment's flows. Without a steering it removes all of
/// them, including the learned ones.
std::string steeringFlows(Vlan vlan, const std::optional<Steering>& steering);

/// The number of flows in force after that, not counting learned ones.
std::size_t steeringFlowCount(const std::optional<Steering>& steering);

}  // namespace standin::lan_switch
