#pragma once

#include "coordinator/engine/drivers.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

/// One agent of a simulated world.
class SimulatedAgentClient {
  public:
    SimulatedAgentClient(World& world, std::string agent) : world_(world), agent_(std::move(agent)) {}

    /// Asks for `effect`, which answers at once.
    template <typename Answer, typename What>
    base::Result<Answer> ask(std::string verb, const std::string& subject, const protocol::CommandStamp* stamp,
                             drivers::Deadline deadline, What effect) {
        return askLater<Answer>(std::move(verb), subject, stamp, deadline,
                                [effect = std::move(effect)](const Reply<Answer>& reply) { reply(effect()); });
    }
    template <typename Answer>
    base::Result<Answer> askLater(std::string verb, const std::string& subject, const protocol::CommandStamp* stamp,
                                  drivers::Deadline deadline, Effect<Answer> effect) {
        Command command(agent_, std::move(verb), subject);
        if (stamp != nullptr) command.stamp = *stamp;
        return world_.network.ask<Answer>(std::move(command), deadline, std::move(effect));
    }
    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] const std::string& agent() const { return agent_; }

  private:
    World& world_;
    const std::string agent_;
};

std::shared_ptr<drivers::HypervisorDriver> hypervisorDriver(World& world, const std::string& agent);
std::shared_ptr<drivers::SwitchDriver> switchDriver(World& world, const std::string& agent);
std::shared_ptr<drivers::ImageStoreDriver> imageStoreDriver(World& world, const std::string& agent);
std::shared_ptr<drivers::HolderDriver> holderDriver(World& world, const std::string& agent);

}  // namespace standin::simulation
