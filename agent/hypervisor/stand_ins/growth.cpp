#include "agent/hypervisor/stand_ins/growth.hpp"

#include <fmt/format.h>

#include <optional>

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;

constexpr auto growth_looked_at_every = 100ms;
constexpr auto growth_patience =
    2500ms;  // with one slow answer of the guest still less than the coordinator waits; it asks again

void join(std::string& text, const std::string& sentence) {
    text += (text.empty() ? "" : "; ") + sentence;
}

}  // namespace

base::Result<Growth> awaitGrowth(Domains& domains, const base::Clock& clock, const std::string& uuid,
                                 const protocol::StandInResources& wanted) {
    const auto until = clock.steady() + growth_patience;
    std::optional<unsigned> online;
    std::string agent_problem;
    bool asks = true;
    while (true) {
        const auto seen = domains.eventsSeen();
        if (asks && online.value_or(0) < wanted.vcpus) {
            auto brought = domains.bringCpusOnline(uuid, wanted.vcpus);
            if (brought) online = *brought;
            agent_problem = brought ? "" : brought.error().message;
            // A guest takes a moment to find a new CPU; one without an agent is not asked again.
            asks = brought || (brought.error().code != base::ErrorCode::Unreachable &&
                               brought.error().code != base::ErrorCode::Unsupported);
        }
        auto view = domains.view(uuid);
        if (!view) return base::failure(view.error());
        Growth growth{view->resources, ""};
        if (online) growth.resources.vcpus = *online;
        const bool cpus_there = online.value_or(0) >= wanted.vcpus;
        const bool memory_there = growth.resources.memory_mib >= wanted.memory_mib;
        if ((memory_there && (cpus_there || !asks)) || clock.steady() >= until) {
            if (!memory_there)
                join(growth.problem,
                     fmt::format("it has {} of {} MiB so far", growth.resources.memory_mib, wanted.memory_mib));
            if (!cpus_there && online) {
                join(growth.problem, fmt::format("{} of {} vCPUs are online in the guest{}{}", *online, wanted.vcpus,
                                                 agent_problem.empty() ? "" : ": ", agent_problem));
            } else if (!cpus_there) {
                join(growth.problem,
                     fmt::format("whether the guest uses its {} vCPUs is not known, its agent does not say: {}",
                                 growth.resources.vcpus, agent_problem));
            }
            return growth;
        }
        domains.waitForEvent(seen, growth_looked_at_every);
    }
}

}  // namespace standin::hypervisor
