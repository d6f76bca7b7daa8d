#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "coordinator/engine/drivers.hpp"
#include "coordinator/engine/executor.hpp"
#include "coordinator/engine/machine_identity.hpp"
#include "coordinator/engine/status_board.hpp"

namespace standin::engine {

/// Compares the UUIDs that the power devices of servers and spares report with the declared ones, at the coordinator's
/// start and every hour. So a power fence that would switch another machine is found before it is needed. The results
/// are on the status board; the operator is notified once of a server whose device belongs to another machine.
class IdentityWatch {
  public:
    IdentityWatch(const Drivers& drivers, const Inventory& inventory, Executor& executor, const base::Clock& clock,
                  StatusBoard& board);

    /// Asks the devices of the machines that are due. Called on the engine's thread.
    void look();

  private:
    struct Machine {
        std::string name;
        std::string whose;  ///< for people
        std::string uuid;
        const drivers::PowerLadder* ladder = nullptr;
        bool is_server = false;
    };
    void ask(const Machine& machine);

    const Drivers& drivers_;
    Executor& executor_;
    const base::Clock& clock_;
    StatusBoard& board_;
    std::vector<Machine> machines_;  ///< machines with a declared UUID
    std::mutex mutex_;
    std::map<std::string, base::SteadyTime> due_;
};

}  // namespace standin::engine
