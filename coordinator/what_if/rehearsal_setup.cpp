#include "coordinator/what_if/rehearsal_setup.hpp"

#include <algorithm>

namespace standin::what_if {

using domain::StepName;
using simulation::VirtualTime;
using simulation::WorldConfig;

namespace {

/// The simulated store moves so much; the size of its images is chosen so that one restore takes what it is expected
/// to.
constexpr std::uint64_t store_mib_per_second = 1000;

/// The simulated world's BMCs are found by their machines' names.
drivers::PowerLadder simulatedLadder(const std::string& machine) {
    return {{{drivers::PowerDevice{"simulated", {{"machine", machine}}, {}}}}};
}

VirtualTime virtualTime(double ms) {
    return VirtualTime(static_cast<std::int64_t>(std::max(ms, 0.001) * 1000));
}

/// The most that the configuration allows: the shortest of all.
struct Allowed {
    explicit Allowed(const engine::Inventory& inventory) {
        for (const auto& [name, server] : inventory.servers) {
            answer = std::min(answer, server.answer_within);
            power = std::min(power, server.fence_within);
        }
        for (const auto& [name, spare] : inventory.spares) {
            boot = std::min(boot, spare.boot_within);
            power = std::min(power, spare.power_within);
        }
    }
    std::chrono::milliseconds answer{60'000}, power{60'000}, boot{3'600'000};
};

void setTimings(WorldConfig& config, const Situation& situation, const Durations& durations,
                const base::ServerName& subject) {
    // Assumed durations stay well within the configured limits: a plan is not made with a machine that exceeds them.
    auto expected = [&](StepName step, std::chrono::milliseconds allowed) {
        const auto found = durations.of(step, subject);
        return found ? found->ms : std::min(assumedMs(step), static_cast<double>(allowed.count()) / 2);
    };
    constexpr std::chrono::milliseconds any = std::chrono::hours(1);
    const Allowed allowed(config.inventory);
    auto& timings = config.timings;
    timings.boot = virtualTime(expected(StepName::ProbeSpare, allowed.boot));
    timings.resume = virtualTime(expected(StepName::ResumeStandIn, allowed.answer));
    timings.stop = virtualTime(expected(StepName::RetireStandIn, any));
    timings.transaction = virtualTime(expected(StepName::FencePort, any));
    // An action is followed by at least one reading.
    const double power = expected(StepName::FencePower, allowed.power);
    timings.power_read = virtualTime(power / 4);
    timings.power = virtualTime(power * 3 / 4);
    timings.store_mib_per_second = store_mib_per_second;
    const double restore_s = expectedRestore(situation, durations, subject).ms / 1000;
    timings.image_mib = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(restore_s * store_mib_per_second));
    timings.between_requests = VirtualTime(0);
    for (const auto& [host, capacity] : situation.capacities) {
        // The world knows one size of VM host: the smallest, so that nothing is promised that may not fit.
        timings.host_memory_mib = std::min(timings.host_memory_mib, capacity.memory_mib);
    }
}

void addRows(WorldConfig& config, const Situation& situation) {
    for (auto row : situation.contents.rows) {
        if (config.inventory.servers.count(row.server) == 0) continue;
        // The world names a server's image and a stand-in's port by itself.
        row.image = base::ImageId(row.server.text() + "-1");
        row.image_at = row.stand_in_image_at = {};  // the world's clock is another one
        if (!row.stand_in.empty()) row.stand_in_port = base::PortName("t-" + row.stand_in.text());
        config.contents.rows.push_back(std::move(row));
    }
    config.contents.leases = situation.contents.leases;
    config.contents.maintenance = situation.contents.maintenance;
    for (const auto& [server, placement] : situation.contents.placements) {
        if (config.inventory.servers.count(server) == 0) continue;
        config.contents.placements[server] = placement;
        config.contents.placements[server].writes.clear();
        config.contents.placements[server].brought_back_by.clear();  // the plan is about a failure, not about that
    }
    for (const auto& operation : situation.contents.operations) {
        if (config.inventory.servers.count(operation.server) > 0) config.contents.operations.push_back(operation);
    }
    config.contents.last_operation = situation.contents.last_operation;
    config.contents.epoch = situation.contents.epoch;
}

}  // namespace

Expectation expectedRestore(const Situation& situation, const Durations& durations, const base::ServerName& server) {
    if (const auto past = durations.of(StepName::RestoreSpare, server)) return *past;
    for (const auto& row : situation.contents.rows) {
        const auto image = situation.image_bytes.find(row.image);
        if (row.server != server || image == situation.image_bytes.end()) continue;
        return {static_cast<double>(image->second) / (1 << 20) / assumed_mib_per_second * 1000,
                Expectation::Basis::Assumed, 0};
    }
    constexpr double assumed_image_mib = 32768;  // a system and its job's data
    return {assumed_image_mib / assumed_mib_per_second * 1000, Expectation::Basis::Assumed, 0};
}

WorldConfig rehearsalSetup(const Situation& situation, const Durations& durations, const base::ServerName& subject) {
    WorldConfig config;
    config.inventory = situation.inventory;
    for (const auto& [server, operation] : situation.busy) config.inventory.servers.erase(server);
    for (auto& [server, ladder] : config.inventory.server_power) ladder = simulatedLadder(server.text());
    for (auto& [spare, ladder] : config.inventory.spare_power) ladder = simulatedLadder(spare.text());
    addRows(config, situation);
    setTimings(config, situation, durations, subject);
    config.engine.watch_every = std::chrono::milliseconds(0);  // failures are given; nothing has to be detected
    config.engine.keep_records = false;
    return config;
}

}  // namespace standin::what_if
