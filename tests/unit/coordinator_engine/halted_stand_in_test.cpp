// A stand-in whose guest has stopped: its VM host says so, and nobody waits for its answer.
#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using protocol::StandInState;

namespace {

constexpr auto words =
    "its guest has stopped: QEMU has stopped it (internal-error); QEMU's last words: 'KVM internal "
    "error. Suberror: 1; emulation failure'";

/// Stand-ins stop by themselves, in `state`, as soon as they are to run.
void stopWhenRun(Lab& lab, StandInState state) {
    lab.after_effect = [&lab, state](const std::string& verb, const std::string& name) {
        if (verb != "stand_in.running") return;
        auto& told = lab.world.standIn(name)->stand_in;
        told.state = state;
        told.problem = words;
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stopped_guests)

BOOST_AUTO_TEST_CASE(a_takeover_takes_the_cold_path_at_once_with_the_vm_hosts_words) {
    for (const auto state : {StandInState::Halted, StandInState::OutOfSpace, StandInState::Stopped}) {
        Lab lab;
        stopWhenRun(lab, state);
        const auto operation = lab.failAndRun();
        BOOST_TEST(stateOf(operation) == "Succeeded", operation.why);
        BOOST_TEST(lab.told(words));
        const auto* resume = operation.find(domain::StepName::ResumeStandIn, operation.stand_in.text());
        BOOST_REQUIRE(resume != nullptr);
        BOOST_TEST((resume->state == domain::StepState::Failed));
        BOOST_TEST(resume->attempts == 1u);
        BOOST_TEST(resume->duration_ms < 1000);  // answer_within is many times that
        BOOST_TEST(lab.owner() == "spare");
    }
}

BOOST_AUTO_TEST_CASE(a_stand_in_whose_state_nobody_can_tell_is_asked_until_the_deadline) {
    Lab lab;
    stopWhenRun(lab, StandInState::Unknown);
    lab.disturb("stand_in.get", Mishap::Lost);
    const auto operation = lab.failAndRun();
    const auto* resume = operation.find(domain::StepName::ResumeStandIn, operation.stand_in.text());
    BOOST_REQUIRE(resume != nullptr);
    BOOST_TEST(resume->message.find("did not answer within") != std::string::npos, resume->message);
}

BOOST_AUTO_TEST_CASE(a_handover_does_not_wait_for_a_stand_in_that_has_stopped) {
    Lab lab;
    lab.guest().unanswered = 1;
    lab.after_effect = [&lab](const std::string& verb, const std::string&) {
        if (verb != "hold.holding") return;
        auto& told = lab.guest().stand_in;
        told.state = StandInState::Halted;
        told.problem = words;
    };
    const auto operation = lab.failAndRun();
    BOOST_TEST(stateOf(operation) == "Succeeded", operation.why);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST(lab.told("has stopped"));
    const auto* drain = operation.find(domain::StepName::DrainStandIn, operation.stand_in.text());
    BOOST_REQUIRE(drain != nullptr);
    BOOST_TEST(drain->duration_ms < 5000);  // drain_within is many times that
}

BOOST_AUTO_TEST_CASE(a_prepare_whose_guest_stops_ends_at_once_with_the_vm_hosts_words) {
    Lab lab(labConfig({.is_protected = false}));
    stopWhenRun(lab, StandInState::Halted);
    const auto begun = lab.now();
    lab.protectAll();
    const auto operation = lab.last();
    BOOST_TEST(stateOf(operation) == "Failed");
    BOOST_TEST(operation.why.find(words) != std::string::npos, operation.why);
    BOOST_TEST((lab.now() - begun < std::chrono::seconds(30)));
    BOOST_TEST(lab.guests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
