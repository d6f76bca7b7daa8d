#pragma once

#include <memory>

#include "agent/base/clock.hpp"
#include "agent/base/log.hpp"
#include "agent/http/capability.hpp"
#include "agent/http/metrics.hpp"
#include "agent/switch/ovs/ovs_fabric.hpp"
#include "agent/switch/segment/segment_keeper.hpp"
#include "agent/switch/switch_settings.hpp"

namespace standin::lan_switch {

/// The capability `switch`: segments and ports of one bridge.
class SwitchCapability final : public http::Capability {
  public:
    SwitchCapability(const SwitchSettings& settings, const base::Clock& clock, http::Metrics& metrics,
                     const base::Log& log);
    ~SwitchCapability() override;

    [[nodiscard]] std::string name() const override { return "switch"; }
    base::Result<void> start() override;
    void stop() override;
    void addRoutes(http::Router& router) override;
    void checkHealth(protocol::Health& health) override;

  private:
    base::Result<http::Response> ports();
    base::Result<http::Response> readPort(const std::string& name);

    const SwitchSettings settings_;
    OvsFabric fabric_;
    SegmentKeeper keeper_;
};

}  // namespace standin::lan_switch
