#pragma once

#include <boost/test/unit_test.hpp>

#include "tests/simulated/simulated_coordinator.hpp"

namespace standin {

/// Servers with ready stand-ins; at its end nothing may have happened that must never happen.
struct Protected {
    explicit Protected(int servers = 1, int spares = 1, domain::FencePolicy policy = domain::FencePolicy::Port)
        : coordinator(simulated::simulatedInventory(servers, spares, policy)) {
        coordinator.start();
        coordinator.protectAll();
        world.course.clear();
    }
    ~Protected() { BOOST_TEST(world.breaches == std::vector<std::string>{}, boost::test_tools::per_element()); }

    domain::Operation failAndRun(const std::string& server = "server01") {
        const auto id = coordinator.fail(server);
        coordinator.run();
        return coordinator.operation(id);
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
};

inline std::string stateOf(const domain::Operation& operation) {
    return std::string(nameOf(operation.state));
}

}  // namespace standin
