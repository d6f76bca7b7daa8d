// Ten servers fail, one after the other, among ten, a hundred, … ten thousand: processor time for each failover, from
// its trap to its stable end. A failover is a rare thing: whatever the processor's caches hold then, it is something
// else.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "coordinator/simulation/simulation.hpp"

using namespace standin::simulation;

namespace {

constexpr int failing = 10;

double processorMs() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Leaves nothing of the world in the caches.
void chillCaches() {
    static std::vector<char> others(64 * 1024 * 1024);  // more than the caches of most processors hold
    for (std::size_t at = 0; at < others.size(); at += 64) ++others[at];
}

/// Of one failover, without what starting the world and the coordinator costs. The watch, which looks at every server
/// by its nature, is off.
double costMs(int servers) {
    WorldConfig config = layOut({.servers = servers, .spares = servers, .vm_hosts = std::max(1, servers / 50)});
    config.timings.between_requests = VirtualTime(0);
    config.engine.watch_every = std::chrono::milliseconds(0);
    Simulation simulation(std::move(config), Simulation::Log::Off);
    simulation.runUntil([&] { return simulation.one.atRest(); });
    double spent = 0;
    for (std::size_t i = 1; i <= failing; ++i) {
        const auto name = numbered("server", static_cast<int>(i) * servers / failing);
        const auto when = durationText(simulation.world.now() + std::chrono::seconds(1));
        if (!simulation.play({*actionFrom(fmt::format("at {}: fail {}", when, name))})) return -1;
        chillCaches();
        const double begun = processorMs();
        if (!simulation.runUntil([&] { return simulation.world.disk.operations.size() == i && simulation.atRest(); }))
            return -1;
        spent += processorMs() - begun;
    }
    return spent / failing;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

/// Without arguments; with one: once with so many servers, for a profiler.
int main(int argc, char** argv) {
    if (argc > 1) {
        fmt::print("{:.3f} ms\n", costMs(std::atoi(argv[1])));
        return 0;
    }
    // In turn, so that what else the host does falls on all sizes alike.
    constexpr std::array sizes{10, 100, 1000, 10000};
    constexpr int rounds = 15;
    costMs(sizes.front());  // the program's own pages
    std::array<std::vector<double>, sizes.size()> costs;
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < sizes.size(); ++i) costs[i].push_back(costMs(sizes[i]));
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const double cost = median(costs[i]);
        fmt::print("{:>6} servers: {:.3f} ms of processor time for each failover, {:.2f} times as much as with {}\n",
                   sizes[i], cost, cost / median(costs.front()), sizes.front());
    }
    return 0;
}
