// A coordinator that starts: before it begins anything, the watch's first look says whether another one leads and
// whether the journal's servers still have their segments. Who does not answer at once is not waited for.
#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

namespace {

/// Agents answer in milliseconds; a job that is down waits no longer for those that do not.
constexpr std::chrono::seconds first_look_within{1};

}  // namespace

void Conductor::beginFirstLook() {
    if (!expects_first_look_ || adoption_.observing) return;
    first_look_.until = now() + first_look_within;
    first_look_.who_leads = drivers_.claim && !inventory_.agent_urls.empty();
    for (const auto& [server, row] : table_.rows()) {
        if (inventory_.servers.count(server) == 0) continue;
        const auto placed = watchedPlacement(server);
        if (placed && placed->placement.on == domain::Placement::On::Server) first_look_.segments.insert(server);
    }
}

void Conductor::knowsWhoLeads() {
    first_look_.who_leads = false;
}

void Conductor::lookedAtSegmentsOf(const std::set<base::ServerName>& servers) {
    for (const auto& server : servers) first_look_.segments.erase(server);
}

void Conductor::endFirstLook() {
    if (first_look_.until <= now()) {
        first_look_.who_leads = false;
        first_look_.segments.clear();
    }
    if (first_look_.reports.empty()) return;
    for (const auto& input : std::exchange(first_look_.reports, {})) takeReport(input);
}

std::optional<base::WallTime> Conductor::firstLookEnds() const {
    const bool somebody_waits = !first_look_.reports.empty() || (first_look_.who_leads && !starts_.empty());
    return somebody_waits ? std::optional(first_look_.until) : std::nullopt;
}

}  // namespace standin::engine
