#include <boost/test/unit_test.hpp>

#include "coordinator/cli/exit_code.hpp"
#include "tests/unit/cli/scripted_coordinator.hpp"

namespace standin::cli {

namespace {

const char* found = R"({"state":"observing","mark":"1-1","observed":["server01"],"contradictions":CONTRADICTIONS,
"servers":[{"server":"server01","unknown":null,"owner":"spare","runs_on":{"on":"spare","stand_in":null,"spare":"spare01"},
"stand_ins":[{"name":"server01-3","state":"suspended"}]}]})";

ScriptedCoordinator coordinatorThatFound(const std::string& contradictions) {
    std::string body = found;
    body.replace(body.find("CONTRADICTIONS"), 14, contradictions);
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/adoption", 200, body);
    coordinator.answers("POST /v1/adoption", 200, R"({"state":"adopted","observed":[]})");
    return coordinator;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(adopting)

BOOST_AUTO_TEST_CASE(what_was_found_is_shown_and_adopted_only_with_a_yes) {
    auto coordinator = coordinatorThatFound(R"(["the segment of server 'server01' belongs to 'spare'"])");
    const auto asked = run(coordinator, {"adopt"});
    BOOST_TEST(asked.exit_code == ExitCode::Failed);
    BOOST_TEST(asked.out.find("spare spare01") != std::string::npos, asked.out);
    BOOST_TEST(asked.out.find("! the segment of server") != std::string::npos, asked.out);
    BOOST_TEST(coordinator.asked == std::vector<std::string>{"GET /v1/adoption"}, boost::test_tools::per_element());
    const auto said = run(coordinator, {"adopt", "--yes"});
    BOOST_TEST(said.exit_code == ExitCode::Done);
    BOOST_TEST(coordinator.asked.back() == R"(POST /v1/adoption {"mark":"1-1"})");
}

BOOST_AUTO_TEST_CASE(only_a_site_that_contradicts_nothing_is_adopted_if_clean) {
    auto served = coordinatorThatFound(R"(["agents have obeyed a coordinator before"])");
    BOOST_TEST(run(served, {"adopt", "--if-clean"}).exit_code == ExitCode::Failed);
    BOOST_TEST(served.asked.size() == 1U);
    auto fresh = coordinatorThatFound("[]");
    BOOST_TEST(run(fresh, {"adopt", "--if-clean"}).exit_code == ExitCode::Done);
    BOOST_TEST(fresh.asked.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_site_that_is_adopted_needs_nothing) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/adoption", 200, R"({"state":"adopted"})");
    BOOST_TEST(run(coordinator, {"adopt", "--yes"}).exit_code == ExitCode::Done);
    BOOST_TEST(coordinator.asked.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace standin::cli
