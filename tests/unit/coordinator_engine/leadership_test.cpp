#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// As if another coordinator had commanded the agents.
void depose(Lab& lab) {
    lab.obeyAnother(lab.board().epoch() + 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(leadership)

BOOST_AUTO_TEST_CASE(a_coordinator_that_an_agent_refuses_as_deposed_stops_and_says_so) {
    Lab lab;
    depose(lab);
    lab.fail("server01");
    lab.run();
    BOOST_TEST(!lab.one.leads());
    BOOST_TEST(contains(lab.board().problem(), "has stopped deciding"));
    BOOST_TEST(lab.told("has stopped deciding"));
    BOOST_TEST(lab.owner() == "server");
    BOOST_TEST(lab.one.atRest());

    lab.progress.clear();
    const auto commits = lab.world.disk.records;
    bool refused = false;
    lab.one.take(engine::ReportInput{{base::ServerName("server01"), "power", "a test", "trap 2", {}},
                                     [&](const auto& outcome) { refused = !outcome; }});
    lab.run();
    BOOST_TEST(refused);
    BOOST_TEST(lab.progress.empty());
    BOOST_TEST(lab.world.disk.records == commits);
}

// Its journal was restored from a backup, so it has taken the epoch once more.
BOOST_AUTO_TEST_CASE(a_coordinator_of_the_same_epoch_and_another_instance_stops_and_switches_nothing) {
    for (const bool commanded_before : {false, true}) {
        Lab lab;
        lab.machine("spare01").on = true;
        const auto other = [&] { lab.obeyAnother(lab.board().epoch()); };
        lab.fail("server01");
        if (!commanded_before) other();
        lab.after_effect = [&](const std::string& done, const std::string&) {
            if (done == "segment.set" && lab.owner() == "stand-in") other();
        };
        lab.run();
        BOOST_TEST(!lab.one.leads());
        BOOST_TEST(lab.told("has stopped deciding"));
        BOOST_TEST(lab.machine("spare01").on);
        BOOST_TEST(lab.owner() == (commanded_before ? "stand-in" : "server"));
    }
}

BOOST_AUTO_TEST_CASE(a_deposed_coordinator_does_not_switch_a_spare_that_may_execute_the_job_since) {
    for (const char* verb :
         {"segment.set", "restore.begin"}) {  // before it is powered off, and before it is powered on
        Lab lab;
        lab.machine("spare01").on = true;
        lab.fail("server01");
        bool powered = false;
        bool deposed = false;
        lab.after_effect = [&](const std::string& done, const std::string& subject) {
            if (deposed && subject == "spare01") powered = powered || done == "power.off" || done == "power.on";
            if (done != verb || (done == "segment.set" && lab.owner() != "stand-in")) return;
            deposed = true;
            depose(lab);
        };
        lab.run();
        BOOST_TEST(deposed, verb);
        BOOST_TEST(!powered, verb);
        BOOST_TEST(!lab.one.leads(), verb);
    }
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_stood_still_asks_again_whether_it_leads_before_it_switches_a_spare) {
    Lab lab;
    lab.machine("spare01").on = true;
    lab.fail("server01");
    bool stood_still = false;
    lab.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb != "epoch.claim" || std::exchange(stood_still, true)) return;
        lab.one.pause();
        lab.simulation.later(std::chrono::seconds(20), [&] {
            depose(lab);
            lab.one.goOn();
        });
    };
    lab.run();
    BOOST_TEST(stood_still);
    BOOST_TEST(lab.machine("spare01").on);
    BOOST_TEST(!lab.one.leads());
}

BOOST_AUTO_TEST_CASE(a_witness_that_is_always_late_keeps_a_spare_from_being_switched_and_nobody_waiting) {
    Lab lab;
    lab.machine("spare01").on = true;
    lab.fail("server01");
    lab.world.network.disturb("epoch.claim", {Mishap::Drip, std::chrono::seconds(3), 0, {}});
    lab.run();
    BOOST_TEST(lab.machine("spare01").on);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.told("who leads"));
}

BOOST_AUTO_TEST_CASE(nothing_is_begun_that_the_journal_refuses_because_another_coordinator_leads) {
    Lab lab;
    lab.world.disk.epoch = 9;
    lab.fail("server01");
    lab.run();
    BOOST_TEST(lab.progress.empty());
    BOOST_TEST(!lab.one.leads());
    BOOST_TEST(lab.told("the journal is at epoch 9, this coordinator at 1: another one leads"));
}

BOOST_AUTO_TEST_CASE(a_step_that_waited_for_its_thread_is_not_carried_out_by_a_deposed_coordinator) {
    Lab lab;
    lab.world.invariants.failureReported("server01");
    lab.one.take(engine::Request([&](engine::Conductor& c) -> engine::Reply {
        c.reports().report({base::ServerName("server01"), "processor", "a test", "trap 1", lab.world.clock.steady()});
        // Its steps are posted, and none has begun.
        return [&c](const base::Result<void>&) { c.depose("another coordinator leads since epoch 9"); };
    }));
    lab.run();
    BOOST_TEST(!lab.one.leads());
    BOOST_TEST(lab.progress.empty());
}

BOOST_AUTO_TEST_CASE(every_command_of_an_epoch_is_numbered_above_those_before) {
    Lab lab;
    const auto before = lab.ask([](engine::Conductor& c) { return c.leadership().nextSequence(); });
    lab.failAndRun();
    BOOST_TEST(lab.ask([](engine::Conductor& c) { return c.leadership().nextSequence(); }) > before + 10);
}

BOOST_AUTO_TEST_SUITE_END()
