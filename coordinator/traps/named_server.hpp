#pragma once

#include <optional>
#include <string>

#include "coordinator/traps/server_directory.hpp"
#include "coordinator/traps/trap_rules.hpp"

namespace standin::traps {

/// The server that a trap concerns.
struct NamedServer {
    std::optional<base::ServerName> server;   ///< of a refused trap: the one whose BMC has sent it, if known
    RefusalKind refusal = RefusalKind::None;  ///< Contradiction or Binding
    std::string words;                        ///< why it is refused; or why no server is known and what to do about it
};

/// A trap from a server's own address concerns that server, and one from a declared forwarder the server that its
/// content names (snmpTrapAddress or agent-addr, an identity in a varbind). If source and content name different
/// servers, or the credentials do not speak for the server, the trap is refused.
NamedServer namedServer(const Trap& trap, const ServerLookup& lookup, const ServerDirectory& servers);

}  // namespace standin::traps
