// What a coordinator looks at when it starts, before it begins anything.
#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using domain::Placement;

namespace {

/// Started again, by the journal as it is or as it was.
struct StartedAgain : Lab {
    void startAgain() {
        if (one.running()) kill();
        config.engine.watch_every = std::chrono::seconds(10);
        // The look takes its time.
        if (!is_silent) world.network.disturb("segment.get", {Mishap::Slow, std::chrono::milliseconds(500), 1, {}});
        progress.clear();
        start();
    }
    /// As the listener hands it over. True: what comes of it is durable soon.
    bool trap() {
        world.invariants.failureReported("server01");
        one.take(engine::ReportInput{
            {base::ServerName("server01"), "processor", "a processor has failed", "trap 9", world.clock.steady()},
            [this](const auto& outcome) {
                taken = true;
                opened = outcome && outcome->kind == engine::Engine::ReportOutcome::Kind::Opened;
            }});
        pass(std::chrono::milliseconds(100));
        return taken;
    }
    bool is_silent = false;
    bool taken = false;
    bool opened = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(startup_check)

BOOST_AUTO_TEST_CASE(a_trap_before_the_startup_check_fences_nobody_who_executes_the_job_since_the_backup) {
    StartedAgain lab;
    const auto backup = lab.world.disk;
    lab.failAndRun();
    BOOST_REQUIRE(lab.owner() == "spare");
    lab.kill();
    lab.world.disk = backup;
    lab.world.disk.epoch += 5;  // it is no older
    lab.startAgain();
    BOOST_TEST(!lab.trap());
    lab.run();
    BOOST_TEST(lab.taken);
    BOOST_TEST(!lab.opened);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST((lab.placement().on == Placement::On::Spare));
    BOOST_TEST(lab.told("although no failover is open"));
}

BOOST_AUTO_TEST_CASE(a_trap_waits_for_the_startup_check_and_no_longer) {
    StartedAgain lab;
    lab.startAgain();
    BOOST_TEST(!lab.trap());
    lab.run();
    BOOST_TEST(lab.opened);
    BOOST_TEST(lab.owner() == "spare");

    StartedAgain silent;
    silent.is_silent = true;
    silent.disturb("segment.get", Mishap::Lost, 1);
    silent.startAgain();
    BOOST_TEST(!silent.trap());
    silent.run(std::chrono::seconds(4));
    BOOST_TEST(silent.opened);
    silent.run();
}

BOOST_AUTO_TEST_CASE(steps_wait_until_it_is_known_who_leads) {
    StartedAgain lab;
    lab.fail("server01");
    lab.startAgain();  // what was begun is not begun again yet
    lab.obeyAnother(lab.board().epoch());
    lab.run();
    BOOST_TEST(!lab.one.leads());
    BOOST_TEST(lab.progress.empty());
    BOOST_TEST(lab.count("epoch.claim") == 1U);

    StartedAgain first;
    first.fail("server01");
    first.startAgain();
    first.run();
    BOOST_TEST(first.owner() == "spare");
}

BOOST_AUTO_TEST_SUITE_END()
