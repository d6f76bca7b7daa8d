#include "coordinator/domain/restraint/brake.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace standin::domain {

std::size_t limitOf(const BrakeLimits& limits, std::size_t servers) {
    return std::max(limits.failovers, servers * limits.percent / 100);
}

BrakeVerdict judgeBrake(const std::vector<Passed>& passed, const BrakeScope& scope, const BrakeLimits& limits,
                        base::WallTime now) {
    using Scope = BrakeVerdict::Scope;
    std::size_t in_site = 0;
    std::size_t in_rack = 0;
    for (const auto& one : passed) {
        if (one.at + limits.within <= now) continue;
        ++in_site;
        if (!scope.rack.empty() && one.rack == scope.rack) ++in_rack;
    }
    const auto site_limit = limitOf(limits, scope.servers);
    if (in_site >= site_limit) return {Scope::Site, in_site, site_limit};
    const auto rack_limit = limitOf(limits, scope.servers_of_rack);
    if (!scope.rack.empty() && in_rack >= rack_limit) return {Scope::Rack, in_rack, rack_limit};
    return {Scope::None, in_site, site_limit};
}

std::string sentenceOf(const BrakeVerdict& verdict, const BrakeScope& scope, const BrakeLimits& limits) {
    return fmt::format("{} failovers of {} have begun within {} s, and the limit is {}", verdict.passed,
                       verdict.bites == BrakeVerdict::Scope::Rack ? fmt::format("rack '{}'", scope.rack) : "the site",
                       limits.within.count() / 1000, verdict.limit);
}

std::string selfDoubt(const SiteHealth& health) {
    if (health.agents > 0 && health.silent_agents == health.agents)
        return "no agent answers: this coordinator is probably cut off from the site itself";
    if (health.jobs > 1 && health.silent_jobs == health.jobs) {
        return fmt::format(
            "none of the {} jobs that are probed behind switch agent '{}' answers: that switch, or the "
            "way to it, is probably what has failed",
            health.jobs, health.switch_agent);
    }
    if (health.silent_agents > 0)
        return fmt::format("{} of {} agents do not answer", health.silent_agents, health.agents);
    return {};
}

}  // namespace standin::domain
