#pragma once

#include <memory>

#include "agent/http/capability.hpp"
#include "agent/hypervisor/stand_ins/stand_ins.hpp"

namespace standin::hypervisor {

/// The capability `hypervisor`: the routes of agent/README.md over StandIns.
class HypervisorCapability final : public http::Capability {
  public:
    HypervisorCapability(HypervisorSettings settings, base::AgentName agent, std::unique_ptr<ImageSource> images,
                         const base::Clock& clock, http::Metrics& metrics, const base::Log& log);
    ~HypervisorCapability() override;

    [[nodiscard]] std::string name() const override { return "hypervisor"; }
    base::Result<void> start() override { return stand_ins_.start(); }
    void stop() override { stand_ins_.stop(); }
    void addRoutes(http::Router& router) override;
    void checkHealth(protocol::Health& health) override { stand_ins_.checkHealth(health); }

  private:
    std::unique_ptr<ImageSource> images_;
    std::unique_ptr<Domains> domains_;
    StandIns stand_ins_;
};

}  // namespace standin::hypervisor
