#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// As if another coordinator had commanded the agents.
void depose(Protected& lab) {
    lab.world.leader = {lab.coordinator.board->epoch() + 1, "another"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(leadership)

BOOST_AUTO_TEST_CASE(a_coordinator_that_an_agent_refuses_as_deposed_stops_and_says_so) {
    Protected lab;
    depose(lab);
    lab.coordinator.fail("server01");
    lab.coordinator.run();
    BOOST_TEST(!lab.coordinator.conductor->leads());
    BOOST_TEST(contains(lab.coordinator.board->problem(), "has stopped deciding"));
    BOOST_TEST(lab.told("has stopped deciding"));
    BOOST_TEST(lab.owner() == "server");
    BOOST_TEST(!lab.coordinator.conductor->nextWake().has_value());

    lab.world.progress.clear();
    const int commits = lab.coordinator.journal.commits;
    bool refused = false;
    std::vector<engine::Input> inputs;
    inputs.emplace_back(engine::ReportInput{{base::ServerName("server01"), "power", "a test", "trap 2", {}},
                                            [&](const auto& outcome) { refused = !outcome; }});
    lab.coordinator.conductor->handle(std::move(inputs));
    lab.coordinator.run();
    BOOST_TEST(refused);
    BOOST_TEST(lab.world.progress.empty());
    BOOST_TEST(lab.coordinator.journal.commits == commits);
}

// Its journal was restored from a backup, so it has taken the epoch once more.
BOOST_AUTO_TEST_CASE(a_coordinator_of_the_same_epoch_and_another_instance_stops_and_switches_nothing) {
    for (const bool commanded_before : {false, true}) {
        Protected lab;
        lab.world.machines["spare01"].on = true;
        const auto other = [&] { lab.world.leader = {lab.coordinator.board->epoch(), "another"}; };
        lab.coordinator.fail("server01");
        if (!commanded_before) other();
        lab.world.after_effect = [&](const std::string& done, const std::string&) {
            if (done == "segment.set" && lab.owner() == "stand-in") other();
        };
        lab.coordinator.run();
        BOOST_TEST(!lab.coordinator.conductor->leads());
        BOOST_TEST(lab.told("has stopped deciding"));
        BOOST_TEST(lab.world.machines["spare01"].on);
        BOOST_TEST(lab.owner() == (commanded_before ? "stand-in" : "server"));
    }
}

BOOST_AUTO_TEST_CASE(a_deposed_coordinator_does_not_switch_a_spare_that_may_execute_the_job_since) {
    for (const char* verb :
         {"segment.set", "restore.begin"}) {  // before it is powered off, and before it is powered on
        Protected lab;
        lab.world.machines["spare01"].on = true;
        lab.coordinator.fail("server01");
        bool powered = false;
        bool deposed = false;
        lab.world.after_effect = [&](const std::string& done, const std::string& subject) {
            if (deposed && subject == "spare01") powered = powered || done.rfind("power.", 0) == 0;
            if (done != verb || (done == "segment.set" && lab.owner() != "stand-in")) return;
            deposed = true;
            depose(lab);
        };
        lab.coordinator.run();
        BOOST_TEST(deposed, verb);
        BOOST_TEST(!powered, verb);
        BOOST_TEST(!lab.coordinator.conductor->leads(), verb);
    }
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_stood_still_asks_again_whether_it_leads_before_it_switches_a_spare) {
    Protected lab;
    lab.world.machines["spare01"].on = true;
    lab.coordinator.fail("server01");
    bool stood_still = false;
    lab.world.after_claim = [&] {
        if (std::exchange(stood_still, true)) return;
        lab.world.clock.pass(std::chrono::seconds(33));
        depose(lab);
    };
    lab.coordinator.run();
    BOOST_TEST(stood_still);
    BOOST_TEST(lab.world.machines["spare01"].on);
    BOOST_TEST(!lab.coordinator.conductor->leads());
}

BOOST_AUTO_TEST_CASE(a_witness_that_is_always_late_keeps_a_spare_from_being_switched_and_nobody_waiting) {
    Protected lab;
    lab.world.machines["spare01"].on = true;
    lab.coordinator.fail("server01");
    lab.world.after_claim = [&] { lab.world.clock.pass(std::chrono::seconds(5)); };
    lab.coordinator.run();
    BOOST_TEST(lab.world.machines["spare01"].on);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.told("who leads"));
}

BOOST_AUTO_TEST_CASE(nothing_is_begun_that_the_journal_refuses_because_another_coordinator_leads) {
    Protected lab;
    lab.coordinator.journal.problem = "another coordinator leads since epoch 9";
    lab.coordinator.journal.problem_code = base::ErrorCode::StaleEpoch;
    lab.coordinator.fail("server01");
    lab.coordinator.run();
    BOOST_TEST(lab.world.progress.empty());
    BOOST_TEST(!lab.coordinator.conductor->leads());
    BOOST_TEST(lab.told("another coordinator leads since epoch 9"));
}

BOOST_AUTO_TEST_CASE(a_step_that_waited_for_its_thread_is_not_carried_out_by_a_deposed_coordinator) {
    Protected lab;
    lab.coordinator.fail("server01");  // its steps are posted
    lab.coordinator.conductor->depose("another coordinator leads since epoch 9");
    lab.coordinator.run();
    BOOST_TEST(lab.world.progress.empty());
}

BOOST_AUTO_TEST_CASE(every_command_of_an_epoch_is_numbered_above_those_before) {
    Protected lab;
    const auto before = lab.coordinator.conductor->leadership().nextSequence();
    lab.failAndRun();
    BOOST_TEST(lab.coordinator.conductor->leadership().nextSequence() > before + 10);
}

BOOST_AUTO_TEST_SUITE_END()
