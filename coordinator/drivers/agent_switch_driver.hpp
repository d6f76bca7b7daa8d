#pragma once

#include <memory>

#include "coordinator/drivers/switch_driver.hpp"

namespace standin::protocol {
class AgentClient;
}

namespace standin::drivers {

/// Segments through a switch's agent.
class AgentSwitchDriver final : public SwitchDriver {
  public:
    explicit AgentSwitchDriver(std::shared_ptr<protocol::AgentClient> client);

    base::Result<protocol::Segment> segment(const base::SegmentId& id, Deadline deadline) override;
    base::Result<std::vector<protocol::Segment>> segmentsAt(const base::PortName& port, Deadline deadline) override;
    base::Result<protocol::PortReading> port(const base::PortName& name, Deadline deadline) override;
    base::Result<protocol::Segment> setSegment(const protocol::CommandStamp& stamp, const base::SegmentId& id,
                                               const protocol::SegmentOrder& order, Deadline deadline) override;

  private:
    std::shared_ptr<protocol::AgentClient> client_;
};

}  // namespace standin::drivers
