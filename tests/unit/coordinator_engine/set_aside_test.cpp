// What is thrown at the engine, and what brought it down, is one operation's and not all others'.
#include <future>

#include "agent/base/text.hpp"
#include "coordinator/engine/thread_pool_executor.hpp"
#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using namespace std::chrono_literals;
using domain::State;

namespace {

/// The engine can be made to forget a server: deciding on its operations throws from then on.
struct Forgetful {
    explicit Forgetful(int servers)
        : config(labConfig({.servers = servers, .spares = servers})),
          known(std::make_shared<engine::Inventory>(config.inventory)) {
        config.configured = known;
    }
    void forget(const std::string& name) { known->servers.erase(base::ServerName(name)); }
    void forgetSpare(const std::string& name) { known->spares.erase(base::SpareName(name)); }
    simulation::WorldConfig config;
    std::shared_ptr<engine::Inventory> known;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(set_aside)

BOOST_AUTO_TEST_CASE(an_operation_on_which_nothing_can_be_decided_is_set_aside_and_the_others_go_on) {
    Forgetful engine(2);
    Lab lab(engine.config);
    const auto poisoned = lab.fail("server02");
    engine.forget("server02");
    lab.run();
    const auto sound = lab.fail("server01");
    lab.run();
    const auto operation = lab.operation(poisoned);
    BOOST_TEST(stateOf(operation) == "NeedsOperator");
    BOOST_TEST(operation.why.starts_with("set aside: "), operation.why);
    BOOST_TEST(operation.cure.find("standinctl operation retry") != std::string::npos);
    BOOST_TEST(lab.told("server 'server02' was set aside"));
    BOOST_TEST(stateOf(lab.operation(sound)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(an_operation_that_was_set_aside_goes_on_when_an_operator_retries_it) {
    Forgetful engine(1);
    Lab lab(engine.config);
    const auto id = lab.fail("server01");
    engine.forget("server01");
    lab.run();
    *engine.known = lab.config.inventory;
    BOOST_REQUIRE(stateOf(lab.operation(id)) == "NeedsOperator");
    BOOST_REQUIRE(lab.retry(id).has_value());
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_coordinator_starts_without_the_spare_of_an_open_failover_which_then_needs_the_operator) {
    Forgetful engine(2);
    Lab lab(engine.config);
    const auto id = lab.fail("server01");
    lab.runUntil(id, "PreparingSpare");
    const auto spare = lab.operation(id).spare.text();
    lab.kill();
    engine.forgetSpare(spare);
    lab.start();
    lab.run();
    const auto operation = lab.operation(id);
    BOOST_TEST(stateOf(operation) == "NeedsOperator");
    BOOST_TEST(operation.why == "set aside: it needs spare '" + spare + "', which is not configured any more");
    BOOST_TEST(operation.cure.find("standinctl operation retry") != std::string::npos, operation.cure);
    BOOST_TEST(lab.told("server 'server01' was set aside"));
    for (const auto& refused : {lab.retry(id), lab.close(id), lab.confirmFence(id), lab.mayReturn()}) {
        BOOST_REQUIRE(!refused);
        BOOST_TEST(refused.error().message.find("put spare '" + spare + "' back") != std::string::npos,
                   refused.error().message);
    }
    BOOST_TEST(stateOf(lab.failAndRun("server02")) == "Succeeded");

    lab.kill();
    *engine.known = lab.config.inventory;
    lab.start();
    lab.run();
    BOOST_TEST(lab.retry(id).has_value());
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_coordinator_starts_without_the_server_of_an_open_failover_and_tells_it_once) {
    Forgetful engine(2);
    Lab lab(engine.config);
    const auto id = lab.failAndRun("server01").id;
    BOOST_REQUIRE(stateOf(lab.operation(id)) == "Succeeded");
    engine.forget("server01");
    for (int start = 0; start < 2; ++start) {
        lab.kill();
        lab.start();
        lab.run();
        BOOST_TEST(stateOf(lab.operation(id)) == "NeedsOperator");
        BOOST_TEST(lab.timesTold("server 'server01' was set aside") == 1);
        BOOST_TEST(!lab.retry(id).has_value());
        BOOST_TEST(!lab.close(id).has_value());
    }
    lab.kill();
    *engine.known = lab.config.inventory;
    lab.start();
    BOOST_TEST(lab.retry(id).has_value());
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_request_that_throws_leaves_the_others_of_its_batch) {
    Lab lab;
    lab.one.take(engine::Request([](engine::Conductor&) -> engine::Reply { throw std::bad_alloc(); }));
    BOOST_TEST(lab.ask([](engine::Conductor&) { return true; }));
}

BOOST_AUTO_TEST_CASE(a_driver_that_throws_is_a_step_that_failed_and_is_tried_again) {
    for (const char* verb : {"segment.set", "stand_in.running", "power.off", "restore.begin", "hold.holding"}) {
        Lab lab;
        bool thrown = false;
        lab.disturb(verb, Mishap::Throws, 1);
        lab.world.network.broken_driver = [&](const simulation::Command&) {
            thrown = true;
            throw std::runtime_error(
                "Gr\xFC\xDF"
                "e\n");
        };
        const auto failover = lab.failAndRun();
        BOOST_TEST(thrown, verb);
        BOOST_TEST(stateOf(failover) == "Succeeded", verb);
        for (const domain::Step& step : failover.steps)
            BOOST_TEST(base::firstInvalidByte(step.message) == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(an_operation_that_has_brought_the_coordinator_down_twice_is_set_aside_and_the_others_go_on) {
    for (const unsigned times : {1U, 2U, 3U}) {
        Lab lab(2, 2);
        const auto poisoned = lab.fail("server01");
        const auto sound = lab.fail("server02");
        lab.kill();
        lab.world.disk.crashes[poisoned] = times;
        lab.start();
        lab.run();
        BOOST_TEST(stateOf(lab.operation(poisoned)) == (times < 2 ? "Succeeded" : "NeedsOperator"));
        BOOST_TEST(lab.told("the coordinator has died") == (times >= 2));
        BOOST_TEST(stateOf(lab.operation(sound)) == "Succeeded");
        if (times < 2) continue;
        lab.world.told.clear();
        lab.kill();
        lab.start();  // and so it stays, told once
        lab.run();
        BOOST_TEST(stateOf(lab.operation(poisoned)) == "NeedsOperator");
        BOOST_TEST(!lab.told("the coordinator has died"));
        BOOST_REQUIRE(lab.retry(poisoned).has_value());
        lab.run();
        BOOST_TEST(stateOf(lab.operation(poisoned)) == "Succeeded");
        BOOST_TEST(lab.world.disk.crashes[poisoned] == 1U);  // one further crash sets it aside again
    }
}

BOOST_AUTO_TEST_CASE(a_task_that_throws_does_not_end_its_thread_nor_the_process) {
    engine::ThreadPoolExecutor executor;
    for (const auto lane : {domain::Lane::Critical, domain::Lane::Ordinary, domain::Lane::Watch}) {
        std::promise<void> done;
        executor.post({lane, "a test", [] { throw std::runtime_error("no"); }});
        executor.post({lane, "a test", [] { throw 17; }});
        executor.post({lane, "a test", [&] { done.set_value(); }});
        BOOST_TEST((done.get_future().wait_for(60s) == std::future_status::ready));
    }
}

BOOST_AUTO_TEST_SUITE_END()
