#include "agent/request_holder/descriptor_budget.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "agent/request_holder/data_path/porch.hpp"

namespace standin::request_holder {

namespace {

// The API's connections, namespaces, listeners, files, and connects that are under way.
constexpr std::uint64_t of_the_agent = 1024;
// Of each job: those that wait for a place, or are told that there is none.
constexpr std::uint64_t beyond_limits = Porch::most + 256;
// A job that may proxy fewer is not worth starting.
constexpr std::uint64_t least_proxied = 64;

}  // namespace

std::uint64_t raiseDescriptorLimit(std::uint64_t wanted) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted) return limit.rlim_cur;
    const rlimit enough{wanted, std::max<rlim_t>(wanted, limit.rlim_max)};
    if (::setrlimit(RLIMIT_NOFILE, &enough) == 0) return wanted;
    limit.rlim_cur = limit.rlim_max;  // the hard limit is not ours to raise
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

std::uint64_t descriptorsNeeded(const std::vector<JobSettings>& jobs) {
    std::uint64_t needed = of_the_agent;
    for (const auto& job : jobs) needed += job.limits.connections + 2 * job.limits.proxied + beyond_limits;
    return needed;
}

Result<void> fitDescriptors(std::vector<JobSettings>& jobs, std::uint64_t allowed) {
    auto least = jobs;
    std::uint64_t sharing = 0;
    for (auto& job : least) {
        if (job.proxied_said) continue;
        job.limits.proxied = least_proxied;
        ++sharing;
    }
    const auto needed = descriptorsNeeded(least);
    if (needed > allowed) {
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("the jobs' limits need {} open files, this process may have {}: raise its "
                                         "limit (LimitNOFILE) or lower 'limits.connections' and 'limits.proxied'",
                                         needed, allowed));
    }
    for (auto& job : jobs) {
        if (!job.proxied_said)
            job.limits.proxied =
                std::min<std::uint64_t>(job.limits.proxied, least_proxied + (allowed - needed) / (2 * sharing));
    }
    return {};
}

}  // namespace standin::request_holder
