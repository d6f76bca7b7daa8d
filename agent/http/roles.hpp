#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/http/access.hpp"

namespace standin::http {

struct PeerName;
struct Request;

/// Who may do what, by the common names of certificates. Names are compared whole and byte by byte; there are no
/// patterns. A name that stands nowhere may do what everybody may: nothing at the coordinator, read at an agent.
///
/// How a route demands a role: Router::add() takes an Access (GET demands Read and everything else Command unless it is
/// said), and the server refuses a request whose certificate lacks it before the handler is called. Where it depends on
/// the body, the handler demands the further role itself:
///
///     if (discards) {
///         if (auto may = http::demand(request, http::Access::Confirm, "to discard data"); !may) return
///         failure(may.error());
///     }
class Roles {
  public:
    using Names = std::vector<std::string>;

    /// `viewers` read; `operators` read and command; `confirmers` read and confirm. Nobody else does anything.
    static std::shared_ptr<const Roles> ofCoordinator(Names viewers, Names operators, Names confirmers);
    /// `commanders` do everything, also probe; `readers` get the content of images; everybody with a certificate of the
    /// CA may read the rest.
    static std::shared_ptr<const Roles> ofAgent(Names commanders, Names readers);

    [[nodiscard]] Grants grantsOf(const PeerName& peer) const;
    /// Forbidden, with the role that is missing and where it is given. `what`: 'GET /v1/servers' needs, for instance.
    [[nodiscard]] base::Error lacking(Access access, const std::string& peer, const std::string& what) const;

  private:
    struct Role {
        std::string name;   ///< `operators`
        std::string place;  ///< `coordinator.roles.operators`
        Names members;
        Access key;  ///< the access that one gets by this role
        Grants grants;
    };
    Roles(std::vector<Role> roles, Grants everybody) : roles_(std::move(roles)), everybody_(everybody) {}

    std::vector<Role> roles_;
    Grants everybody_;
};

/// A further role than the route's own, demanded by a handler. `purpose` is a part of a sentence: `to discard data`.
base::Result<void> demand(const Request& request, Access access, const std::string& purpose);

}  // namespace standin::http
