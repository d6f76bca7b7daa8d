#include <boost/test/unit_test.hpp>

#include "tests/simulated/simulated_coordinator.hpp"

using namespace standin;
using domain::State;
using simulated::Fault;
using simulated::SimulatedCoordinator;
using simulated::simulatedInventory;

namespace {

struct Protected {
    explicit Protected(int servers = 1, int spares = 1, domain::FencePolicy policy = domain::FencePolicy::Port)
        : coordinator(simulatedInventory(servers, spares, policy)) {
        coordinator.start();
        coordinator.protectAll();
        world.course.clear();
    }
    ~Protected() { BOOST_TEST(world.breaches == std::vector<std::string>{}, boost::test_tools::per_element()); }

    SimulatedCoordinator coordinator;
    simulated::SimulatedWorld& world = coordinator.world;
};

}  // namespace

BOOST_AUTO_TEST_CASE(prepare_sets_standin_ready_after_the_job_answered_and_the_suspension_was_confirmed) {
    Protected lab;
    const auto row = lab.coordinator.row("server01");
    BOOST_REQUIRE(row.has_value());
    BOOST_TEST(row->standin_ready);
    BOOST_TEST(!row->stale);
    BOOST_TEST((lab.world.stand_ins.at(row->stand_in.text()).stand_in.state == protocol::StandInState::Suspended));
    BOOST_TEST((lab.coordinator.last().state == State::Succeeded));
}

BOOST_AUTO_TEST_CASE(a_failed_servers_job_goes_on_first_on_the_stand_in_then_on_the_spare) {
    Protected lab;
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.run();
    const auto failover = lab.coordinator.operation(id);
    for (const auto& line : lab.coordinator.changesOf(id)) BOOST_TEST_MESSAGE(line);
    BOOST_TEST((failover.state == State::Succeeded), nameOf(failover.state) << ": " << failover.why);
    const std::vector<std::string> owners{"server", "nobody", "stand-in", "holder", "spare"};
    BOOST_TEST(lab.world.owners["job01"] == owners, boost::test_tools::per_element());
    BOOST_TEST(lab.world.machines["spare01"].disk == "server01-1");
    BOOST_TEST(!lab.world.machines["server01"].on);
    BOOST_TEST(lab.world.holds["job01"].held == 0u);
}
