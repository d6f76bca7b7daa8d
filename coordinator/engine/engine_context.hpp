#pragma once

#include "agent/base/log.hpp"
#include "coordinator/engine/executor.hpp"
#include "coordinator/engine/inputs.hpp"
#include "coordinator/engine/status_board.hpp"
#include "coordinator/engine/timeline.hpp"
#include "coordinator/journal/journal.hpp"

namespace standin::engine {

/// The dependencies of a conductor. They outlive it.
struct ConductorParts {
    const Inventory& inventory;
    const Drivers& drivers;
    journal::Journal& journal;
    Executor& executor;
    const base::Clock& clock;
    EventSink& events;
    base::Log log;
    const EngineSettings& settings;
    StatusBoard& board;
    std::function<void(Input)> deliver;  ///< called on the executor's threads
};

/// The same dependencies for the owners of the conductor's state.
struct EngineContext : ConductorParts {
    explicit EngineContext(ConductorParts parts) : ConductorParts(std::move(parts)), timeline(clock) {}

    [[nodiscard]] base::WallTime now() const { return timeline.now(); }
    /// Notifies the operator at once; a message that has to wait for the commit goes to the Batch.
    void notify(drivers::Notification::Kind kind, const std::string& server, const std::string& message) const {
        drivers.notifier->notify({kind, {}, server, message});
    }
    /// Precondition: the server is configured.
    [[nodiscard]] const domain::Server& server(const base::ServerName& name) const {
        return inventory.servers.at(name);
    }
    [[nodiscard]] bool knows(const base::ServerName& name) const { return inventory.servers.count(name) > 0; }

    const Timeline timeline;
};

}  // namespace standin::engine
