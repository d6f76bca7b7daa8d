#include "agent/http/roles.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/http/peer.hpp"
#include "agent/http/response.hpp"

namespace standin::http {

std::shared_ptr<const Roles> Roles::ofCoordinator(Names viewers, Names operators, Names confirmers) {
    std::vector<Role> roles{{"viewers", "coordinator.roles.viewers", std::move(viewers), Access::Read, {Access::Read}},
                            {"operators",
                             "coordinator.roles.operators",
                             std::move(operators),
                             Access::Command,
                             {Access::Read, Access::Command}},
                            {"confirmers",
                             "coordinator.roles.confirmers",
                             std::move(confirmers),
                             Access::Confirm,
                             {Access::Read, Access::Confirm}}};
    return std::shared_ptr<const Roles>(new Roles(std::move(roles), {}));
}

std::shared_ptr<const Roles> Roles::ofAgent(Names commanders, Names readers) {
    std::vector<Role> roles{{"readers", "agent.readers", std::move(readers), Access::Content, {Access::Content}},
                            {"commanders",
                             "agent.commanders",
                             std::move(commanders),
                             Access::Command,
                             {Access::Command, Access::Content, Access::Confirm, Access::Probe}}};
    return std::shared_ptr<const Roles>(new Roles(std::move(roles), {Access::Read}));
}

Grants Roles::grantsOf(const PeerName& peer) const {
    Grants grants = everybody_;
    if (!peer.usable) return grants;
    for (const auto& role : roles_) {
        const bool member = std::find(role.members.begin(), role.members.end(), peer.text) != role.members.end();
        if (member) grants.add(role.grants);
    }
    return grants;
}

base::Error Roles::lacking(Access access, const std::string& peer, const std::string& what) const {
    auto role = std::find_if(roles_.begin(), roles_.end(), [&](const Role& one) { return one.key == access; });
    if (role == roles_.end())
        role = std::find_if(roles_.begin(), roles_.end(), [&](const Role& one) { return one.grants.may(access); });
    STANDIN_ASSERT(role != roles_.end());
    return {base::ErrorCode::Forbidden,
            fmt::format("{} needs role '{}', which certificate '{}' does not have; ask with a certificate that has it, "
                        "or name this one under {}",
                        what, role->name, peer, role->place)};
}

base::Result<void> demand(const Request& request, Access access, const std::string& purpose) {
    if (request.grants.may(access)) return {};
    const auto what = fmt::format("{} {} {}", request.method, base::shortened(request.path, 200), purpose);
    if (!request.roles) return base::failure(base::ErrorCode::Forbidden, what + " is allowed to nobody");
    return base::failure(request.roles->lacking(access, request.peer, what));
}

}  // namespace standin::http
