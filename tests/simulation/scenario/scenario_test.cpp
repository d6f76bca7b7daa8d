#include <boost/test/unit_test.hpp>

#include "coordinator/simulation/simulation.hpp"
#include "tests/simulation/scenario/crash_sweep.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin::simulation;

namespace {

struct Directory {
    standin::base::Result<Scenario> read(const std::string& world, const std::string& script) {
        standin::tests::writeFile(directory / "world.yaml", world);
        standin::tests::writeFile(directory / "script.yaml", script);
        return readScenario(directory.path());
    }
    standin::tests::TemporaryDirectory directory;
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::string failure = "script: ['at 1s: fail server01']\nexpect: ['failover 2 of server01 is Succeeded']\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(scenarios, Directory)

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_world_is_told_with_its_place) {
    const auto scenario = read("servers: 1\nspares: many\nmoons: 2\n", failure);
    BOOST_REQUIRE(!scenario);
    BOOST_TEST(contains(scenario.error().message, "world.yaml:2:9: spares: 'many'"));
    BOOST_TEST(contains(scenario.error().message, "world.yaml:3:1: moons: "));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_script_is_told_with_its_place) {
    const auto scenario =
        read("servers: 1\n", "script:\n  - 'at 1s: fail server01'\n  - 'at 2s: fail server02'\n  - 'fail'\n");
    BOOST_REQUIRE(!scenario);
    BOOST_TEST(contains(scenario.error().message, "script.yaml:3:5: script: 'at 2s: fail server02'"));
    BOOST_TEST(contains(scenario.error().message, "script.yaml:4:5: script: 'fail' is no action"));
    BOOST_TEST(contains(scenario.error().message, "expect: is missing"));
}

BOOST_AUTO_TEST_CASE(a_scenario_gives_the_same_log_again) {
    const auto scenario = read("servers: 1\n", failure);
    BOOST_REQUIRE(scenario);
    const auto once = run(*scenario);
    BOOST_TEST(once.problems.empty());
    BOOST_TEST(contains(once.log, "segment job01 belongs to spare"));
    BOOST_TEST(difference(once.log, run(*scenario).log) == "");
    BOOST_TEST(contains(difference(once.log, once.log + "more\n"), "+ more\n"));
}

BOOST_AUTO_TEST_CASE(a_fault_that_strikes_nothing_is_a_problem) {
    const auto scenario = read("servers: 1\n",
                               "script: ['at 1s: fail server01', 'at 0s: disturb image.capture lost',\n"
                               "         'at state/ColdPreparingSpare: kill']\n"
                               "expect: [failover 2 of server01 is Succeeded]\n");
    BOOST_REQUIRE(scenario);
    const auto problems = run(*scenario).problems;
    BOOST_REQUIRE(problems.size() == 2u);
    BOOST_TEST(contains(problems[0], "this was never due: at state/ColdPreparingSpare: kill"));
    BOOST_TEST(contains(problems[1], "nothing met the disturbance of 'image.capture'"));
}

BOOST_AUTO_TEST_CASE(what_is_expected_has_an_order_if_it_is_written_so) {
    const std::string script = "script: ['at 1s: fail server01']\nexpect: ['";
    const auto right = read("servers: 1\n", script + "server01 is off … spare01 is on … segment job01 belongs to']\n");
    BOOST_REQUIRE(right);
    BOOST_TEST(run(*right).problems.empty());
    const auto wrong = read("servers: 1\n", script + "spare01 is on … server01 has failed']\n");
    BOOST_REQUIRE(wrong);
    BOOST_TEST(run(*wrong).problems.size() == 1u);
}

BOOST_AUTO_TEST_CASE(another_end_than_the_expected_one_is_a_problem) {
    const auto scenario = read("servers: 1\n",
                               "script: ['at 1s: fail server01']\n"
                               "expect: [failover 2 of server01 is Failed]\nnever: [segment job01 belongs to spare]\n");
    BOOST_REQUIRE(scenario);
    BOOST_TEST(run(*scenario).problems.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_coordinator_dies_before_and_after_each_record_and_after_each_effect) {
    const auto scenario = read("servers: 1\n", failure);
    BOOST_REQUIRE(scenario);
    unsigned records_before = 0, records_after = 0, effects = 0, left_out = 0;
    for (const When& place : placesToDie(*scenario, left_out))
        ++(place.what != "record" ? effects : place.before ? records_before : records_after);
    BOOST_TEST(left_out == 0u);
    BOOST_TEST(records_before == records_after);
    BOOST_TEST(records_after > 10u);
    BOOST_TEST(effects > 10u);
    Deaths deaths;
    dieEverywhere(*scenario, deaths);
    BOOST_TEST(deaths.failures.empty());
    BOOST_TEST(deaths.deaths == records_before + records_after + effects);
    BOOST_TEST(deaths.incomparable == 0u);
}

/// What the script does by the clock comes too early for a coordinator that was away for a second.
BOOST_AUTO_TEST_CASE(a_death_that_leads_to_another_end_is_found) {
    const std::string script =
        "script: ['at 1s: prepare server01', 'at 6200ms: unset-spare server01']\nexpect: [unset 3 of server01 is]\n";
    Deaths deaths;
    const auto strict = read("servers: 1\n", script);
    BOOST_REQUIRE(strict);
    dieEverywhere(*strict, deaths);
    BOOST_TEST(!deaths.failures.empty());

    Deaths excused;
    const auto lenient = read("end_depends_on: the operator acts by the clock\n", script);
    BOOST_REQUIRE(lenient);
    dieEverywhere(*lenient, excused);
    BOOST_TEST(excused.failures.empty());
    BOOST_TEST(excused.incomparable == deaths.deaths);
}

BOOST_AUTO_TEST_SUITE_END()
