#include "coordinator/engine/startup_check.hpp"

#include <utility>

namespace standin::engine {

namespace {

/// Agents answer in milliseconds; a job that is down waits no longer for those that do not.
constexpr std::chrono::seconds first_look_within{1};

}  // namespace

void StartupCheck::begin(std::set<base::ServerName> servers) {
    if (!expected_) return;
    until_ = context_.now() + first_look_within;
    awaits_leader_ = context_.drivers.claim && !context_.inventory.agent_urls.empty();
    awaited_ = std::move(servers);
}

void StartupCheck::lookedAt(const std::set<base::ServerName>& servers) {
    for (const auto& server : servers) awaited_.erase(server);
}

bool StartupCheck::holds(const ReportInput& report) {
    if (awaited_.count(report.report.server) == 0) return false;
    reports_.push_back(report);
    return true;
}

std::vector<ReportInput> StartupCheck::takeReports() {
    if (until_ <= context_.now()) {
        awaits_leader_ = false;
        awaited_.clear();
    }
    return std::exchange(reports_, {});
}

std::optional<base::WallTime> StartupCheck::ends(bool steps_wait) const {
    return !reports_.empty() || (awaits_leader_ && steps_wait) ? std::optional(until_) : std::nullopt;
}

void StartupCheck::drop(const base::Error& problem) {
    awaits_leader_ = false;
    awaited_.clear();
    for (const auto& input : std::exchange(reports_, {})) {
        if (input.reply) input.reply(base::failure(problem));
    }
}

}  // namespace standin::engine
