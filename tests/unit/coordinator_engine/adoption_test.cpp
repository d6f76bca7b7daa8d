// A coordinator whose journal is new, at a site that may not be.
#include "coordinator/engine/survey.hpp"
#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using domain::Placement;

namespace {

const base::ServerName adopted_server("server01");

/// A site that another journal has served, and a coordinator with a new one.
struct MovedAway : Lab {
    explicit MovedAway(int servers = 1, int spares = 1) : Lab(servers, spares) {}
    explicit MovedAway(simulation::WorldConfig given) : Lab(std::move(given)) {}
    void moveJournalAway() {
        if (one.running()) kill();
        world.moveJournalAway();
        world.told.clear();
        start();
        progress.clear();
    }
    base::Result<engine::AdoptionSnapshot> survey() {
        return answered([](engine::Conductor& c, const auto& answer) { c.adoption().survey(answer); });
    }
    base::Result<engine::AdoptionSnapshot> adopt(const std::string& mark) {
        world.invariants.agreesToAdoption();
        return answered(
            [&](engine::Conductor& c, const auto& answer) { c.adoption().begin(mark, "operator ada", answer); });
    }
    base::Result<engine::AdoptionSnapshot> adopt() { return adopt(survey()->mark); }
    std::vector<std::string> contradictions() { return survey()->contradictions; }

  private:
    template <typename Question>
    base::Result<engine::AdoptionSnapshot> answered(Question question) {
        std::optional<base::Result<engine::AdoptionSnapshot>> answer;
        ask([&](engine::Conductor& c) {
            question(c, [&answer](const base::Result<engine::AdoptionSnapshot>& given) { answer = given; });
            return true;
        });
        runUntil([&] { return answer.has_value(); });
        return *answer;
    }
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
    BOOST_TEST(lab.board().adoption().observing);
    BOOST_TEST(lab.told("standinctl adopt"));
    lab.kill();
    lab.start();
    BOOST_TEST(lab.board().adoption().observing);
}

BOOST_AUTO_TEST_CASE(nothing_is_commanded_by_a_coordinator_that_observes) {
    MovedAway lab;
    lab.moveJournalAway();
    BOOST_TEST(lab.fail("server01") == 0U);
    BOOST_TEST(lab.told("observes only"));
    const base::ImageId image("server01-1");
    for (const auto kind : {domain::OperationKind::Prepare, domain::OperationKind::Backup,
                            domain::OperationKind::Failover, domain::OperationKind::Refresh}) {
        BOOST_TEST(isObservedOnly(lab.request(kind)));
    }
    BOOST_TEST(isObservedOnly(lab.setSpare("server01", "spare01")));
    BOOST_TEST(isObservedOnly(lab.ask([&](engine::Conductor& its) { return its.table().beginRemoval(image); })));
    BOOST_TEST(isObservedOnly(lab.mayReturn()));
    BOOST_TEST(lab.ask([](engine::Conductor& its) { return its.jobs().placementsToWatch().size(); }) == 0U);
    lab.run();
    BOOST_TEST(lab.progress.empty());
}

BOOST_AUTO_TEST_CASE(a_new_site_contradicts_nothing_and_a_served_one_does) {
    auto config = labConfig({.servers = 2, .is_protected = false});
    config.contents.adoption.observing = true;
    MovedAway fresh(config);
    const auto shown = fresh.survey();
    BOOST_TEST(shown->contradictions == std::vector<std::string>{}, boost::test_tools::per_element());
    BOOST_REQUIRE(fresh.adopt(shown->mark));
    BOOST_TEST(fresh.board().adoption().isWhole());

    MovedAway lab;
    lab.failAndRun();
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
    BOOST_TEST(lab.board().lease(base::SpareName("spare01"))->server.text() == "server01");
    lab.kill();
    lab.start();
    BOOST_TEST((lab.placement().on == Placement::On::Spare));
    BOOST_TEST(lab.fail("server01") == 0U);
    lab.run();
    BOOST_TEST(lab.owner() == "spare");
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_executes_a_job_is_known_by_its_name) {
    MovedAway lab;
    lab.machine("spare01").boot = Boot::Never;
    lab.failAndRun();
    BOOST_REQUIRE(lab.owner() == "stand-in");
    lab.moveJournalAway();
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST((lab.placement().on == Placement::On::StandIn));
    BOOST_TEST(lab.placement().stand_in.text().starts_with("server01-"));
    BOOST_TEST(lab.row("server01")->stand_in == lab.placement().stand_in);
    BOOST_TEST(!lab.row("server01")->standin_ready);
}

BOOST_AUTO_TEST_CASE(an_adopted_site_is_prepared_again_and_fails_over) {
    MovedAway lab;
    lab.moveJournalAway();
    BOOST_REQUIRE(lab.adopt());
    const auto before = lab.row("server01");
    BOOST_REQUIRE(before);
    BOOST_TEST(!before->standin_ready);
    auto prepared = lab.setSpareAndPrepare("server01", "spare01", "server01-1");
    BOOST_REQUIRE(prepared);
    lab.run();
    BOOST_TEST(lab.row("server01")->standin_ready);
    BOOST_TEST(lab.guests().count(before->stand_in.text()) == 0U);  // made anew, so the old one is deleted
    BOOST_TEST(stateOf(lab.failAndRun()) == "Succeeded");
    BOOST_TEST(lab.owner() == "spare");
}

// A restore is the same for its store if it bears the same number.
BOOST_AUTO_TEST_CASE(numbers_go_on_above_those_that_the_agents_know_and_so_does_the_epoch) {
    MovedAway lab(2, 2);
    lab.failAndRun();
    const auto epoch = lab.world.disk.epoch;
    const auto last = lab.last().id;
    lab.moveJournalAway();
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST(lab.board().epoch() > epoch);
    lab.kill();
    lab.start();
    BOOST_REQUIRE(lab.setSpare("server02", "spare02"));
    const auto unset = lab.unsetSpare("server02");
    BOOST_REQUIRE_MESSAGE(unset, (unset ? "" : unset.error().message));
    BOOST_TEST(*unset > last);
}

// An agent may be damaged, or lie: who went on above that could be obeyed by no agent, and number no operation.
BOOST_AUTO_TEST_CASE(numbers_that_no_coordinator_reaches_are_not_gone_on_from) {
    using domain::operationIn;
    BOOST_TEST(operationIn(base::StandInName("server01-42")) == 42U);
    BOOST_TEST(operationIn(base::RestoreId("42-1-spare01")) == 42U);
    for (const char* number :
         {"9223372036854775807", "18446744073709551615", "99999999999999999999", "1000000000001"}) {
        BOOST_TEST(operationIn(base::StandInName(std::string("server01-") + number)) == 0U);
        BOOST_TEST(operationIn(base::RestoreId(std::string(number) + "-1-spare01")) == 0U);
    }
    engine::Drivers drivers;
    for (const std::uint64_t epoch : {std::uint64_t{7}, protocol::largest_epoch + 1, std::uint64_t{INT64_MAX}}) {
        drivers.epoch = [epoch](const base::AgentName&, drivers::Deadline) { return base::Result(epoch); };
        const auto said = engine::ask(drivers, {}, base::AgentName("vmhost1"), std::chrono::seconds(1), std::nullopt);
        BOOST_TEST(said.epoch == (epoch == 7 ? 7U : 0U));
        BOOST_TEST(said.problem.empty() == (epoch == 7));
    }
}

// What its stand-in has written would be deleted with it (rule 10).
BOOST_AUTO_TEST_CASE(a_row_is_not_removed_while_the_job_is_elsewhere) {
    MovedAway lab;
    lab.failAndRun();
    lab.moveJournalAway();
    BOOST_REQUIRE(lab.adopt());
    const auto unset = lab.unsetSpare();
    BOOST_REQUIRE(!unset);
    BOOST_TEST((unset.error().code == base::ErrorCode::WrongState));
}

BOOST_AUTO_TEST_CASE(a_server_of_which_an_agent_does_not_tell_stays_observed_until_it_does) {
    MovedAway lab(2, 2);
    lab.moveJournalAway();
    lab.disturb("hold.get/job02", Mishap::Lost);
    const auto shown = lab.survey();
    BOOST_TEST(says(shown->contradictions, "agent 'holder1' does not say all that it knows"));
    const auto refused = lab.adopt(shown->mark);
    BOOST_TEST(!refused);  // one holder: nothing is known of any server
    BOOST_TEST(lab.board().adoption().observing);
    lab.heal("hold.get/job02");
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST(lab.board().adoption().isWhole());
}

BOOST_AUTO_TEST_CASE(what_was_not_shown_is_not_adopted) {
    MovedAway lab;
    lab.moveJournalAway();
    const auto mark = lab.survey()->mark;
    auto order = lab.order();
    order.owner = {};
    lab.setOrder(order);
    const auto refused = lab.adopt(mark);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Conflict));
    BOOST_TEST(lab.board().adoption().observing);
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST((lab.placement().on == Placement::On::Nobody));
}

BOOST_AUTO_TEST_CASE(a_failure_that_came_meanwhile_is_told_at_the_adoption_and_starts_nothing) {
    MovedAway lab;
    lab.moveJournalAway();
    lab.fail("server01");
    lab.kill();
    lab.start();  // it is not forgotten
    BOOST_TEST(says(lab.contradictions(), "server 'server01' has failed meanwhile"));
    lab.world.told.clear();
    lab.progress.clear();
    BOOST_REQUIRE(lab.adopt());
    lab.run();
    BOOST_TEST(lab.told("standinctl failover server01"));
    BOOST_TEST(lab.progress.empty());
    const auto asked = lab.request(domain::OperationKind::Failover);
    BOOST_REQUIRE(asked);
    lab.run();
    BOOST_TEST(lab.owner() == "spare");
}

BOOST_AUTO_TEST_CASE(a_held_handover_is_found_with_both_machines_that_have_the_jobs_data) {
    MovedAway lab;
    lab.fail("server01");
    lab.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "segment.set" && lab.owner() == "holder") lab.kill();
    };
    lab.run();
    BOOST_REQUIRE(!lab.one.running());
    lab.after_effect = {};
    BOOST_REQUIRE(lab.owner() == "holder");
    lab.moveJournalAway();
    BOOST_TEST(says(lab.contradictions(), "holds requests of server 'server01'"));
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST((lab.placement().on == Placement::On::Nobody));
    BOOST_TEST(lab.placement().spare.text() == "spare01");
    BOOST_TEST(!lab.placement().stand_in.empty());
    BOOST_TEST(lab.board().lease(base::SpareName("spare01")).has_value());
}

BOOST_AUTO_TEST_CASE(every_machine_that_may_have_writes_of_the_job_is_said_to_before_it_is_given_up) {
    MovedAway lab;
    lab.config.inventory.servers.at(adopted_server).job_data = domain::JobData::Local;
    lab.failAndRun();
    lab.moveJournalAway();
    BOOST_REQUIRE(lab.adopt());
    BOOST_TEST(lab.placement().writes.size() == 2U);
    lab.repair();
    const auto returned = lab.mayReturn();
    BOOST_REQUIRE(!returned);
    BOOST_TEST(returned.error().message.find("spare 'spare01'") != std::string::npos, returned.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
