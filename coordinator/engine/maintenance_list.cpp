#include "coordinator/engine/maintenance_list.hpp"

#include <fmt/format.h>

namespace standin::engine {

base::Result<void> MaintenanceList::set(const base::ServerName& server, bool on, const std::string& why,
                                        const std::string& asked_by) {
    if (!context_.knows(server)) {
        return base::failure(base::ErrorCode::NotFound, fmt::format("server '{}' is not configured", server.text()));
    }
    batch_.entry().maintenance[server] = servers_[server] = {on, why};
    batch_.audit(asked_by, fmt::format("maintenance of server '{}' {}", server.text(), on ? "on" : "off"), "accepted");
    return {};
}

std::optional<std::string> MaintenanceList::reason(const base::ServerName& server) const {
    const auto found = servers_.find(server);
    if (found == servers_.end() || !found->second.on) return std::nullopt;
    return found->second.why;
}

}  // namespace standin::engine
