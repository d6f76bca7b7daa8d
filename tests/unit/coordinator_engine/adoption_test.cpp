// A coordinator whose journal is new, at a site that may not be.
#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;
using domain::Placement;
using simulated::Fault;

namespace {

const base::ServerName adopted_server("server01");

/// A site that another journal has served, and a coordinator with a new one.
struct MovedAway : Protected {
    explicit MovedAway(int servers = 1, int spares = 1) : Protected(servers, spares) {}
    void moveJournalAway() {
        coordinator.kill();
        coordinator.journal = simulated::SimulatedJournal();
        coordinator.adopts = false;
        world.told.clear();
        coordinator.start();
        world.progress.clear();
    }
    base::Result<engine::AdoptionSnapshot> adopt() { return coordinator.adopt(coordinator.survey()->mark); }
    std::vector<std::string> contradictions() { return coordinator.survey()->contradictions; }
};

bool says(const std::vector<std::string>& sentences, const std::string& part) {
    return std::any_of(sentences.begin(), sentences.end(),
                       [&](const std::string& one) { return one.find(part) != one.npos; });
}

template <typename Answer>
bool isObservedOnly(const base::Result<Answer>& answer) {
    return !answer && answer.error().code == base::ErrorCode::WrongState &&
           answer.error().message.find("standinctl adopt") != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(adoption)

BOOST_AUTO_TEST_CASE(a_new_journal_is_observed_only_and_says_so) {
    MovedAway lab;
    lab.moveJournalAway();
    BOOST_TEST(lab.coordinator.board->adoption().observing);
    BOOST_TEST(lab.told("standinctl adopt"));
    lab.coordinator.kill();
    lab.coordinator.start();
    BOOST_TEST(lab.coordinator.board->adoption().observing);
}

BOOST_AUTO_TEST_CASE(nothing_is_commanded_by_a_coordinator_that_observes) {
    MovedAway lab;
    lab.moveJournalAway();
    BOOST_TEST(lab.coordinator.fail("server01") == 0U);
    BOOST_TEST(lab.told("observes only"));
    auto& c = lab.coordinator;
    const base::SpareName spare("spare01");
    const base::ImageId image("server01-1");
    for (const auto kind : {domain::OperationKind::Prepare, domain::OperationKind::Backup,
                            domain::OperationKind::Failover, domain::OperationKind::Refresh}) {
        BOOST_TEST(isObservedOnly(c.ask([&](engine::Conductor& its) {
            return its.requests().request({kind, adopted_server, {}, "operator ada", {}});
        })));
    }
    BOOST_TEST(isObservedOnly(
        c.ask([&](engine::Conductor& its) { return its.table().setSpare(adopted_server, spare, image, "ada"); })));
    BOOST_TEST(isObservedOnly(c.ask([&](engine::Conductor& its) { return its.table().beginRemoval(image); })));
    BOOST_TEST(
        isObservedOnly(c.ask([&](engine::Conductor& its) { return its.requests().mayReturn(adopted_server, false); })));
    BOOST_TEST(c.ask([](engine::Conductor& its) { return its.jobs().placementsToWatch().size(); }) == 0U);
    lab.coordinator.run();
    BOOST_TEST(lab.world.progress.empty());
}

BOOST_AUTO_TEST_CASE(a_new_site_contradicts_nothing_and_a_served_one_does) {
    simulated::SimulatedCoordinator coordinator(simulated::simulatedInventory(2, 1));
    coordinator.adopts = false;
    coordinator.start();
    const auto shown = coordinator.survey();
    BOOST_TEST(shown->contradictions == std::vector<std::string>{}, boost::test_tools::per_element());
    BOOST_REQUIRE(coordinator.adopt(shown->mark));
    BOOST_TEST(coordinator.board->adoption().isWhole());

    MovedAway lab;
    lab.moveJournalAway();
    BOOST_TEST(says(lab.contradictions(), "agents have obeyed a coordinator before"));
}

BOOST_AUTO_TEST_CASE(a_spare_that_executes_a_job_is_leased_and_the_job_is_known_to_be_on_it) {
    MovedAway lab;
    lab.failAndRun();
    BOOST_REQUIRE(lab.owner() == "spare");
    lab.moveJournalAway();
    BOOST_TEST(says(lab.contradictions(), "the segment of server 'server01' belongs to 'spare'"));
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST((lab.placement().on == Placement::On::Spare));
    BOOST_TEST(lab.placement().spare.text() == "spare01");
    BOOST_TEST(lab.coordinator.board->lease(base::SpareName("spare01"))->server.text() == "server01");
    lab.coordinator.kill();
    lab.coordinator.start();
    BOOST_TEST((lab.placement().on == Placement::On::Spare));
    BOOST_TEST(lab.coordinator.fail("server01") == 0U);
    lab.coordinator.run();
    BOOST_TEST(lab.owner() == "spare");
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_executes_a_job_is_known_by_its_name) {
    MovedAway lab;
    lab.world.machines["spare01"].boots = false;
    lab.failAndRun();
    BOOST_REQUIRE(lab.owner() == "stand-in");
    lab.moveJournalAway();
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST((lab.placement().on == Placement::On::StandIn));
    BOOST_TEST(lab.placement().stand_in.text().starts_with("server01-"));
    BOOST_TEST(lab.coordinator.row("server01")->stand_in == lab.placement().stand_in);
    BOOST_TEST(!lab.coordinator.row("server01")->standin_ready);
}

BOOST_AUTO_TEST_CASE(an_adopted_site_is_prepared_again_and_fails_over) {
    MovedAway lab;
    lab.moveJournalAway();
    BOOST_REQUIRE(lab.adopt());
    const auto before = lab.coordinator.row("server01");
    BOOST_REQUIRE(before);
    BOOST_TEST(!before->standin_ready);
    auto prepared = lab.coordinator.ask([](engine::Conductor& c) {
        return c.table().setSpareAndPrepare(adopted_server, base::SpareName("spare01"), base::ImageId("server01-1"),
                                            "operator ada");
    });
    BOOST_REQUIRE(prepared);
    lab.coordinator.run();
    BOOST_TEST(lab.coordinator.row("server01")->standin_ready);
    BOOST_TEST(lab.world.stand_ins.count(before->stand_in.text()) == 0U);  // made anew, so the old one is deleted
    BOOST_TEST(stateOf(lab.failAndRun()) == "Succeeded");
    BOOST_TEST(lab.owner() == "spare");
}

// A restore is the same for its store if it bears the same number.
BOOST_AUTO_TEST_CASE(numbers_go_on_above_those_that_the_agents_know_and_so_does_the_epoch) {
    MovedAway lab(2, 2);
    lab.failAndRun();
    const auto epoch = lab.world.leader.epoch;
    const auto last = lab.coordinator.last().id;
    lab.moveJournalAway();
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST(lab.coordinator.board->epoch() > epoch);
    lab.coordinator.kill();
    lab.coordinator.start();
    BOOST_REQUIRE(lab.coordinator.ask([](engine::Conductor& c) {
        return c.table().setSpare(base::ServerName("server02"), base::SpareName("spare02"), base::ImageId("server02-1"),
                                  "ada");
    }));
    const auto unset = lab.coordinator.ask(
        [](engine::Conductor& c) { return c.table().unsetSpare(base::ServerName("server02"), "ada"); });
    BOOST_REQUIRE_MESSAGE(unset, (unset ? "" : unset.error().message));
    BOOST_TEST(*unset > last);
}

// What its stand-in has written would be deleted with it (rule 10).
BOOST_AUTO_TEST_CASE(a_row_is_not_removed_while_the_job_is_elsewhere) {
    MovedAway lab;
    lab.failAndRun();
    lab.moveJournalAway();
    BOOST_REQUIRE(lab.adopt());
    const auto unset =
        lab.coordinator.ask([](engine::Conductor& c) { return c.table().unsetSpare(adopted_server, "ada"); });
    BOOST_REQUIRE(!unset);
    BOOST_TEST((unset.error().code == base::ErrorCode::WrongState));
}

BOOST_AUTO_TEST_CASE(a_server_of_which_an_agent_does_not_tell_stays_observed_until_it_does) {
    MovedAway lab(2, 2);
    lab.moveJournalAway();
    lab.world.fail("hold.get job02", Fault::TimesOut);
    const auto shown = lab.coordinator.survey();
    BOOST_TEST(says(shown->contradictions, "agent 'holder1' does not say all that it knows"));
    const auto refused = lab.coordinator.adopt(shown->mark);
    BOOST_TEST(!refused);  // one holder: nothing is known of any server
    BOOST_TEST(lab.coordinator.board->adoption().observing);
    lab.world.heal("hold.get job02");
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST(lab.coordinator.board->adoption().isWhole());
}

BOOST_AUTO_TEST_CASE(what_was_not_shown_is_not_adopted) {
    MovedAway lab;
    lab.moveJournalAway();
    const auto mark = lab.coordinator.survey()->mark;
    lab.world.segments.at("job01").order.owner = {};
    const auto refused = lab.coordinator.adopt(mark);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Conflict));
    BOOST_TEST(lab.coordinator.board->adoption().observing);
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST((lab.placement().on == Placement::On::Nobody));
}

BOOST_AUTO_TEST_CASE(a_failure_that_came_meanwhile_is_told_at_the_adoption_and_starts_nothing) {
    MovedAway lab;
    lab.moveJournalAway();
    lab.coordinator.fail("server01");
    lab.coordinator.kill();
    lab.coordinator.start();  // it is not forgotten
    BOOST_TEST(says(lab.contradictions(), "server 'server01' has failed meanwhile"));
    lab.world.told.clear();
    lab.world.progress.clear();
    BOOST_REQUIRE(lab.adopt());
    lab.coordinator.run();
    BOOST_TEST(lab.told("standinctl failover server01"));
    BOOST_TEST(lab.world.progress.empty());
    const auto asked = lab.coordinator.ask([](engine::Conductor& c) {
        return c.requests().request({domain::OperationKind::Failover, adopted_server, {}, "operator ada", {}});
    });
    BOOST_REQUIRE(asked);
    lab.coordinator.run();
    BOOST_TEST(lab.owner() == "spare");
}

BOOST_AUTO_TEST_CASE(a_held_handover_is_found_with_both_machines_that_have_the_jobs_data) {
    MovedAway lab;
    lab.coordinator.fail("server01");
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "segment.set" && lab.owner() == "holder") throw simulated::CoordinatorDied();
    };
    BOOST_CHECK_THROW(lab.coordinator.run(), simulated::CoordinatorDied);
    lab.world.after_effect = {};
    BOOST_REQUIRE(lab.owner() == "holder");
    lab.moveJournalAway();
    BOOST_TEST(says(lab.contradictions(), "holds requests of server 'server01'"));
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST((lab.placement().on == Placement::On::Nobody));
    BOOST_TEST(lab.placement().spare.text() == "spare01");
    BOOST_TEST(!lab.placement().stand_in.empty());
    BOOST_TEST(lab.coordinator.board->lease(base::SpareName("spare01")).has_value());
}

BOOST_AUTO_TEST_CASE(every_machine_that_may_have_writes_of_the_job_is_said_to_before_it_is_given_up) {
    MovedAway lab;
    lab.coordinator.inventory.servers.at(adopted_server).job_data = domain::JobData::Local;
    lab.failAndRun();
    lab.moveJournalAway();
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST(lab.placement().writes.size() == 2U);
    lab.repair();
    const auto returned =
        lab.coordinator.ask([](engine::Conductor& c) { return c.requests().mayReturn(adopted_server, false); });
    BOOST_REQUIRE(!returned);
    BOOST_TEST(returned.error().message.find("spare 'spare01'") != std::string::npos, returned.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
