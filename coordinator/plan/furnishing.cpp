#include "coordinator/plan/furnishing.hpp"

#include <algorithm>

namespace standin::plan {

using domain::StepName;
using simulation::Setting;
using simulation::VirtualTime;

namespace {

/// The simulated store moves so much; the size of its images is chosen so that one restore takes what it is expected
/// to.
constexpr std::uint64_t store_mib_per_second = 1000;

/// The simulated world's BMCs are told by their machines' names.
drivers::PowerLadder simulatedLadder(const std::string& machine) {
    return {{{drivers::PowerDevice{"simulated", {{"machine", machine}}, {}}}}};
}

VirtualTime virtualTime(double ms) {
    return VirtualTime(static_cast<std::int64_t>(std::max(ms, 0.001) * 1000));
}

/// What the configuration allows at most: the shortest of all.
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

void furnishMeasures(Setting& setting, const Situation& situation, const Durations& durations,
                     const base::ServerName& subject) {
    // Nobody plans with a machine that is slower than he allows: what is assumed stays well within that.
    auto expected = [&](StepName step, std::chrono::milliseconds allowed) {
        const auto found = durations.of(step, subject);
        return found ? found->ms : std::min(assumedMs(step), static_cast<double>(allowed.count()) / 2);
    };
    constexpr std::chrono::milliseconds any = std::chrono::hours(1);
    const Allowed allowed(setting.inventory);
    auto& measures = setting.measures;
    measures.boot = virtualTime(expected(StepName::ProbeSpare, allowed.boot));
    measures.resume = virtualTime(expected(StepName::ResumeStandIn, allowed.answer));
    measures.stop = virtualTime(expected(StepName::RetireStandIn, any));
    measures.transaction = virtualTime(expected(StepName::FencePort, any));
    // An action is followed by at least one reading.
    const double power = expected(StepName::FencePower, allowed.power);
    measures.power_read = virtualTime(power / 4);
    measures.power = virtualTime(power * 3 / 4);
    measures.store_mib_per_second = store_mib_per_second;
    const double restore_s = expectedRestore(situation, durations, subject).ms / 1000;
    measures.image_mib = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(restore_s * store_mib_per_second));
    measures.between_requests = VirtualTime(0);
    for (const auto& [host, capacity] : situation.capacities) {
        // The world knows one size of VM host: the smallest, so that nothing is promised that may not fit.
        measures.host_memory_mib = std::min(measures.host_memory_mib, capacity.memory_mib);
    }
}

void furnishRows(Setting& setting, const Situation& situation) {
    for (auto row : situation.contents.rows) {
        if (setting.inventory.servers.count(row.server) == 0) continue;
        // The world names a server's image and a stand-in's port by itself.
        row.image = base::ImageId(row.server.text() + "-1");
        row.image_at = row.stand_in_image_at = {};  // the world's clock is another one
        if (!row.stand_in.empty()) row.stand_in_port = base::PortName("t-" + row.stand_in.text());
        setting.contents.rows.push_back(std::move(row));
    }
    setting.contents.leases = situation.contents.leases;
    setting.contents.maintenance = situation.contents.maintenance;
    for (const auto& [server, placement] : situation.contents.placements) {
        if (setting.inventory.servers.count(server) == 0) continue;
        setting.contents.placements[server] = placement;
        setting.contents.placements[server].writes.clear();
        setting.contents.placements[server].brought_back_by.clear();  // the plan is about a failure, not about that
    }
    for (const auto& operation : situation.contents.operations) {
        if (setting.inventory.servers.count(operation.server) > 0) setting.contents.operations.push_back(operation);
    }
    setting.contents.last_operation = situation.contents.last_operation;
    setting.contents.epoch = situation.contents.epoch;
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

Setting furnish(const Situation& situation, const Durations& durations, const base::ServerName& subject) {
    Setting setting;
    setting.inventory = situation.inventory;
    for (const auto& [server, operation] : situation.busy) setting.inventory.servers.erase(server);
    for (auto& [server, ladder] : setting.inventory.server_power) ladder = simulatedLadder(server.text());
    for (auto& [spare, ladder] : setting.inventory.spare_power) ladder = simulatedLadder(spare.text());
    furnishRows(setting, situation);
    furnishMeasures(setting, situation, durations, subject);
    setting.engine.watch_every = std::chrono::milliseconds(0);  // what fails is told; nobody has to find out
    setting.engine.keep_records = false;
    return setting;
}

}  // namespace standin::plan
