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

/// Compares, at the coordinator's start and every hour, the UUIDs that the power devices of servers and spares report
/// with the declared ones: a fence that would switch another machine is found before it is needed. The results are on
/// the status board; the operator is notified once of a server whose device is another machine's.
class IdentityWatch {
  public:
    IdentityWatch(const Drivers& drivers, const Inventory& inventory, Executor& executor, const base::Clock& clock,
                  StatusBoard& board);

    /// Asks about the machines whose turn has come. Called on the engine's thread.
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
    std::vector<Machine> machines_;  ///< those that declare a UUID
    std::mutex mutex_;
    std::map<std::string, base::SteadyTime> due_;
};

}  // namespace standin::engine
