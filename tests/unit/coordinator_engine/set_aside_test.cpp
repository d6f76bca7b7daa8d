// What is thrown at the engine, and what brought it down, is one operation's and not all others'.
#include <future>

#include "agent/base/text.hpp"
#include "coordinator/engine/thread_pool_executor.hpp"
#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;
using namespace std::chrono_literals;
using domain::State;

namespace {

/// Deciding on this server's operations throws from now on: the engine has lost what it must know of it.
base::NameMap<base::ServerName, domain::Server>::value_type loseServer(Protected& lab, const char* name) {
    auto& servers = lab.coordinator.inventory.servers;
    const auto found = servers.find(base::ServerName(name));
    auto lost = *found;
    servers.erase(base::ServerName(name));
    return lost;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(set_aside)

BOOST_AUTO_TEST_CASE(an_operation_on_which_nothing_can_be_decided_is_set_aside_and_the_others_go_on) {
    Protected lab(2, 2);
    const auto poisoned = lab.coordinator.fail("server02");
    const auto server = loseServer(lab, "server02");
    lab.coordinator.run();
    const auto sound = lab.coordinator.fail("server01");
    lab.coordinator.run();
    lab.coordinator.inventory.servers[server.first] = server.second;
    const auto operation = lab.coordinator.operation(poisoned);
    BOOST_TEST(stateOf(operation) == "NeedsOperator");
    BOOST_TEST(operation.why.starts_with("set aside: "), operation.why);
    BOOST_TEST(operation.cure.find("standinctl operation retry") != std::string::npos);
    BOOST_TEST(lab.told("server 'server02' was set aside"));
    BOOST_TEST(stateOf(lab.coordinator.operation(sound)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(an_operation_that_was_set_aside_goes_on_when_an_operator_retries_it) {
    Protected lab(1, 1);
    const auto id = lab.coordinator.fail("server01");
    const auto server = loseServer(lab, "server01");
    lab.coordinator.run();
    lab.coordinator.inventory.servers[server.first] = server.second;
    BOOST_REQUIRE(stateOf(lab.coordinator.operation(id)) == "NeedsOperator");
    BOOST_REQUIRE(
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(id, "operator ada"); }).has_value());
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_request_that_throws_leaves_the_others_of_its_batch) {
    Protected lab;
    std::vector<engine::Input> inputs;
    bool asked = false;
    inputs.emplace_back(engine::Request([](engine::Conductor&) -> engine::Reply { throw std::bad_alloc(); }));
    inputs.emplace_back(engine::Request([&](engine::Conductor&) -> engine::Reply {
        asked = true;
        return {};
    }));
    lab.coordinator.conductor->handle(std::move(inputs));
    BOOST_TEST(asked);
}

BOOST_AUTO_TEST_CASE(a_driver_that_throws_is_a_step_that_failed_and_is_tried_again) {
    for (const char* verb : {"segment.set", "stand_in.running", "power.off", "restore.begin", "hold.holding"}) {
        Protected lab;
        bool thrown = false;
        lab.world.after_effect = [&](const std::string& its, const std::string&) {
            if (its == verb && !std::exchange(thrown, true))
                throw std::runtime_error(
                    "Gr\xFC\xDF"
                    "e\n");
        };
        const auto failover = lab.failAndRun();
        lab.world.after_effect = nullptr;
        BOOST_TEST(thrown, verb);
        BOOST_TEST(stateOf(failover) == "Succeeded", verb);
        for (const domain::Step& step : failover.steps)
            BOOST_TEST(base::firstInvalidByte(step.message) == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(an_operation_that_has_brought_the_coordinator_down_twice_is_set_aside_and_the_others_go_on) {
    for (const unsigned times : {1U, 2U, 3U}) {
        Protected lab(2, 2);
        const auto poisoned = lab.coordinator.fail("server01");
        const auto sound = lab.coordinator.fail("server02");
        lab.coordinator.kill();
        lab.coordinator.journal.crashes[poisoned] = times;
        lab.coordinator.start();
        lab.coordinator.run();
        BOOST_TEST(stateOf(lab.coordinator.operation(poisoned)) == (times < 2 ? "Succeeded" : "NeedsOperator"));
        BOOST_TEST(lab.told("the coordinator has died") == (times >= 2));
        BOOST_TEST(stateOf(lab.coordinator.operation(sound)) == "Succeeded");
        if (times < 2) continue;
        lab.world.told.clear();
        lab.coordinator.kill();
        lab.coordinator.start();  // and so it stays, told once
        lab.coordinator.run();
        BOOST_TEST(stateOf(lab.coordinator.operation(poisoned)) == "NeedsOperator");
        BOOST_TEST(!lab.told("the coordinator has died"));
        BOOST_REQUIRE(
            lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(poisoned, "operator ada"); })
                .has_value());
        lab.coordinator.run();
        BOOST_TEST(stateOf(lab.coordinator.operation(poisoned)) == "Succeeded");
        BOOST_TEST(lab.coordinator.journal.crashes[poisoned] == 1U);  // one further crash sets it aside again
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
