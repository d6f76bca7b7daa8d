#pragma once

#include <functional>
#include <memory>
#include <string>

#include "coordinator/domain/failure.hpp"
#include "coordinator/simulation/virtual_time.hpp"
#include "coordinator/traps/classify.hpp"
#include "coordinator/traps/trap.hpp"

namespace standin::simulation {

class World;

/// The way of traps from BMCs to the listener: they may be lost, late, doubled or overtaken. What arrives goes
/// through the real classification.
class TrapPath {
  public:
    using Report = std::function<void(const domain::FailureReport&)>;
    TrapPath(World& world, Report report);

    /// A trap of the server's BMC that reports a failure of this kind; `recovery`: that all is well again.
    [[nodiscard]] traps::Trap trapOf(const std::string& server, const std::string& kind) const;
    /// It arrives after `delay`. `of_restart`: nothing has failed, the machine only goes off or on for a capture.
    void send(traps::Trap trap, VirtualTime delay, bool of_restart = false);
    /// The traps that a BMC sends when its server is switched for a capture.
    void sendOfRestart(const std::string& server);
    [[nodiscard]] std::size_t underWay() const { return under_way_; }

  private:
    void arrives(const traps::Trap& trap, bool of_restart);

    World& world_;
    const Report report_;
    std::shared_ptr<const traps::TrapRules> rules_;
    traps::ServerDirectory servers_;
    std::size_t under_way_ = 0;
    unsigned arrived_ = 0;
};

}  // namespace standin::simulation
