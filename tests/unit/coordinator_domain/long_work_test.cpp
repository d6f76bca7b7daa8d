#include <boost/test/unit_test.hpp>

#include "coordinator/domain/decide.hpp"
#include "coordinator/domain/recover.hpp"
#include "coordinator/domain/step_report.hpp"

using namespace standin::domain;
using standin::base::AgentName;
using standin::base::ErrorCode;
using standin::base::ServerName;
using standin::base::SpareName;
using standin::base::StandInName;
using standin::base::WallTime;
using namespace std::chrono_literals;

namespace {

const WallTime begun = WallTime(std::chrono::hours(480000));

Observation ofServer01() {
    Observation observation;
    observation.server.name = ServerName("server01");
    return observation;
}

/// A failover whose spare is being restored since `begun`, and whose latest attempts were refused with `error`.
Operation restoring(ErrorCode error, unsigned refusals) {
    Operation operation;
    operation.id = 17;
    operation.state = State::PreparingSpare;
    operation.server = ServerName("server01");
    operation.stand_in = StandInName("server01-1");
    operation.spare = SpareName("spare01");
    operation.job_runs = true;
    for (const auto done : {StepName::LeaseSpare, StepName::PowerOffSpare, StepName::ReleaseSpare})
        operation.at({done, "spare01"}).state = StepState::Done;
    Step& restore = operation.at({StepName::RestoreSpare, "spare01"});
    restore.state = StepState::Running;
    restore.attempts = 9;  // of which others were not answered
    restore.first_started = restore.patience_from = restore.started = begun;
    for (unsigned i = 0; i < refusals; ++i)
        applyReport(operation, restore.id, StepReport::failed(error, "no"), begun + i * 1s);
    return operation;
}

/// A prepare whose stand-in is being made since `begun`; asked after for the last time at `ended`.
Operation making(StepState state, unsigned attempts, WallTime ended) {
    Operation operation;
    operation.id = 17;
    operation.kind = OperationKind::Prepare;
    operation.state = State::MakingStandIn;
    operation.server = ServerName("server01");
    operation.new_stand_in = StandInName("server01-17");
    Step& make = operation.at({StepName::MakeStandIn, "server01-17"});
    make.state = state;
    make.attempts = attempts;
    make.first_started = make.patience_from = begun;
    make.started = make.ended = ended;
    make.error = ErrorCode::Unreachable;
    make.message = "vmhost1 is not reachable";
    return operation;
}

void finishTelling(Operation& operation) {
    operation.at({StepName::TellOperator, "silent_store1"}).state = StepState::Done;
}

/// The restore's attempts end at `moments` without an answer.
Operation unanswered(Operation operation, std::initializer_list<WallTime> moments) {
    for (const auto moment : moments) {
        Step& restore = operation.at({StepName::RestoreSpare, "spare01"});
        restore.state = StepState::Running;
        applyReport(operation, restore.id, StepReport::failed(ErrorCode::Unreachable, "store1 is not reachable"),
                    moment);
    }
    return operation;
}

Observation withStore() {
    auto observation = ofServer01();
    observation.server.image_store = AgentName("store1");
    observation.leased = {SpareName("spare01")};
    return observation;
}

/// What a decision at `now` tells the operator of the store's silence; empty: nothing.
std::string toldOfSilence(Operation& operation, WallTime now) {
    auto decision = decide(operation, withStore(), now);
    operation = std::move(decision.after);
    const Step* telling = operation.find(StepName::TellOperator, "silent_store1");
    if (telling == nullptr || telling->state != StepState::Running) return {};
    finishTelling(operation);
    return operation.notes.back().sentence + "; " + operation.notes.back().cure;
}

State after(StepState state, unsigned attempts, WallTime ended) {
    return decide(making(state, attempts, ended), ofServer01(), ended).after.state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(long_work)

BOOST_AUTO_TEST_CASE(a_stand_in_whose_vm_host_is_not_heard_of_is_given_up_after_minutes) {
    for (const auto state : {StepState::Failed, StepState::Unknown}) {
        BOOST_TEST((after(state, 59, begun + 5min) == State::MakingStandIn));
        BOOST_TEST((after(state, 60, begun + 5min) == State::DiscardingStandIn));
    }
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_is_being_made_is_waited_for_however_often_its_vm_host_was_away) {
    BOOST_TEST((after(StepState::Polling, 60, begun + 5h) == State::MakingStandIn));
    BOOST_TEST((after(StepState::Polling, 1, begun + 6h) == State::DiscardingStandIn));
}

BOOST_AUTO_TEST_CASE(a_vm_host_that_is_away_is_asked_less_and_less_often) {
    const auto asked = [](unsigned attempts, std::chrono::milliseconds since) {
        const auto decision =
            decide(making(StepState::Failed, attempts, begun + 1min), ofServer01(), begun + 1min + since);
        return std::holds_alternative<Start>(decision.action);
    };
    BOOST_TEST(asked(1, 500ms));
    BOOST_TEST(!asked(2, 500ms));
    BOOST_TEST(!asked(20, 4999ms));
    BOOST_TEST(asked(20, 5s));
}

BOOST_AUTO_TEST_CASE(
    a_restore_that_is_refused_for_a_reason_that_may_pass_is_tried_again_and_for_one_that_stays_is_not) {
    const auto given_up = [](ErrorCode error, unsigned refusals) {
        const auto decision = decide(restoring(error, refusals), withStore(), begun + 10s);
        return decision.after.state != State::PreparingSpare;
    };
    for (const auto busy : {ErrorCode::Refused, ErrorCode::Conflict, ErrorCode::WrongState, ErrorCode::Internal}) {
        BOOST_TEST(!given_up(busy, 5));
        BOOST_TEST(given_up(busy, 6));
    }
    for (const auto stays : {ErrorCode::InvalidInput, ErrorCode::NotFound, ErrorCode::Corrupt, ErrorCode::Unsupported})
        BOOST_TEST(given_up(stays, 1));
}

BOOST_AUTO_TEST_CASE(an_image_store_that_is_silent_for_minutes_is_told_once_with_the_cure_and_waited_for_on) {
    auto operation = unanswered(restoring(ErrorCode::Refused, 0), {begun + 1s, begun + 4min});
    BOOST_TEST(toldOfSilence(operation, begun + 4min) == "");
    operation = unanswered(operation, {begun + 5min + 1s});
    const auto told = toldOfSilence(operation, begun + 5min + 1s);
    BOOST_TEST(told.find("'store1' has neither answered nor confirmed anything for 5 minutes") != std::string::npos,
               told);
    BOOST_TEST(told.find("see that agent 'store1' runs") != std::string::npos, told);
    operation = unanswered(operation, {begun + 30min, begun + 11h});
    BOOST_TEST(toldOfSilence(operation, begun + 11h) == "");
    BOOST_TEST((operation.state == State::PreparingSpare));
}

BOOST_AUTO_TEST_CASE(an_answer_ends_a_silence_and_the_next_one_is_told_again) {
    auto operation = unanswered(restoring(ErrorCode::Refused, 0), {begun, begun + 5min});
    BOOST_TEST(toldOfSilence(operation, begun + 5min) != "");
    applyReport(operation, {StepName::RestoreSpare, "spare01"}, StepReport::pending("it is being written", 10),
                begun + 6min);
    operation = unanswered(operation, {begun + 7min, begun + 11min});
    BOOST_TEST(toldOfSilence(operation, begun + 11min) == "");
    operation = unanswered(operation, {begun + 12min});
    BOOST_TEST(toldOfSilence(operation, begun + 12min) != "");
}

BOOST_AUTO_TEST_CASE(nobody_was_silent_while_no_coordinator_was_there_to_ask) {
    auto operation = unanswered(restoring(ErrorCode::Refused, 0), {begun});
    recover(operation, Observation{}, begun + 2h);
    operation = unanswered(operation, {begun + 2h + 4min});
    BOOST_TEST(toldOfSilence(operation, begun + 2h + 4min) == "");
    operation = unanswered(operation, {begun + 2h + 5min});
    BOOST_TEST(toldOfSilence(operation, begun + 2h + 5min) != "");
}

BOOST_AUTO_TEST_SUITE_END()
