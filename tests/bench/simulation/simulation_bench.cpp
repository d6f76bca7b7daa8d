// Ten servers fail among ten, a hundred, … ten thousand: processor time for each failover, from its trap to its stable
// end.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "coordinator/simulation/simulation.hpp"

using namespace standin::simulation;

namespace {

constexpr int failing = 10;

double processorMs() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Of one failover, without what starting the world and the coordinator costs. The watch, which looks at every server
/// by its nature, is off.
double costMs(int servers) {
    Setting setting = layOut({.servers = servers, .spares = servers, .vm_hosts = std::max(1, servers / 50)});
    setting.measures.between_requests = VirtualTime(0);
    setting.engine.watch_every = std::chrono::milliseconds(0);
    Simulation simulation(std::move(setting), Simulation::Log::Off);
    simulation.runUntil([&] { return simulation.one.atRest(); });
    Script script;
    for (int i = 1; i <= failing; ++i)
        script.push_back(
            *actionFrom(fmt::format("at {}ms: fail {}", 1000 + i, numbered("server", i * servers / failing))));
    if (!simulation.play(script)) return -1;
    const double begun = processorMs();
    const bool ended =
        simulation.runUntil([&] { return simulation.world.disk.operations.size() == failing && simulation.atRest(); });
    return ended ? (processorMs() - begun) / failing : -1;
}

double median(int servers) {
    std::vector<double> runs;
    for (int i = 0; i < 5; ++i) runs.push_back(costMs(servers));
    std::sort(runs.begin(), runs.end());
    return runs[runs.size() / 2];
}

}  // namespace

/// Without arguments; with one: once with so many servers, for a profiler.
int main(int argc, char** argv) {
    if (argc > 1) {
        fmt::print("{:.3f} ms\n", costMs(std::atoi(argv[1])));
        return 0;
    }
    median(10);  // warms up
    const double few = median(10);
    for (const int servers : {10, 100, 1000, 10000}) {
        const double cost = median(servers);
        fmt::print("{:>6} servers: {:.3f} ms of processor time for each failover, {:.2f} times as much as with 10\n",
                   servers, cost, cost / few);
    }
    return 0;
}
