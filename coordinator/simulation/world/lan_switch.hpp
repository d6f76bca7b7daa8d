#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/name_map.hpp"
#include "agent/protocol/segment.hpp"

namespace standin::simulation {

class World;

/// A switch with its agent: an order is one transaction. Orders survive every restart.
class LanSwitch {
  public:
    explicit LanSwitch(World& world) : world_(world) {}

    /// NotFound: it was never ordered; it belongs to its server then.
    base::Result<protocol::Segment> segment(const base::SegmentId& id) const;
    [[nodiscard]] std::vector<protocol::Segment> segmentsAt(const base::PortName& port) const;
    /// What a port tells of the machine behind it.
    [[nodiscard]] protocol::PortReading port(const base::PortName& name);
    /// Its records were deleted: it knows no order any more.
    void forget();
    /// `ordered_at`: it has left the coordinator. Conflict: a later order was given.
    base::Result<protocol::Segment> order(const protocol::CommandStamp& stamp, const base::SegmentId& id,
                                          const protocol::SegmentOrder& order, VirtualTime ordered_at);

    /// The order in force; null: there was none.
    [[nodiscard]] const protocol::SegmentOrder* inForce(const std::string& segment) const;
    /// Empty: none.
    [[nodiscard]] const base::MemberName& ownerOf(const std::string& segment) const;
    /// The same for people. `server` as long as nothing was ordered.
    [[nodiscard]] std::string owner(const std::string& segment) const;
    /// The segment of the machine at this port; empty: none.
    [[nodiscard]] std::string ownedBy(const base::PortName& port) const;
    void placeSegment(const base::SegmentId& id, protocol::SegmentOrder order);

  private:
    struct Kept {
        protocol::Segment segment;
        std::pair<std::uint64_t, std::uint64_t> number;  ///< of the order: epoch and sequence
    };
    void keep(Kept& kept, protocol::SegmentOrder order);
    base::Result<void> claimPorts(const std::string& segment, protocol::SegmentOrder& order);

    World& world_;
    base::NameMap<std::string, Kept> segments_;
    base::NameMap<std::string, std::uint64_t> frames_;  ///< that have come in at a machine's port
    base::NameMap<std::string, std::string> owned_;     ///< segments, by their owners' ports
    base::NameMap<std::string, std::string> named_;     ///< segments, by the ports that their orders name
};

}  // namespace standin::simulation
