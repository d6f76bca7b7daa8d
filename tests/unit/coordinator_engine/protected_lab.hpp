#pragma once

#include <boost/test/unit_test.hpp>

#include "coordinator/replay/differences.hpp"
#include "coordinator/replay/replay.hpp"
#include "tests/simulated/simulated_coordinator.hpp"

namespace standin {

/// Servers with ready stand-ins; at its end nothing may have happened that must never happen.
struct Protected {
    explicit Protected(int servers = 1, int spares = 1, domain::FencePolicy policy = domain::FencePolicy::Port)
        : coordinator(simulated::simulatedInventory(servers, spares, policy)) {
        coordinator.start();
        coordinator.protectAll();
        world.progress.clear();
    }
    ~Protected() {
        BOOST_TEST(world.breaches == std::vector<std::string>{}, boost::test_tools::per_element());
        for (const auto& problem : replayed()) BOOST_ERROR(problem);
    }

    /// Every operation, decided again from its record: what is not as it was.
    std::vector<std::string> replayed() {
        std::vector<std::string> problems;
        const auto contents = coordinator.journal.open();
        for (const auto& operation : contents->operations) {
            const std::string which = "operation " + std::to_string(operation.id) + ": ";
            const auto again = replay::replay(coordinator.journal.records[operation.id]);
            if (!again) {
                problems.push_back(which + again.error().message);
                continue;
            }
            for (const auto& line : again->lines) {
                for (const auto& difference : line.differences)
                    problems.push_back(which + "line " + std::to_string(line.number) + ": " + difference);
            }
            for (const auto& difference : replay::differences(operation, again->operation))
                problems.push_back(which + difference);
        }
        return problems;
    }

    domain::Operation failAndRun(const std::string& server = "server01") {
        const auto id = coordinator.fail(server);
        coordinator.run();
        return coordinator.operation(id);
    }
    /// As an honest operator: the server is repaired, and whoever had its job is stopped, before it is brought back.
    void repair() {
        world.repaired.insert("server01");
        world.machines["server01"] = {true, "server01-1", true};
        for (auto& [name, machine] : world.machines) {
            if (name.starts_with("spare")) machine.on = false;
        }
        for (auto& [name, machine] : world.stand_ins) machine.stand_in.state = protocol::StandInState::Stopped;
    }
    /// What came of it is in `returned`.
    base::Result<void> beginReturn(bool discard_data = false) {
        returned.reset();
        return coordinator.ask([this, discard_data](engine::Conductor& c) {
            return c.requests().beginReturn(base::ServerName("server01"), "operator ada", discard_data,
                                            [this](const base::Result<void>& done) { returned = done; });
        });
    }
    bool bringBack() {
        repair();
        if (!beginReturn()) return false;
        coordinator.run();
        return returned && returned->has_value();
    }
    [[nodiscard]] domain::Placement placement() const {
        return coordinator.board->server(coordinator.inventory.servers.at(base::ServerName("server01"))).placement;
    }
    [[nodiscard]] std::string owner(const std::string& segment = "job01") const {
        return world.segments.at(segment).order.owner.text();
    }
    [[nodiscard]] std::string standIn(const std::string& server = "server01") const {
        return coordinator.row(server)->stand_in.text();
    }
    [[nodiscard]] bool told(const std::string& part) const {
        for (const auto& message : world.told) {
            if (message.find(part) != std::string::npos) return true;
        }
        return false;
    }

    simulated::SimulatedCoordinator coordinator;
    simulated::SimulatedWorld& world = coordinator.world;
    std::optional<base::Result<void>> returned;
};

inline std::string stateOf(const domain::Operation& operation) {
    return std::string(nameOf(operation.state));
}

}  // namespace standin
