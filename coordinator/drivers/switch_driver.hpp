#pragma once

#include "agent/protocol/segment.hpp"
#include "coordinator/drivers/deadline.hpp"

namespace standin::drivers {

/// The coordinator's view of one switch: its segments. It is implemented by a client of the switch agent. A driver for
/// another kind of switch implements SwitchFabric in the agent instead (agent/switch/segment/switch_fabric.hpp).
class SwitchDriver {
  public:
    virtual ~SwitchDriver() = default;

    /// NotFound: no order was ever given for it.
    virtual base::Result<protocol::Segment> segment(const base::SegmentId& id, Deadline deadline) = 0;
    /// All segments of which the machine at this port is a member.
    virtual base::Result<std::vector<protocol::Segment>> segmentsAt(const base::PortName& port, Deadline deadline) = 0;
    /// What the port tells of the machine behind it, read now. A port that the switch does not have is a reading, too.
    /// Unreachable: the switch's forwarding plane does not answer, so nothing is known of its ports.
    virtual base::Result<protocol::PortReading> port(const base::PortName& name, Deadline deadline) = 0;
    /// Absolute and idempotent; success means read back and verified.
    virtual base::Result<protocol::Segment> setSegment(const protocol::CommandStamp& stamp, const base::SegmentId& id,
                                                       const protocol::SegmentOrder& order, Deadline deadline) = 0;
};

}  // namespace standin::drivers
