#pragma once

#include <optional>
#include <set>
#include <vector>

#include "coordinator/engine/engine_context.hpp"

namespace standin::engine {

/// The watch's first round after the coordinator's start. Before anything is started, it finds out whether another
/// coordinator leads and whether the journal's servers still have their segments. It takes at most a second. Steps wait
/// until it is known that this coordinator leads; a failure report waits until its server's segment has been read.
class StartupCheck {
  public:
    explicit StartupCheck(const EngineContext& context) : context_(context) {}

    /// Called before begin() if there is a watch.
    void expect() { expected_ = true; }
    /// `servers`: those whose segments are read.
    void begin(std::set<base::ServerName> servers);
    void knowsWhoLeads() { awaits_leader_ = false; }
    void lookedAt(const std::set<base::ServerName>& servers);

    [[nodiscard]] bool awaitsLeader() const { return awaits_leader_; }
    /// True: the report waits for the check, and is returned by takeReports().
    bool holds(const ReportInput& report);
    /// Ends an overdue check, then removes and returns the reports that have waited.
    std::vector<ReportInput> takeReports();
    /// When the check ends at the latest, if anything waits for it.
    [[nodiscard]] std::optional<base::WallTime> ends(bool steps_wait) const;
    void drop(const base::Error& problem);

  private:
    const EngineContext& context_;
    bool expected_ = false;
    base::WallTime until_{};
    bool awaits_leader_ = false;
    std::set<base::ServerName> awaited_;  ///< servers whose segments have not been read yet
    std::vector<ReportInput> reports_;    ///< waiting reports of these servers
};

}  // namespace standin::engine
