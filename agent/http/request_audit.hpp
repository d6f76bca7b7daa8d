#pragma once

#include <string>

#include "agent/audit/audit_trail.hpp"
#include "agent/http/router.hpp"
#include "agent/protocol/common.hpp"

namespace standin::http {

/// Records in the audit a server's requests and answers: every request refused for a missing role, every command, every
/// transfer of a disk's content, and failed handshakes. Successful reads are not recorded: programs repeat them all the
/// time.
class RequestAudit {
  public:
    enum class Commands {
        All,     ///< an agent: no other part records them
        Refused  ///< the coordinator: the engine records executed requests with the change itself
    };
    RequestAudit(audit::AuditTrail& trail, Commands commands) : trail_(trail), commands_(commands) {}

    /// `route`: null if there is none. `error`: null if there is none.
    void answered(const Request& request, const Route* route, int status, const base::Error* error);
    void handshakeFailed(const std::string& address, const std::string& why);

    /// The check `audit`.
    void checkHealth(protocol::Health& health) const;

  private:
    [[nodiscard]] bool keeps(const Request& request, const Route* route, const base::Error* error) const;

    audit::AuditTrail& trail_;
    const Commands commands_;
};

}  // namespace standin::http
