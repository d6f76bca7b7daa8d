#pragma once

#include <string>
#include <utility>

#include "agent/base/name_map.hpp"
#include "coordinator/domain/placement.hpp"
#include "coordinator/engine/batch.hpp"

namespace standin::engine {

/// The placements of all jobs: which machine executes each one, and which disks have the jobs' writes.
class Placements {
  public:
    Placements(const EngineContext& context, Batch& batch) : context_(context), batch_(batch) {}

    /// Restores what the journal held.
    void restore(base::NameMap<base::ServerName, domain::Placement> placements) { placements_ = std::move(placements); }
    [[nodiscard]] const base::NameMap<base::ServerName, domain::Placement>& all() const { return placements_; }
    [[nodiscard]] const domain::Placement& of(const base::ServerName& server) const;
    /// Sets a placement; durable with the batch.
    void set(const base::ServerName& server, domain::Placement placement);

    /// Reports a finding of the watch to the operator once, and again after some minutes.
    void reportOnce(const base::ServerName& server, const std::string& sentence, const std::string& outcome);

  private:
    const EngineContext& context_;
    Batch& batch_;
    base::NameMap<base::ServerName, domain::Placement> placements_;
    base::NameMap<base::ServerName, std::pair<std::string, base::WallTime>> reported_;
};

}  // namespace standin::engine
