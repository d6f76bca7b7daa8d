#pragma once

#include <optional>
#include <string>

#include "coordinator/engine/batch.hpp"

namespace standin::engine {

/// Servers in maintenance: their failures start nothing.
class MaintenanceList {
  public:
    MaintenanceList(const EngineContext& context, Batch& batch) : context_(context), batch_(batch) {}

    /// Restores what the journal held.
    void restore(base::NameMap<base::ServerName, journal::Maintenance> servers) { servers_ = std::move(servers); }
    [[nodiscard]] const base::NameMap<base::ServerName, journal::Maintenance>& all() const { return servers_; }
    /// Puts a server in maintenance until an operator ends it or the coordinator is restarted.
    void hold(const base::ServerName& server, const std::string& why) { servers_[server] = {true, why}; }
    base::Result<void> set(const base::ServerName& server, bool on, const std::string& why,
                           const std::string& asked_by);
    /// Nullopt: the server is not in maintenance.
    [[nodiscard]] std::optional<std::string> reason(const base::ServerName& server) const;

  private:
    const EngineContext& context_;
    Batch& batch_;
    base::NameMap<base::ServerName, journal::Maintenance> servers_;
};

}  // namespace standin::engine
