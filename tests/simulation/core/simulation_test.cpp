#include "coordinator/simulation/simulation.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin;
using namespace standin::simulation;

namespace {

struct Played {
    explicit Played(const std::string& script, std::uint64_t seed = 1, Layout layout = {})
        : simulation(config(layout, seed)) {
        const auto played = simulation.play(*scriptFrom(script));
        BOOST_REQUIRE_MESSAGE(played.has_value(), (played ? "" : played.error().message));
        ending = simulation.run();
    }
    static WorldConfig config(const Layout& layout, std::uint64_t seed) {
        WorldConfig given = layOut(layout);
        given.seed = seed;
        return given;
    }
    [[nodiscard]] bool logged(const std::string& part) const {
        const auto& lines = simulation.world.log.lines();
        return std::any_of(lines.begin(), lines.end(),
                           [&](const auto& line) { return line.find(part) != std::string::npos; });
    }
    [[nodiscard]] std::string state() const {
        return std::string(domain::nameOf(simulation.world.disk.operations.rbegin()->second->state));
    }

    Simulation simulation;
    Ending ending;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(simulations)

BOOST_AUTO_TEST_CASE(a_failed_servers_job_ends_on_its_spare_and_no_rule_is_broken) {
    const Played played("at 1s: fail server01");
    BOOST_TEST(played.ending.stable);
    BOOST_TEST(played.ending.breaches.empty());
    BOOST_TEST(played.state() == "Succeeded");
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_log) {
    const std::string script =
        "at 1s: fail server01\nat state/StartingSpare: kill\nat 2s: disturb segment.set late by=700ms times=2";
    const Played one(script, 7);
    const Played again(script, 7);
    const Played other(script, 8);
    BOOST_TEST(one.simulation.world.log.lines() == again.simulation.world.log.lines(),
               boost::test_tools::per_element());
    BOOST_TEST((one.simulation.world.log.lines() != other.simulation.world.log.lines()));
}

BOOST_AUTO_TEST_CASE(what_a_killed_coordinator_has_asked_for_happens_all_the_same) {
    const Played played("at 1s: fail server01\nat state/GivingSegment +1ms: kill one for=10s");
    BOOST_TEST(played.logged("segment job01: nobody -> stand-in"));
    BOOST_TEST(played.state() == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_dies_before_a_record_is_durable_has_not_written_it) {
    const Played played("at 1s: fail server01\nbefore record: kill");
    BOOST_TEST(played.logged("epoch 2; 0 operations are open"));
}

BOOST_AUTO_TEST_CASE(a_late_effect_comes_after_who_asked_for_it_has_given_up) {
    const Played played("at 1s: fail server01\nat 1s: disturb segment.set/job01 late by=20s times=1");
    BOOST_TEST(played.logged("came too late"));
    BOOST_TEST(played.ending.breaches.empty());
    BOOST_TEST(played.state() == "Succeeded");
}

BOOST_AUTO_TEST_CASE(of_two_coordinators_the_older_is_deposed) {
    const Played played("at 1s: fail server01\nat 1200ms: pause one for=5s\nat 2s: start two");
    BOOST_TEST(played.logged("two: engine: epoch 2; 1 operations are open"));
    BOOST_TEST(played.logged("has stopped deciding"));
    BOOST_TEST(played.ending.breaches.empty());
    BOOST_TEST(played.state() == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_trap_from_an_unknown_address_starts_nothing) {
    const Played played("at 1s: trap server01 from=10.99.0.1");
    BOOST_TEST(played.logged("unknown_server"));
    BOOST_TEST(played.simulation.world.disk.operations.empty());
}

BOOST_AUTO_TEST_CASE(restores_share_their_stores_bandwidth) {
    const auto restored = [](const Played& played) {
        const domain::Operation& operation = played.simulation.world.disk.operations.rbegin()->second;
        return operation.find({domain::StepName::RestoreSpare, operation.spare.text()})->duration_ms;
    };
    const Played alone("at 1s: fail server01");
    const Played together("at 1s: fail server01\nat 1s: fail server02", 1, {.servers = 2, .spares = 2});
    BOOST_TEST(restored(together) > 1.8 * restored(alone));
}

BOOST_AUTO_TEST_CASE(a_breach_is_told_with_its_rule_and_the_last_events) {
    Simulation simulation(layOut({}));
    simulation.world.invariants.breach(1, "server01", "a test");
    BOOST_REQUIRE(simulation.world.invariants.breaches().size() == 1u);
    const auto& breach = simulation.world.invariants.breaches().front();
    BOOST_TEST(breach.rule == 1);
    BOOST_TEST(breach.last_events.back().find("RULE 1 IS BROKEN") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
