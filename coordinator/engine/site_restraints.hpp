#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/domain/restraint/brake.hpp"
#include "coordinator/engine/operations.hpp"

namespace standin::engine {

/// Freeze and brake of the site. Decides nothing by itself: it tells decide() what restrains an operation now, and
/// counts the failovers that were let through.
class SiteRestraints {
  public:
    SiteRestraints(const EngineContext& context, Batch& batch, Operations& operations);

    /// Restores what the journal held.
    void restore(domain::Freeze freeze) { freeze_ = std::move(freeze); }
    [[nodiscard]] const domain::Freeze& freeze() const { return freeze_; }

    /// Freezes the site, or ends that. What is so already stays as it is.
    void setFreeze(bool on, const std::string& why, const std::string& asked_by);
    /// Lets the waiting failovers of a rack through, or of the site; those that come later are counted again. NotFound:
    /// no server is in that rack. WrongState: none waits there.
    base::Result<std::vector<domain::OperationId>> release(const std::optional<std::string>& rack,
                                                           const std::string& asked_by);

    /// What restrains the operation, as far as it follows from the site.
    [[nodiscard]] domain::SiteRestraint of(const domain::Operation& operation) const;
    /// Counts the operation if it was let through.
    void note(const domain::Operation& operation);

  private:
    [[nodiscard]] std::string rackOf(const domain::Operation& operation) const;
    [[nodiscard]] domain::SiteHealth healthAround(const domain::Server& server) const;
    void brake(const domain::Operation& operation, domain::SiteRestraint& site) const;

    const EngineContext& context_;
    Batch& batch_;
    Operations& operations_;
    domain::Freeze freeze_;
    std::map<std::string, std::size_t> servers_of_rack_;
    std::vector<domain::Passed> passed_;                   ///< within the brake's time, oldest first
    std::set<domain::OperationId> counted_;                ///< the same
    std::map<domain::OperationId, std::string> released_;  ///< by whom; until they have passed
};

}  // namespace standin::engine
