#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/protocol/segment.hpp"
#include "agent/switch/segment/vlan_range.hpp"

namespace standin::lan_switch {

using MacAddress = std::string;  ///< `52:54:00:77:01:0a`, lower case

/// A port of the switch as it is configured now.
struct PortView {
    enum class Mode { Access, Trunk, NativeTagged, NativeUntagged, Tunnel };

    std::string name;
    Mode mode = Mode::Trunk;
    std::optional<Vlan> tag;              ///< access or native VLAN
    std::vector<Vlan> trunks;             ///< empty on a trunk: all VLANs
    std::optional<Vlan> quarantine;       ///< the port's own VLAN that the agent assigned and noted at the port
    std::vector<std::uint32_t> of_ports;  ///< the forwarding plane's numbers, one per link; empty: not (yet) forwarding
    bool link_up = false;

    [[nodiscard]] bool carriesTagged(Vlan vlan) const;
    [[nodiscard]] bool carriesUntagged(Vlan vlan) const;
    [[nodiscard]] bool carries(Vlan vlan) const { return carriesTagged(vlan) || carriesUntagged(vlan); }
    /// True if the port is in `vlan` and in no other VLAN.
    [[nodiscard]] bool isAccess(Vlan vlan) const { return mode == Mode::Access && tag == vlan; }
};

/// The position of an order among all orders that coordinators ever gave for the segment.
struct OrderNumber {
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
    auto operator<=>(const OrderNumber&) const = default;
};

/// What the switch stores durably about one segment: the last order and its number, and the quarantine VLAN of each of
/// its ports (also of absent ports, which may come back).
struct SegmentRecord {
    protocol::SegmentOrder order;
    std::map<std::string, Vlan> quarantine;
    OrderNumber number;
    bool operator==(const SegmentRecord&) const = default;
};
using SegmentRecords = std::map<base::SegmentId, SegmentRecord>;

struct FabricView {
    std::map<std::string, PortView> ports;
    SegmentRecords segments;
    std::vector<std::string> problems;  ///< e.g. a record that cannot be read
    std::map<std::string, std::string>
        durable;           ///< the records' texts as stored: a commit checks that they have not changed
    bool applied = false;  ///< the forwarding plane matches the configuration

    [[nodiscard]] const PortView* port(const std::string& name) const;
};

/// A snapshot of the switch, shared by its readers.
using FabricSnapshot = std::shared_ptr<const FabricView>;

/// A change of the switch: access VLANs of ports, and the segment's record that belongs to them.
struct FabricChange {
    struct Port {
        Vlan vlan = 0;
        std::optional<Vlan> quarantine;  ///< noted at the port
    };
    std::map<std::string, Port> ports;
    std::optional<std::pair<base::SegmentId, std::optional<SegmentRecord>>> record;  ///< nullopt inside: removed
    SegmentRecords others;  ///< records of other segments, which lose a member to this one
    std::string reason;     ///< for the switch's own log

    [[nodiscard]] bool empty() const { return ports.empty() && !record && others.empty(); }
};

/// An announcement, on behalf of a machine behind `port`, that `address` is at `mac` (RFC 5944 4.6, both forms of
/// gratuitous ARP).
struct Announcement {
    std::string port;
    Vlan vlan = 0;
    std::string address;
    MacAddress mac;
    std::vector<MacAddress>
        stale;  ///< if not empty: also make sure that none of these is learned elsewhere in the VLAN (slower)
};

/// How a job's frames are forwarded while its connections move one by one. `new_connections_port` gets new connections
/// (while `takes_new`) and keeps those it got; everything else goes to `target` (the new owner itself if no other
/// machine is left). All frames of the new owner get `source_mac`, so that clients see one MAC only.
struct Steering {
    struct ClientPort {
        std::uint32_t of_port = 0;
        bool tagged = false;    ///< carries the segment's VLAN with a tag
        bool untagged = false;  ///< carries it without
        bool operator==(const ClientPort&) const = default;
    };
    base::SegmentId segment;
    Vlan vlan = 0;
    std::string address;
    std::vector<ClientPort> clients;
    std::uint32_t new_connections_port = 0;
    MacAddress new_connections_mac;
    std::uint32_t target = 0;
    MacAddress target_mac;
    MacAddress source_mac;
    bool takes_new = false;
    std::vector<std::uint32_t>
        learn_at_ports;                 ///< ports in whose VLAN the new owner's (and an aside target's) frames appear
    bool target_aside = false;          ///< the target's port is not in the segment's VLAN itself
    bool back_leg_with_target = false;  ///< the new owner's back leg is in the VLAN of the target's port
    std::vector<std::uint16_t> ports;   ///< connections to other ports do not go to the new owner; empty: all do
    bool operator==(const Steering&) const = default;
};

/// The interface between segments and a kind of switch: implement it to support another kind of switch. Thread-safe.
class SwitchFabric {
  public:
    virtual ~SwitchFabric() = default;

    /// Calls `on_change` on a thread of its own whenever the switch's ports or records may have changed, also after a
    /// reconnection. An implementation without notifications polls the switch regularly.
    virtual void start(std::function<void()> on_change) = 0;
    virtual void stop() = 0;

    /// Unreachable when the switch does not answer, NotFound when the bridge does not exist.
    virtual base::Result<FabricSnapshot> view() = 0;

    /// Applies the change completely or not at all, and only if what it touches is still as in `view` (otherwise
    /// Conflict). Returns when the forwarding plane has applied it and the ports were read back. TimedOut: it may have
    /// happened.
    virtual base::Result<void> commit(const FabricView& view, const FabricChange& change) = 0;

    /// Sends the announcement. Idempotent. NotFound: the port does not forward.
    virtual base::Result<void> announce(const Announcement& announcement) = 0;

    /// Sets the segment's steering to exactly this; nullopt: no steering, and the new owner's connections are
    /// forgotten. Unsupported: the switch has no flows.
    virtual base::Result<void> steer(const base::SegmentId& segment, Vlan vlan,
                                     const std::optional<Steering>& steering) = 0;

    /// The number of frames that the machine behind the port has sent, as the forwarding plane counts it now. An answer
    /// also proves that the forwarding plane works, so that what the view says of the port's link is not old; this is
    /// so for a port that does not forward, too (nullopt). Unsupported: the switch does not count.
    virtual base::Result<std::optional<std::uint64_t>> receivedFrames(const std::string& port) = 0;

    /// True if the steering set last for that VLAN is still in force (a restart of the forwarding plane forgets it).
    virtual base::Result<bool> steered(Vlan vlan) = 0;
};

}  // namespace standin::lan_switch
