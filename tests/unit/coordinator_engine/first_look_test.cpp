// What a coordinator looks at when it starts, before it begins anything.
#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;
using domain::Placement;
using simulated::Fault;

namespace {

/// Started again, by the journal as it is or as it was.
struct StartedAgain : Protected {
    void start() {
        coordinator.kill();
        coordinator.watches = true;
        coordinator.start();
        world.progress.clear();
    }
    /// As the listener hands it over. True: it is durable what comes of it.
    bool trap() {
        taken = false;
        std::vector<engine::Input> inputs;
        inputs.emplace_back(engine::ReportInput{
            {base::ServerName("server01"), "processor", "a processor has failed", "trap 9", coordinator.clock.steady()},
            [this](const auto& outcome) {
                taken = true;
                opened = outcome && outcome->kind == engine::Engine::ReportOutcome::Kind::Opened;
            }});
        coordinator.conductor->handle(std::move(inputs));
        return taken;
    }
    bool taken = false;
    bool opened = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(first_look)

BOOST_AUTO_TEST_CASE(a_trap_before_the_first_look_fences_nobody_who_executes_the_job_since_the_backup) {
    StartedAgain lab;
    const auto backup = lab.coordinator.journal;
    lab.failAndRun();
    BOOST_REQUIRE(lab.owner() == "spare");
    lab.coordinator.journal = backup;
    for (int i = 0; i < 5; ++i) BOOST_REQUIRE(lab.coordinator.journal.open());  // its epoch is no older
    lab.start();
    BOOST_TEST(!lab.trap());
    lab.coordinator.run();
    BOOST_TEST(lab.taken);
    BOOST_TEST(!lab.opened);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST((lab.placement().on == Placement::On::Spare));
    BOOST_TEST(lab.told("although no failover is open"));
}

BOOST_AUTO_TEST_CASE(a_trap_waits_for_the_first_look_and_no_longer) {
    StartedAgain lab;
    lab.start();
    BOOST_TEST(!lab.trap());
    lab.coordinator.run();
    BOOST_TEST(lab.opened);
    BOOST_TEST(lab.owner() == "spare");

    StartedAgain silent;
    silent.world.fail("segment.get", Fault::TimesOut, 1);
    silent.start();
    BOOST_TEST(!silent.trap());
    silent.coordinator.run(std::chrono::seconds(4));
    BOOST_TEST(silent.opened);
    silent.coordinator.run();
}

BOOST_AUTO_TEST_CASE(steps_wait_until_it_is_known_who_leads) {
    StartedAgain lab;
    lab.coordinator.fail("server01");
    lab.start();  // what was begun is not begun again yet
    lab.world.leader = {lab.coordinator.board->epoch(), "another"};
    const int claims = lab.world.claims;
    lab.coordinator.run();
    BOOST_TEST(!lab.coordinator.conductor->leads());
    BOOST_TEST(lab.world.progress.empty());
    BOOST_TEST(lab.world.claims == claims + 1);

    StartedAgain first;
    first.coordinator.fail("server01");
    first.start();
    first.coordinator.run();
    BOOST_TEST(first.owner() == "spare");
}

BOOST_AUTO_TEST_SUITE_END()
