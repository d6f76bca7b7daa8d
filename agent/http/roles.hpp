#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/http/access.hpp"

namespace standin::http {

struct PeerName;
struct Request;

/// The rights of certificates, by their common names. Names are compared whole and byte by byte; there are no patterns.
/// A name without a role has the rights of all: none at the coordinator, read at an agent.
///
/// How a route demands a role: Router::add() takes an Access (by default Read for GET and Command for all other
/// methods), and the server refuses a request whose certificate lacks it before the handler is called. If it depends on
/// the body, the handler demands the further role itself:
///
///     if (discards) {
///         if (auto may = http::demand(request, http::Access::Confirm, "to discard data"); !may) return
///         failure(may.error());
///     }
class Roles {
  public:
    using Names = std::vector<std::string>;

    /// `viewers` read; `operators` read and command; `confirmers` read and confirm. All others have no rights.
    static std::shared_ptr<const Roles> ofCoordinator(Names viewers, Names operators, Names confirmers);
    /// `commanders` have all rights, including probes; `readers` get the content of images; every certificate of the CA
    /// may read the rest.
    static std::shared_ptr<const Roles> ofAgent(Names commanders, Names readers);

    [[nodiscard]] Grants grantsOf(const PeerName& peer) const;
    /// Forbidden, with the missing role and where it is configured. `what`: 'GET /v1/servers' needs, for instance.
    [[nodiscard]] base::Error lacking(Access access, const std::string& peer, const std::string& what) const;

  private:
    struct Role {
        std::string name;   ///< `operators`
        std::string place;  ///< `coordinator.roles.operators`
        Names members;
        Access key;  ///< the access that this role gives
        Grants grants;
    };
    Roles(std::vector<Role> roles, Grants everybody) : roles_(std::move(roles)), everybody_(everybody) {}

    std::vector<Role> roles_;
    Grants everybody_;
};

/// Demands a further role in a handler. `purpose` is a part of a sentence: `to discard data`.
base::Result<void> demand(const Request& request, Access access, const std::string& purpose);

}  // namespace standin::http
