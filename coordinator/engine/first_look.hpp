#pragma once

#include <optional>
#include <set>
#include <vector>

#include "coordinator/engine/engine_context.hpp"

namespace standin::engine {

/// A coordinator that starts: before it begins anything, the watch's first look says whether another one leads and
/// whether the journal's servers still have their segments. It takes at most a second: steps wait until it is known
/// that this coordinator leads, and a failure report until the segment of its server was looked at.
class FirstLook {
  public:
    explicit FirstLook(const EngineContext& context) : context_(context) {}

    /// Called before begin() where there is a watch.
    void expect() { expected_ = true; }
    /// `servers`: whose segments are looked at.
    void begin(std::set<base::ServerName> servers);
    void knowsWhoLeads() { awaits_leader_ = false; }
    void lookedAt(const std::set<base::ServerName>& servers);

    [[nodiscard]] bool awaitsLeader() const { return awaits_leader_; }
    /// True: it waits with the look, and comes out of takeReports().
    bool holds(const ReportInput& report);
    /// Those that have waited; an end of the look that is overdue comes first.
    std::vector<ReportInput> takeReports();
    /// When it ends at the latest, as far as something waits for it.
    [[nodiscard]] std::optional<base::WallTime> ends(bool steps_wait) const;
    void drop(const base::Error& problem);

  private:
    const EngineContext& context_;
    bool expected_ = false;
    base::WallTime until_{};
    bool awaits_leader_ = false;
    std::set<base::ServerName> awaited_;  ///< looks at these servers' segments
    std::vector<ReportInput> reports_;    ///< of these servers
};

}  // namespace standin::engine
