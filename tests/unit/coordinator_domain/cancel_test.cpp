// A failover is taken back: when it may be, and what is undone.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "coordinator/domain/cancel/cancel_phase.hpp"
#include "coordinator/domain/decide.hpp"
#include "coordinator/domain/outcome.hpp"
#include "coordinator/domain/step_report.hpp"

using namespace standin::domain;
using namespace std::chrono_literals;
using standin::base::ErrorCode;
using standin::base::WallTime;

namespace {

const WallTime cancel_morning = WallTime(std::chrono::hours(500'000));
const StepId port_step{StepName::FencePort, "server01"};
const StepId unfence_step{StepName::UnfencePort, "server01"};
const StepId resume_step{StepName::ResumeStandIn, "server01-1"};
const StepId rest_step{StepName::RestStandIn, "server01-1"};

struct Cancellation {
    Cancellation() {
        observation.server.name = standin::base::ServerName("server01");
        observation.server.switch_agent = standin::base::AgentName("switch1");
        observation.server.evidence.policy = EvidencePolicy::Trap;  // these are about what comes after the evidence
        failover.id = 17;
        failover.server = observation.server.name;
        failover.stand_in = standin::base::StandInName("server01-1");
        failover.opened_at = failover.failure_at = cancel_morning;
    }
    /// Fence and resumption have begun; the power follows the resumption.
    void begin() {
        decideOn(failover, observation, cancel_morning);
        BOOST_REQUIRE(failover.find(port_step) != nullptr);
        BOOST_REQUIRE(failover.find(resume_step) != nullptr);
    }
    void ends(const StepId& step, const StepReport& report) {
        applyReport(failover, step, report, cancel_morning + 1s);
    }
    void cancels() {
        BOOST_REQUIRE(cancel::mayCancel(failover).has_value());
        auto decision = accept(failover, Event::OperatorCancels, "cancelled by operator ada", cancel_morning + 1s);
        BOOST_REQUIRE(decision.has_value());
        failover = decision->after;
    }
    Verdict decide(std::chrono::seconds later) { return decideOn(failover, observation, cancel_morning + later); }
    [[nodiscard]] std::string refusal() const {
        const auto may = cancel::mayCancel(failover);
        return may ? "" : may.error().message;
    }
    [[nodiscard]] bool isRunning(const StepId& step) const {
        const Step* found = failover.find(step);
        return found != nullptr && found->state == StepState::Running;
    }
    [[nodiscard]] std::string endNote() const {
        const auto found = std::find_if(failover.notes.begin(), failover.notes.end(),
                                        [](const Note& note) { return note.topic == "cancelled"; });
        return found == failover.notes.end() ? "" : found->sentence;
    }

    Observation observation;
    Operation failover;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(cancelling)

BOOST_FIXTURE_TEST_CASE(what_waits_is_cancelled_with_nothing_left_behind, Cancellation) {
    observation.site.frozen = "operator ada";
    decide(0s);
    cancels();
    decide(2s);
    BOOST_TEST((failover.state == State::Cancelled));
    BOOST_TEST(!isOpen(failover));
    BOOST_TEST(failover.find(unfence_step) == nullptr);
    BOOST_TEST(endNote().find("nothing was fenced") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_fenced_port_gets_its_segment_again_and_the_stand_in_is_suspended, Cancellation) {
    begin();
    ends(port_step, StepReport::done("off"));
    cancels();
    decide(2s);
    BOOST_TEST(isRunning(unfence_step));
    BOOST_TEST(isRunning(rest_step));
    ends(unfence_step, StepReport::done("again"));
    ends(rest_step, StepReport::done("suspended"));
    decide(3s);
    BOOST_TEST((failover.state == State::Cancelling));  // the resumption is still under way
    ends(resume_step, StepReport::done("answers"));
    decide(4s);
    BOOST_TEST((failover.state == State::Cancelled));
    BOOST_TEST(endNote().find("has it again") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(power_that_may_be_cut_cannot_be_taken_back, Cancellation) {
    observation.server.fence_always = true;
    begin();
    ends(port_step, StepReport::done("off"));
    ends(resume_step, StepReport::failed(ErrorCode::Unreachable, "no answer"));
    decide(1s);
    BOOST_REQUIRE(failover.find(StepName::FencePower, "server01") != nullptr);
    BOOST_TEST(refusal().find("power of its server was cut") != std::string::npos);
    BOOST_TEST(refusal().find("standinctl returned server01") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(it_is_refused_with_the_reason_later, Cancellation) {
    begin();
    failover.at({StepName::GiveSegment, "server01-1"}).attempts = 1;
    BOOST_TEST(refusal().find("the segment was given") != std::string::npos);
    Operation prepare;
    prepare.kind = OperationKind::Prepare;
    BOOST_TEST(!cancel::mayCancel(prepare).has_value());
    failover = {};
    failover.state = State::Succeeded;
    BOOST_TEST(refusal().find("it is Succeeded") != std::string::npos);
    failover.state = State::NeedsOperator;
    failover.spare = standin::base::SpareName("spare01");
    failover.at({StepName::RestoreSpare, "spare01"}).attempts = 1;
    BOOST_TEST(refusal().find("is being written") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_switch_that_does_not_answer_calls_the_operator_and_it_is_cancelled_again, Cancellation) {
    begin();
    ends(port_step, StepReport::done("off"));
    ends(resume_step, StepReport::done("answers"));
    cancels();
    decide(2s);
    ends(rest_step, StepReport::done("suspended"));
    ends(unfence_step, StepReport::failed(ErrorCode::Unreachable, "no answer"));
    decide(1200s);
    BOOST_TEST((failover.state == State::NeedsOperator));
    BOOST_TEST(failover.cure.find("operation cancel 17") != std::string::npos);
    // A retry begins with the fence: the order that undid it may have come true.
    BOOST_TEST((failover.find(port_step)->state == StepState::Planned));
    cancels();
    decide(1201s);
    BOOST_TEST(isRunning(unfence_step));
}

BOOST_FIXTURE_TEST_CASE(afterwards_the_server_has_its_job_and_its_stand_in_is_ready_only_if_it_is_suspended,
                        Cancellation) {
    ServerRecord before;
    before.row.emplace();
    before.row->server = failover.server;
    before.row->stand_in = failover.stand_in;
    before.placement.on = Placement::On::Nobody;
    before.placement.writes = {{HeldWrites::By::Server, "server01", {}, cancel_morning, false}};
    failover.spare = standin::base::SpareName("spare01");
    failover.state = State::Cancelled;
    const Change undone{State::Cancelling, State::Cancelled, Event::Undone, "cancelled"};
    auto outcome = outcomeOf(failover, undone, observation.server, before);
    BOOST_REQUIRE(outcome.placement && outcome.row);
    BOOST_TEST((outcome.placement->on == Placement::On::Server));
    BOOST_TEST(outcome.placement->writes.empty());
    BOOST_TEST(outcome.row->standin_ready);
    BOOST_TEST(outcome.released.size() == 1U);
    failover.at(resume_step).attempts = 1;
    outcome = outcomeOf(failover, undone, observation.server, before);
    BOOST_TEST(!outcome.row->standin_ready);
    failover.at(rest_step).state = StepState::Done;
    outcome = outcomeOf(failover, undone, observation.server, before);
    BOOST_TEST(outcome.row->standin_ready);
}

BOOST_AUTO_TEST_SUITE_END()
