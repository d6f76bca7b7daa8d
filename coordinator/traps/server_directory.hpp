#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "agent/base/identifier.hpp"
#include "agent/base/result.hpp"
#include "coordinator/traps/trap.hpp"

namespace standin::traps {

/// The servers that a sender's credentials may speak for.
struct Entitlement {
    bool every_server = false;
    std::set<base::ServerName> servers;

    [[nodiscard]] bool covers(const base::ServerName& server) const {
        return every_server || servers.count(server) > 0;
    }
    void add(const Entitlement& other) {
        every_server = every_server || other.every_server;
        servers.insert(other.servers.begin(), other.servers.end());
    }
};

/// Which traps may concern which server: the addresses and identities (serial number, UUID, name) of servers, the
/// forwarders, and for whom SNMP users and communities speak. Ambiguous entries are refused.
class ServerDirectory {
  public:
    /// Conflict: another server has it already. InvalidInput: it is not an address.
    base::Result<void> addAddress(const base::ServerName& server, std::string_view address);
    /// Letter case and dashes are ignored: `4C4C4544-004B…` is `4c4c4544004b…`.
    base::Result<void> addIdentity(const base::ServerName& server, std::string_view identity);
    /// Its traps concern the server that their content names. Conflict: it is a server's address.
    base::Result<void> addForwarder(std::string_view address);
    /// `engine_id` empty: the user's informs, which come to our own engine.
    void entitleUser(const std::string& user, const std::string& engine_id, const Entitlement& to);
    /// `name` is that of the community's file; the community itself is a secret.
    void entitleCommunity(const std::string& name, const Entitlement& to);

    [[nodiscard]] std::optional<base::ServerName> byAddress(std::string_view address) const;
    [[nodiscard]] std::optional<base::ServerName> byIdentity(std::string_view identity) const;
    [[nodiscard]] bool isForwarder(std::string_view address) const;
    [[nodiscard]] bool knowsIdentities() const { return !identities_.empty(); }

    /// Whether the trap's credentials speak for the server: nullopt, or why not (`user 'bmc' … does not speak for
    /// server 'server02'`). A trap whose credentials are not known, as a printed one, is not judged.
    [[nodiscard]] std::optional<std::string> objection(const Trap& trap, const base::ServerName& server) const;

  private:
    std::unordered_map<std::string, base::ServerName> addresses_, identities_;
    std::unordered_set<std::string> forwarders_;
    std::map<std::pair<std::string, std::string>, Entitlement> users_;  ///< by name and engine id
    std::map<std::string, Entitlement> communities_;
};

}  // namespace standin::traps
