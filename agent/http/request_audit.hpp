#pragma once

#include <string>

#include "agent/audit/audit_trail.hpp"
#include "agent/http/router.hpp"
#include "agent/protocol/common.hpp"

namespace standin::http {

/// Puts into the audit what a server was asked and what it answered: every request that a role was missing for, every
/// command, every disk's content that was handed out, and handshakes that failed. Questions that were answered are not
/// kept: programs ask them all the time.
class RequestAudit {
  public:
    enum class Commands {
        All,     ///< an agent: nobody else keeps them
        Refused  ///< the coordinator: what is carried out is recorded by the engine, with the change itself
    };
    RequestAudit(audit::AuditTrail& trail, Commands commands) : trail_(trail), commands_(commands) {}

    /// `route`: null if there is none. `error`: null if it was answered.
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
