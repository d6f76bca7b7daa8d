#include "coordinator/what_if/rehearsal.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "coordinator/simulation/world_config.hpp"
#include "coordinator/what_if/plan_json.hpp"

using namespace standin;
using base::ServerName;
using domain::State;
using domain::StepName;
using what_if::Failures;
using what_if::Plan;
using what_if::Situation;

namespace {

/// As many servers and spares, all protected, on two VM hosts; odd servers in rack 1, even ones in rack 2.
Situation estate(int servers, int spares) {
    simulation::Layout layout;
    layout.servers = servers;
    layout.spares = spares;
    layout.vm_hosts = 2;
    auto config = simulation::layOut(layout);
    Situation situation;
    int number = 0;
    for (auto& [name, server] : config.inventory.servers) server.rack = ++number % 2 == 1 ? "1" : "2";
    for (const auto* host : {"vmhost1", "vmhost2"}) {
        protocol::Capacity capacity;
        capacity.memory_mib = 65536;
        capacity.memory_committed_mib = 16384;
        capacity.cpus = 32;
        capacity.vcpus_committed = 8;
        situation.capacities[base::AgentName(host)] = capacity;
    }
    situation.inventory = std::move(config.inventory);
    situation.contents = std::move(config.contents);
    return situation;
}

const what_if::PlannedStep* step(const what_if::PlannedFailover& failover, StepName name) {
    auto found = std::find_if(failover.steps.begin(), failover.steps.end(),
                              [&](const what_if::PlannedStep& one) { return one.id.name == name; });
    return found == failover.steps.end() ? nullptr : &*found;
}

Plan planOf(const Situation& situation, const std::string& server, const Failures& failures = {}) {
    auto made = what_if::rehearse(situation, server.empty() ? ServerName{} : ServerName(server), failures);
    BOOST_REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
    return std::move(*made);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rehearsal)

BOOST_AUTO_TEST_CASE(a_protected_servers_job_goes_on_first_on_its_stand_in_then_on_its_spare) {
    const auto made = planOf(estate(2, 3), "server01");
    BOOST_REQUIRE(made.failovers.size() == 1u);
    const auto& failover = made.failovers.front();
    BOOST_TEST(failover.begins);
    BOOST_TEST((failover.ends == State::Succeeded), failover.why);
    BOOST_TEST(failover.runs_on == "spare spare01");
    BOOST_REQUIRE(failover.job_back_ms.has_value());
    BOOST_TEST(*failover.job_back_ms < *failover.ends_ms);
    for (const auto name : {StepName::FencePort, StepName::ResumeStandIn, StepName::GiveSegment, StepName::RestoreSpare,
                            StepName::GiveSegmentToSpare}) {
        BOOST_TEST(step(failover, name) != nullptr, nameOf(name));
    }
    BOOST_TEST(made.without.empty());
    BOOST_TEST(made.spares_left == std::vector<base::SpareName>{base::SpareName("spare03")},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_plan_is_the_same_whenever_it_is_made) {
    const auto situation = estate(4, 4);
    BOOST_TEST(toJson(planOf(situation, "", {{"1"}, {}, {}, {}})).dump() ==
               toJson(planOf(situation, "", {{"1"}, {}, {}, {}})).dump());
}

BOOST_AUTO_TEST_CASE(a_rack_fails_with_all_its_servers) {
    const auto made = planOf(estate(5, 5), "", {{"1"}, {}, {}, {}});
    std::vector<std::string> servers;
    for (const auto& failover : made.failovers) servers.push_back(failover.server.text());
    const std::vector<std::string> expected{"server01", "server03", "server05"};
    BOOST_TEST(servers == expected, boost::test_tools::per_element());
    for (const auto& failover : made.failovers) BOOST_TEST((failover.ends == State::Succeeded), failover.why);
}

BOOST_AUTO_TEST_CASE(a_spare_that_fails_leaves_the_job_on_its_stand_in) {
    const auto made = planOf(estate(1, 1), "server01", {{}, {}, {base::SpareName("spare01")}, {}});
    const auto& failover = made.failovers.front();
    BOOST_TEST((failover.ends == State::Failed), failover.why);
    BOOST_TEST(failover.runs_on.rfind("stand-in ", 0) == 0u, failover.runs_on);
    BOOST_TEST(made.without.empty());
    BOOST_TEST(made.without_stand_in.size() == 1u);
    BOOST_REQUIRE(made.hosts.size() == 1u);
    BOOST_TEST(made.hosts.front().stand_ins_running == 1u);
    BOOST_TEST(made.spares_left.empty());
}

BOOST_AUTO_TEST_CASE(a_vm_host_that_fails_with_its_server_leads_to_the_cold_path) {
    const auto made = planOf(estate(2, 2), "server01", {{}, {}, {}, {base::AgentName("vmhost1")}});
    const auto& failover = made.failovers.front();
    BOOST_TEST((failover.ends == State::Succeeded), failover.why);
    BOOST_TEST(failover.runs_on == "spare spare01");
    BOOST_TEST(*failover.job_back_ms > step(failover, StepName::RestoreSpare)->start_ms);
    BOOST_TEST(std::count(made.without_stand_in.begin(), made.without_stand_in.end(), ServerName("server01")) == 1);
}

BOOST_AUTO_TEST_CASE(a_server_without_a_row_is_told_and_counted_among_those_without) {
    auto situation = estate(2, 1);  // server02 has none
    const auto made = planOf(situation, "server02");
    BOOST_TEST(!made.failovers.front().begins);
    BOOST_TEST(made.failovers.front().why.find("has no row") != std::string::npos);
    BOOST_TEST(made.without == std::vector<ServerName>{ServerName("server02")}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(expected_times_are_those_of_past_runs_and_others_are_marked) {
    auto situation = estate(1, 1);
    domain::Operation past;
    past.server = ServerName("server01");
    auto& restored = past.at({StepName::RestoreSpare, "spare01"});
    restored.state = domain::StepState::Done;
    restored.attempts = 1;
    restored.duration_ms = 600'000;
    situation.durations = what_if::Durations({past, past, past});
    const auto failover = planOf(situation, "server01").failovers.front();
    const auto* restore = step(failover, StepName::RestoreSpare);
    BOOST_REQUIRE(restore != nullptr);
    BOOST_TEST(restore->expected.ms == 600'000);
    BOOST_TEST(restore->expected.runs == 3u);
    const auto* started = step(failover, StepName::StartSpare);
    BOOST_REQUIRE(started != nullptr);
    BOOST_TEST(started->start_ms - restore->start_ms >= 600'000);  // what comes after it waits as long
    BOOST_TEST(started->start_ms - restore->start_ms < 660'000);
    BOOST_TEST((started->expected.basis == what_if::Expectation::Basis::Assumed));
}

BOOST_AUTO_TEST_CASE(what_is_not_configured_or_goes_on_is_refused) {
    auto situation = estate(1, 1);
    using base::ErrorCode;
    BOOST_TEST((what_if::rehearse(situation, ServerName("server99"), {}).error().code == ErrorCode::NotFound));
    BOOST_TEST((what_if::rehearse(situation, {}, {{"7"}, {}, {}, {}}).error().code == ErrorCode::NotFound));
    BOOST_TEST((what_if::rehearse(situation, {}, {{}, {}, {}, {base::AgentName("store1")}}).error().code ==
                ErrorCode::NotFound));
    BOOST_TEST((what_if::rehearse(situation, {}, {}).error().code == ErrorCode::InvalidInput));
    situation.busy[ServerName("server01")] = 17;
    BOOST_TEST((what_if::rehearse(situation, ServerName("server01"), {}).error().code == ErrorCode::WrongState));
}

BOOST_AUTO_TEST_CASE(servers_that_an_operation_works_on_are_left_out_and_said_to_be) {
    auto situation = estate(2, 2);
    situation.busy[ServerName("server02")] = 17;
    const auto made = planOf(situation, "server01");
    BOOST_TEST((made.failovers.front().ends == State::Succeeded));
    BOOST_TEST(std::any_of(made.remarks.begin(), made.remarks.end(), [](const std::string& remark) {
        return remark.find("operation 17 is under way") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_SUITE_END()
