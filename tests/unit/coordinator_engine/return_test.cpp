#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;
using simulated::CoordinatorDied;
using simulated::Fault;

namespace {

constexpr auto on_server = domain::Placement::On::Server;
constexpr auto on_spare = domain::Placement::On::Spare;

/// It dies where `arrange` says, while a job is brought back from its spare, and is started again. Nobody asks again.
template <typename Arrange>
void dieReturning(Protected& lab, Arrange arrange) {
    lab.failAndRun();
    lab.repair();
    arrange();
    try {
        (void)lab.beginReturn();
        lab.coordinator.run();
    } catch (const CoordinatorDied&) {
        lab.coordinator.kill();
    }
    BOOST_REQUIRE(!lab.coordinator.conductor);
    lab.coordinator.journal.before = lab.coordinator.journal.after = nullptr;
    lab.world.after_effect = nullptr;
}

void startAgain(Protected& lab) {
    lab.coordinator.start();
    lab.coordinator.run();
}

/// The way to die after so many more commits.
void dieAfterCommit(Protected& lab, int more) {
    lab.coordinator.journal.after = [stop = lab.coordinator.journal.commits + more](int commit) {
        if (commit == stop) throw CoordinatorDied();
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(job_returns)

BOOST_AUTO_TEST_CASE(a_return_that_was_not_intended_durably_is_not_begun) {
    Protected lab;
    dieReturning(lab, [&] { lab.coordinator.journal.before = [](int) { throw CoordinatorDied(); }; });
    startAgain(lab);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST((lab.placement().on == on_spare));
    BOOST_TEST(lab.bringBack());
}

BOOST_AUTO_TEST_CASE(a_return_that_was_intended_is_finished_by_the_coordinator_that_is_started_again) {
    for (int commits : {1, 2}) {
        Protected lab;
        dieReturning(lab, [&] { dieAfterCommit(lab, commits); });
        BOOST_TEST(lab.owner() == (commits == 1 ? "spare" : "server"));
        startAgain(lab);
        BOOST_TEST(lab.owner() == "server");
        BOOST_TEST((lab.placement().on == on_server));
        BOOST_TEST(lab.told("server 'server01' has its job again") == (commits == 1));
    }
}

BOOST_AUTO_TEST_CASE(a_return_whose_effect_nobody_has_recorded_is_known_to_the_coordinator_that_is_started_again) {
    Protected lab;
    dieReturning(lab, [&] {
        lab.world.after_effect = [](const std::string& verb, const std::string&) {
            if (verb == "segment.set") throw CoordinatorDied();
        };
    });
    BOOST_TEST(lab.owner() == "server");
    startAgain(lab);
    BOOST_TEST((lab.placement() == domain::Placement{}));
}

BOOST_AUTO_TEST_CASE(a_return_that_is_found_begun_is_not_finished_while_another_machine_runs) {
    Protected lab;
    dieReturning(lab, [&] { dieAfterCommit(lab, 1); });
    lab.world.machines["spare01"].on = true;
    startAgain(lab);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST((lab.placement().on == on_spare));
    BOOST_TEST(lab.placement().brought_back_by == "");
    BOOST_TEST(lab.told("spare 'spare01' is not off"));
    BOOST_TEST(lab.bringBack());
}

BOOST_AUTO_TEST_CASE(an_order_for_the_server_that_nobody_has_confirmed_is_not_given_up) {
    for (const Fault fault : {Fault::TimesOut, Fault::TimesOutAfter}) {
        Protected lab;
        lab.failAndRun();
        lab.repair();
        lab.world.fail("segment.set", fault, 1);
        BOOST_REQUIRE(lab.beginReturn().has_value());
        lab.coordinator.run(std::chrono::seconds(1));
        BOOST_REQUIRE((lab.returned && !lab.returned->has_value()));
        BOOST_TEST((lab.returned->error().code == base::ErrorCode::TimedOut));
        BOOST_TEST((lab.placement().on == on_spare));
        lab.coordinator.run();
        BOOST_TEST(lab.owner() == "server");
        BOOST_TEST((lab.placement() == domain::Placement{}));
    }
}

BOOST_AUTO_TEST_CASE(a_switch_that_stays_silent_is_told_to_the_operator_who_may_ask_again) {
    Protected lab;
    const auto id = lab.failAndRun().id;
    lab.repair();
    lab.world.fail("segment.set", Fault::TimesOut);
    BOOST_REQUIRE(lab.beginReturn().has_value());
    lab.coordinator.run();
    BOOST_TEST(lab.told("whether server 'server01' has its segment again is not known"));
    BOOST_TEST(lab.placement().brought_back_by == "operator ada");
    const auto retried =
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(id, "operator bob"); });
    BOOST_REQUIRE(!retried);
    BOOST_TEST(retried.error().message.find("standinctl returned server01") != std::string::npos,
               retried.error().message);
    lab.world.heal("segment.set");
    BOOST_TEST(lab.bringBack());
    BOOST_TEST(lab.owner() == "server");
}

BOOST_AUTO_TEST_CASE(nobody_retries_a_failover_whose_job_is_on_its_way_back) {
    Protected lab;
    lab.world.fail("restore.begin", Fault::Refuses);
    const auto id = lab.failAndRun().id;
    BOOST_REQUIRE(stateOf(lab.coordinator.operation(id)) == "Failed");
    lab.repair();
    BOOST_REQUIRE(lab.beginReturn().has_value());
    const auto retried =
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(id, "operator bob"); });
    BOOST_REQUIRE(!retried);
    BOOST_TEST(retried.error().message.find("is being brought back to it") != std::string::npos);
    const auto again = lab.beginReturn();
    BOOST_REQUIRE(!again);
    BOOST_TEST((again.error().code == base::ErrorCode::Conflict));
    lab.coordinator.run();
    BOOST_TEST(lab.owner() == "server");
}

BOOST_AUTO_TEST_CASE(requests_that_are_held_when_a_job_is_brought_back_are_released_to_its_server) {
    for (const bool answer_lost : {false, true}) {
        Protected lab(1, 1, domain::FencePolicy::Power);
        lab.world.fail("stand_in.suspended", Fault::Refuses);
        lab.failAndRun();
        BOOST_REQUIRE(lab.owner() == "holder");
        BOOST_REQUIRE(lab.world.holds.at("job01").held > 0u);
        if (answer_lost) lab.world.fail("segment.set", Fault::TimesOutAfter, 1);
        lab.repair();
        BOOST_REQUIRE(lab.beginReturn().has_value());
        lab.coordinator.run();
        BOOST_TEST(lab.owner() == "server");
        BOOST_TEST((lab.world.holds.at("job01").state == protocol::HoldState::Releasing));
        BOOST_TEST(lab.world.segments.at("job01").order.proxied);
        BOOST_TEST(lab.world.segments.at("job01").order.back_leg_to.text() == "server");
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_fails_while_its_job_is_said_to_be_brought_back_is_failed_over) {
    Protected lab;
    BOOST_REQUIRE(lab.beginReturn().has_value());
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded");
    BOOST_TEST(lab.owner() == "spare");
    BOOST_REQUIRE(lab.returned.has_value());
    BOOST_TEST(!lab.returned->has_value());
}

BOOST_AUTO_TEST_SUITE_END()
