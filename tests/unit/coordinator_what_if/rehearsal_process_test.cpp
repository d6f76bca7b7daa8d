#include "coordinator/what_if/rehearsal_process.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "coordinator/simulation/world_config.hpp"
#include "coordinator/what_if/plan_json.hpp"
#include "coordinator/what_if/rehearsal.hpp"
#include "coordinator/what_if/situation_json.hpp"

using namespace standin;
using base::ErrorCode;
using nlohmann::json;
using what_if::Question;
using what_if::RehearsalProcess;
using what_if::Situation;

namespace {

/// Something of everything that a situation holds.
Situation detailed() {
    auto config = simulation::layOut({.servers = 3, .spares = 2});
    Situation situation;
    situation.inventory = std::move(config.inventory);
    situation.contents = std::move(config.contents);
    situation.contents.epoch = 7;
    situation.contents.last_operation = 41;
    domain::Operation resting;
    resting.id = 41;
    resting.server = base::ServerName("server03");
    resting.kind = domain::OperationKind::Failover;
    resting.state = domain::State::Succeeded;
    auto& restored = resting.at({domain::StepName::RestoreSpare, "spare02"});
    restored.state = domain::StepState::Done;
    restored.attempts = 1;
    restored.duration_ms = 480'000.5;
    situation.contents.operations = {resting};
    situation.contents.placements[resting.server] = {
        domain::Placement::On::Spare, {}, base::SpareName("spare02"), "", {}};
    situation.contents.maintenance[base::ServerName("server02")] = {true, "memory is replaced"};
    situation.capacities[base::AgentName("vmhost1")].memory_mib = 65536;
    situation.busy[base::ServerName("server02")] = 17;
    situation.image_bytes[base::ImageId("server01-1")] = UINT64_C(12) << 30;
    situation.durations = what_if::Durations({resting});
    return situation;
}

Question question() {
    return {base::ServerName("server01"), {{"1"}, {}, {base::SpareName("spare01")}, {base::AgentName("vmhost1")}}};
}

RehearsalProcess shell(const std::string& script, std::chrono::milliseconds patience = std::chrono::seconds(60)) {
    return RehearsalProcess({"/bin/sh", "-c", script}, "", patience);
}

ErrorCode problemOf(RehearsalProcess&& process) {
    const auto plan = process.rehearse(detailed(), question());
    BOOST_REQUIRE(!plan.has_value());
    return plan.error().code;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rehearsal_process)

BOOST_AUTO_TEST_CASE(a_situation_says_the_same_once_it_was_text) {
    const auto text = toJson(detailed(), question()).dump();
    const auto again = what_if::askedSituationFrom(json::parse(text));
    BOOST_REQUIRE_MESSAGE(again, (again ? "" : again.error().message));
    BOOST_TEST(toJson(again->situation, again->question).dump() == text);
}

BOOST_AUTO_TEST_CASE(the_other_process_plans_as_this_one_would) {
    const auto situation = detailed();
    Question one{base::ServerName("server01"), {}};
    const auto here = what_if::rehearse(situation, one.server, one.failures);
    BOOST_REQUIRE(here.has_value());
    const json input{{"configuration", "text of the configuration"}, {"situation", toJson(situation, one)}};
    std::string given;
    const auto there = json::parse(what_if::rehearsalAnswer(input.dump(), [&](const std::string& text) {
        given = text;
        return base::Result<engine::Inventory>(situation.inventory);
    }));
    BOOST_TEST(given == "text of the configuration");
    BOOST_TEST(there["plan"].dump() == toJson(*here).dump());
}

BOOST_AUTO_TEST_CASE(the_process_gets_the_question_and_its_answer_of_any_size_comes_back) {
    auto echoed = shell(R"(printf '{"plan":'; cat; printf '}')").rehearse(detailed(), question());
    BOOST_REQUIRE(echoed.has_value());
    BOOST_TEST((*echoed)["situation"].dump() == toJson(detailed(), question()).dump());
    const auto large = shell(R"(printf '{"plan":"'; head -c 1000000 /dev/zero | tr '\0' x; printf '"}')")
                           .rehearse(detailed(), question());
    BOOST_REQUIRE(large.has_value());
    BOOST_TEST(large->get<std::string>().size() == 1'000'000u);
}

BOOST_AUTO_TEST_CASE(its_refusal_is_handed_on) {
    BOOST_TEST((problemOf(shell(R"(echo '{"error":{"code":"not_found","message":"there is none"}}')")) ==
                ErrorCode::NotFound));
}

BOOST_AUTO_TEST_CASE(one_that_breaks_down_breaks_down_alone) {
    BOOST_TEST((problemOf(shell("exit 7")) == ErrorCode::Internal));
    BOOST_TEST((problemOf(shell("kill -SEGV $$")) == ErrorCode::Internal));
    BOOST_TEST((problemOf(shell("echo nonsense")) == ErrorCode::Internal));
    BOOST_TEST(
        (problemOf(RehearsalProcess({"/nonexistent/program"}, "", std::chrono::seconds(60))) == ErrorCode::Internal));
}

BOOST_AUTO_TEST_CASE(one_that_does_not_end_is_ended) {
    BOOST_TEST((problemOf(shell("sleep 600", std::chrono::milliseconds(100))) == ErrorCode::TimedOut));
}

BOOST_AUTO_TEST_SUITE_END()
