#pragma once

#include <string>
#include <vector>

#include "agent/base/log.hpp"
#include "coordinator/config/configuration_reader.hpp"
#include "coordinator/domain/failure.hpp"
#include "coordinator/engine/drivers.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/trap_servers.hpp"
#include "coordinator/traps/degraded_conditions.hpp"
#include "coordinator/traps/seen_messages.hpp"
#include "coordinator/traps/trap_listener.hpp"
#include "coordinator/traps/trap_tests.hpp"

/// How the configuration becomes what the parts of the coordinator are made of.
namespace standin {

namespace drivers {
class AgentConnections;
}

/// How closely fence devices are looked at when a configuration is read.
enum class FenceCheck {
    Installed,  ///< the agent is there: at the start, which must not wait for interpreters
    Described   ///< the agent knows every option, and its password can be read: for --check-config
};

/// What readConfiguration() asks of this host: programs, fence agents, trap rules by their own reader.
config::Surroundings hostSurroundings(FenceCheck fence_check);

/// The fence agents of this host.
std::shared_ptr<drivers::PowerDriver> powerDriver();

engine::Inventory inventoryFrom(const config::Configuration& configuration);

/// Drivers for every agent that a server or spare refers to. `connections` outlives them.
engine::Drivers driversFrom(const config::Configuration& configuration, const drivers::AgentConnections& connections,
                            std::shared_ptr<drivers::Notifier> notifier);

/// Reads the secrets: communities (one a line, empty lines and those that begin with '#' left out) and pass phrases.
base::Result<traps::TrapListenerSettings> trapListenerSettingsFrom(const config::Configuration& configuration);

/// The engine's report of a trap's.
domain::FailureReport reportFrom(const traps::FailureReport& report);

/// What the operator is told about traps that start nothing although they should, and about trap paths.
drivers::Notification trapNotification(const base::ServerName& server, const std::string& message);

/// The messages that started or joined failovers, so that none of them is believed again.
void rememberMessages(traps::SeenMessages& seen, const engine::Engine& engine);

/// Warns of what it means that v1 and v2c are accepted.
void checkUnauthenticatedTraps(protocol::Health& health, const config::TrapSettings& traps);

/// Which trap paths are tested, and when.
traps::TrapTests::Settings trapTestSettingsFrom(const config::Configuration& configuration, std::string file);

/// Has a server's BMC send a test trap: by its own command, else by the devices that fence it.
traps::TestTrapSender testTrapSender(const config::Configuration& configuration);

/// What the operator is told of a server that a trap calls degraded.
drivers::Notification degradedNotification(const base::ServerName& server, const traps::DegradedCondition& condition);

}  // namespace standin
