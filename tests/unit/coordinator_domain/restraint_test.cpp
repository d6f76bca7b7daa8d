// Freeze and brake: what they keep from beginning, and what lets it through.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "coordinator/domain/decide.hpp"
#include "coordinator/domain/restraint/brake.hpp"
#include "coordinator/domain/restraint/restrain.hpp"
#include "coordinator/domain/step_report.hpp"

using namespace standin::domain;
using namespace std::chrono_literals;
using standin::base::WallTime;

namespace {

const WallTime freeze_noon = WallTime(std::chrono::hours(500'000));

struct Restrained {
    Restrained() {
        observation.server.name = standin::base::ServerName("server01");
        observation.server.switch_agent = standin::base::AgentName("switch1");
        failover.id = 17;
        failover.server = observation.server.name;
        failover.stand_in = standin::base::StandInName("server01-1");
        failover.opened_at = failover.failure_at = freeze_noon;
        observation.server.evidence.policy = EvidencePolicy::Trap;  // these are about what comes after the evidence
        observation.spares = {standin::base::SpareName("spare01")};
    }
    Verdict decide(WallTime now) { return decideOn(failover, observation, now); }
    [[nodiscard]] bool hasBegun(StepName step) const {
        return std::any_of(failover.steps.begin(), failover.steps.end(),
                           [step](const Step& one) { return one.id.name == step && one.attempts > 0; });
    }
    [[nodiscard]] const Note* note(const std::string& topic) const {
        const auto found = std::find_if(failover.notes.begin(), failover.notes.end(),
                                        [&](const Note& one) { return one.topic == topic; });
        return found == failover.notes.end() ? nullptr : &*found;
    }
    void confirmPower() { confirmPowerFence(failover, "operator ada", freeze_noon); }

    Observation observation;
    Operation failover;
};

std::vector<Passed> passesBefore(std::initializer_list<std::chrono::seconds> before, const std::string& rack = "r1") {
    std::vector<Passed> passed;
    for (const auto ago : before) passed.push_back({freeze_noon - ago, rack, passed.size() + 1});
    return passed;
}

using Bites = BrakeVerdict::Scope;

}  // namespace

BOOST_AUTO_TEST_SUITE(restraints)

BOOST_AUTO_TEST_CASE(the_larger_of_a_number_and_a_share_is_the_limit) {
    BOOST_TEST(limitOf({}, 5) == 3U);
    BOOST_TEST(limitOf({}, 200) == 20U);
    BOOST_TEST(limitOf({.failovers = 2, .percent = 0}, 1000) == 2U);
}

BOOST_AUTO_TEST_CASE(the_brake_bites_at_the_limit_of_the_site_or_of_the_rack) {
    const BrakeScope few{4, "r1", 2};
    BOOST_TEST((judgeBrake(passesBefore({1s, 2s}), few, {}, freeze_noon).bites == Bites::None));
    BOOST_TEST((judgeBrake(passesBefore({1s, 2s, 3s}), few, {}, freeze_noon).bites == Bites::Site));
    const BrakeScope many{200, "r1", 10};
    BOOST_TEST((judgeBrake(passesBefore({1s, 2s, 3s}), many, {}, freeze_noon).bites == Bites::Rack));
    BOOST_TEST((judgeBrake(passesBefore({1s, 2s, 3s}, "r2"), many, {}, freeze_noon).bites == Bites::None));
    BOOST_TEST((judgeBrake(passesBefore({1s, 2s, 3s}, ""), {200, "", 0}, {}, freeze_noon).bites == Bites::None));
}

BOOST_AUTO_TEST_CASE(what_passed_longer_ago_than_the_time_does_not_count) {
    const BrakeScope few{4, "r1", 2};
    BOOST_TEST((judgeBrake(passesBefore({60s, 2s, 3s}), few, {}, freeze_noon).bites == Bites::None));
    BOOST_TEST((judgeBrake(passesBefore({59s, 2s, 3s}), few, {}, freeze_noon).bites == Bites::Site));
}

BOOST_AUTO_TEST_CASE(only_both_signs_together_are_positive_evidence) {
    BOOST_TEST(!isPositive({}));
    BOOST_TEST(!isPositive({.carrier_lost = true}));
    BOOST_TEST(!isPositive({.power_off = true}));
    BOOST_TEST(isPositive({.carrier_lost = true, .power_off = true}));
}

BOOST_AUTO_TEST_CASE(the_coordinator_asks_whether_it_is_ill_itself) {
    BOOST_TEST(selfDoubt({}).empty());
    BOOST_TEST(selfDoubt({4, 0, 3, 1, "switch1"}).empty());
    BOOST_TEST(selfDoubt({4, 4, 0, 0, "switch1"}).find("this coordinator") != std::string::npos);
    BOOST_TEST(selfDoubt({.agents = 4, .silent_agents = 0, .jobs = 3, .silent_jobs = 3, .switch_agent = "switch1"})
                   .find("switch1") != std::string::npos);
    BOOST_TEST(selfDoubt({4, 1, 0, 0, "switch1"}).find("1 of 4 agents") != std::string::npos);
    BOOST_TEST(selfDoubt({0, 0, 1, 1, "switch1"}).empty());  // one job says nothing about a switch
}

BOOST_FIXTURE_TEST_CASE(a_frozen_failover_begins_nothing_and_says_why, Restrained) {
    observation.site.frozen = "operator ada since then: power work";
    decide(freeze_noon);
    BOOST_TEST((failover.state == State::TakingOver));
    BOOST_TEST((failover.restraint.by == Restraint::By::Freeze));
    BOOST_TEST(!hasBegun(StepName::FencePort));
    BOOST_TEST(!hasBegun(StepName::FencePower));
    BOOST_TEST(!hasBegun(StepName::ResumeStandIn));
    BOOST_TEST(!failover.brake_pass.given());
    BOOST_REQUIRE(note("restrained") != nullptr);
    BOOST_TEST(note("restrained")->sentence.find("power work") != std::string::npos);
    BOOST_TEST(note("restrained")->cure.find("standinctl freeze off") != std::string::npos);
    BOOST_TEST(failover.cure.find("operation cancel 17") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(after_the_freeze_it_goes_on_with_its_whole_patience, Restrained) {
    decide(freeze_noon);
    const StepId port{StepName::FencePort, "server01"};
    BOOST_REQUIRE(hasBegun(StepName::FencePort));
    observation.site.frozen = "operator ada";
    applyReport(failover, port, StepReport::failed(standin::base::ErrorCode::Unreachable, "no answer"),
                freeze_noon + 1s);
    decide(freeze_noon + 1s);
    decide(freeze_noon + 1h);
    BOOST_TEST(failover.find(port)->attempts == 1U);
    BOOST_TEST((failover.state == State::TakingOver));  // the patience of 30 s has not run out meanwhile
    BOOST_TEST(note("restrained")->sentence.find("fenced already") != std::string::npos);
    observation.site.frozen.clear();
    decide(freeze_noon + 2h);
    BOOST_TEST((failover.state == State::TakingOver));
    BOOST_TEST(failover.find(port)->attempts == 2U);
    BOOST_TEST(failover.cure.empty());
}

BOOST_FIXTURE_TEST_CASE(a_failover_that_waits_is_reported_again_at_intervals, Restrained) {
    observation.site.frozen = "operator ada";
    decide(freeze_noon);
    const StepId told{StepName::TellOperator, "restrained"};
    applyReport(failover, told, StepReport::done("told"), freeze_noon);
    const auto quiet = decide(freeze_noon + restraint::remind_every - 1s);
    BOOST_REQUIRE(std::holds_alternative<Wait>(quiet.action));
    BOOST_TEST((std::get<Wait>(quiet.action).until == freeze_noon + restraint::remind_every));
    decide(freeze_noon + restraint::remind_every);
    BOOST_TEST(failover.find(told)->attempts == 2U);
    BOOST_TEST(note("restrained")->sentence.find("still waits") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_gives_its_segment_is_not_kept_back, Restrained) {
    failover.state = State::GivingSegment;
    failover.at({StepName::GiveSegment, "server01-1"}).attempts = 1;
    BOOST_TEST(!restraint::mayBeRestrained(failover));
    Operation refresh;
    refresh.kind = OperationKind::Refresh;
    refresh.state = State::StoppingServer;
    BOOST_TEST(restraint::mayBeRestrained(refresh));
    refresh.at({StepName::StopServer, "server01"}).attempts = 1;
    BOOST_TEST(!restraint::mayBeRestrained(refresh));  // it switches the server on again
}

BOOST_FIXTURE_TEST_CASE(a_braked_failover_waits_until_it_is_released_even_when_the_brake_would_not_bite_any_more,
                        Restrained) {
    observation.site.braked = "3 failovers of the site";
    observation.site.cure = "standinctl brake release";
    decide(freeze_noon);
    BOOST_TEST((failover.restraint.by == Restraint::By::Brake));
    BOOST_TEST(!hasBegun(StepName::FencePort));
    observation.site = {};
    decide(freeze_noon + 1h);
    BOOST_TEST(!hasBegun(StepName::FencePort));
    observation.site.released = "operator ada";
    decide(freeze_noon + 2h);
    BOOST_TEST(hasBegun(StepName::FencePort));
    BOOST_TEST(failover.brake_pass.why == "released by operator ada");
    BOOST_TEST((failover.restraint.by == Restraint::By::Nobody));
}

BOOST_FIXTURE_TEST_CASE(power_that_a_person_has_seen_as_off_is_half_of_the_evidence, Restrained) {
    observation.site.braked = "3 failovers of the site";
    decide(freeze_noon);
    confirmPower();
    BOOST_TEST(restraint::evidenceOf(failover).power_off);
    decide(freeze_noon + 1s);
    BOOST_TEST((failover.restraint.by == Restraint::By::Brake));  // whether the carrier is lost is not known (rule 6)
}

BOOST_FIXTURE_TEST_CASE(a_released_failover_of_a_frozen_site_waits_for_the_end_of_the_freeze, Restrained) {
    observation.site.braked = "3 failovers of the site";
    decide(freeze_noon);
    observation.site = {"operator ada", "", "", "operator bob"};
    decide(freeze_noon + 1s);
    BOOST_TEST(failover.brake_pass.given());
    BOOST_TEST((failover.restraint.by == Restraint::By::Freeze));
    BOOST_TEST(!hasBegun(StepName::FencePort));
    observation.site = {};
    decide(freeze_noon + 2s);
    BOOST_TEST(hasBegun(StepName::FencePort));
}

BOOST_FIXTURE_TEST_CASE(one_that_has_begun_to_fence_needs_no_release, Restrained) {
    decide(freeze_noon);
    BOOST_TEST(hasBegun(StepName::FencePort));
    BOOST_TEST(failover.brake_pass.given());
    failover.brake_pass = {};  // as journals of earlier programs have it
    observation.site.braked = "3 failovers of the site";
    decide(freeze_noon + 1s);
    BOOST_TEST((failover.restraint.by == Restraint::By::Nobody));
}

BOOST_AUTO_TEST_SUITE_END()
