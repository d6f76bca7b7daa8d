#include <boost/test/unit_test.hpp>

#include "coordinator/domain/decide.hpp"
#include "coordinator/domain/evidence/answer_times.hpp"
#include "coordinator/domain/evidence/judge.hpp"
#include "coordinator/domain/outcome.hpp"
#include "coordinator/domain/recover.hpp"
#include "coordinator/domain/step_report.hpp"

using namespace standin::domain;
using namespace standin;
using namespace std::chrono_literals;
using Kind = Judgement::Kind;

namespace {

const base::WallTime reported_at = base::WallTime(std::chrono::hours(480000));

EvidenceRule ruleOf(EvidencePolicy policy, bool suspected = false) {
    return {policy, 3s, suspected, reported_at + 15s};
}

Evidence jobAnswers() {
    Evidence evidence;
    evidence.job = Evidence::Job::Answers;
    evidence.job_answered_after_ms = 1.2;
    return evidence;
}

Evidence jobSilent(std::chrono::milliseconds silent_for = 250ms) {
    Evidence evidence;
    evidence.job = Evidence::Job::Silent;
    evidence.job_silent_for = silent_for;
    return evidence;
}

Evidence with(Evidence evidence, Evidence::Carrier carrier, Evidence::Frames frames = Evidence::Frames::Unknown) {
    evidence.carrier = carrier;
    evidence.frames = frames;
    return evidence;
}

Evidence with(Evidence evidence, Evidence::Power power) {
    evidence.power = power;
    return evidence;
}

constexpr auto lost = Evidence::Carrier::Lost;
constexpr auto there = Evidence::Carrier::There;

void checkEach(EvidencePolicy policy, bool suspected, const std::vector<std::pair<Evidence, Kind>>& cases) {
    for (const auto& [evidence, kind] : cases) {
        const auto judgement = judge(evidence, ruleOf(policy, suspected), reported_at + 1s);
        BOOST_TEST((judgement.kind == kind), nameOf(policy) << ": " << describe(evidence) << ": " << judgement.by);
    }
}

// What follows judges a failover by the outcomes of its steps.

Observation aServer() {
    Observation observation;
    observation.server.name = base::ServerName("server01");
    observation.server.request_holder = base::AgentName("holder1");
    observation.server.holder_ports.back = base::PortName("h1b");
    observation.spares = {base::SpareName("spare01")};
    return observation;
}

Operation reported() {
    Operation operation;
    operation.id = 17;
    operation.server = base::ServerName("server01");
    operation.stand_in = base::StandInName("server01-1");
    operation.image = base::ImageId("image-1");
    operation.asked_by = "trap 17";
    operation.failure = "power";
    operation.cause = "its power was lost";
    operation.failure_at = reported_at;
    return operation;
}

void report(Operation& operation, StepName step, StepReport report, base::WallTime ended) {
    applyReport(operation, {step, subjectOf(operation, step)}, report, ended);
}

StepReport found(Finding finding, std::map<std::string, double> phases_ms = {}) {
    auto report = StepReport::pending("");
    report.finding = finding;
    report.phases_ms = std::move(phases_ms);
    return report;
}

bool wants(const Decision& decision, StepName name) {
    const auto* start = std::get_if<Start>(&decision.action);
    return start != nullptr && std::any_of(start->steps.begin(), start->steps.end(),
                                           [name](const auto& step) { return step.id.name == name; });
}

bool fenced(const Operation& operation) {
    return operation.find(StepName::FencePort, "server01") != nullptr ||
           operation.find(StepName::FencePower, "server01") != nullptr;
}

Decision verifying(const Observation& seen = aServer()) {
    return decide(reported(), seen, reported_at);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(evidence)

BOOST_AUTO_TEST_CASE(under_policy_silence_job_and_wire_have_to_be_silent_or_the_carrier_lost) {
    checkEach(EvidencePolicy::Silence, false,
              {{{}, Kind::Undecided},
               {jobAnswers(), Kind::Refuted},
               {jobSilent(), Kind::Undecided},
               {with(jobSilent(), there), Kind::Undecided},
               {with(jobSilent(), there, Evidence::Frames::Seen), Kind::Undecided},
               {with(jobSilent(), there, Evidence::Frames::None), Kind::Confirmed},
               {with({}, there, Evidence::Frames::None), Kind::Undecided},
               {with({}, lost), Kind::Confirmed},
               {with({}, Evidence::Power::IsOff), Kind::Undecided},
               {with({}, Evidence::Power::IsOn), Kind::Undecided}});
}

BOOST_AUTO_TEST_CASE(a_job_that_answers_outweighs_what_a_bmc_says_but_not_a_port_without_carrier) {
    for (const auto policy : {EvidencePolicy::Silence, EvidencePolicy::Power}) {
        checkEach(policy, false,
                  {{with(jobAnswers(), Evidence::Power::IsOff), Kind::Refuted},
                   {with(with(jobAnswers(), lost), Evidence::Power::IsOff), Kind::Confirmed}});
    }
    checkEach(EvidencePolicy::Silence, false, {{with(jobAnswers(), lost), Kind::Confirmed}});
}

BOOST_AUTO_TEST_CASE(a_bmc_that_reads_as_off_is_not_believed_against_a_port_that_receives_frames) {
    for (const auto policy : {EvidencePolicy::Silence, EvidencePolicy::Power}) {
        const auto off = [](const Evidence& evidence) { return with(evidence, Evidence::Power::IsOff); };
        checkEach(policy, false,
                  {{off({}), Kind::Undecided},  // nobody else could be asked
                   {off(with({}, there, Evidence::Frames::Seen)), Kind::Undecided},
                   {off(with({}, there)), Kind::Undecided},  // the port was read once
                   {off(with({}, there, Evidence::Frames::None)), Kind::Confirmed},
                   {off(with(jobSilent(), there)), Kind::Confirmed},
                   {off(with({}, lost)), Kind::Confirmed}});
    }
}

BOOST_AUTO_TEST_CASE(a_job_that_is_silent_for_long_has_failed_although_its_machine_sends_frames) {
    checkEach(EvidencePolicy::Silence, false,
              {{with(jobSilent(2999ms), there, Evidence::Frames::Seen), Kind::Undecided},
               {with(jobSilent(3000ms), there, Evidence::Frames::Seen), Kind::Confirmed}});
}

BOOST_AUTO_TEST_CASE(policy_power_wants_the_power_off_or_both_silent) {
    checkEach(EvidencePolicy::Power, false,
              {{with({}, lost), Kind::Undecided},
               {jobSilent(10s), Kind::Undecided},
               {with(jobSilent(), lost), Kind::Confirmed},
               {with(jobSilent(), there, Evidence::Frames::None), Kind::Confirmed},
               {with({}, Evidence::Power::IsOff), Kind::Undecided},
               {jobAnswers(), Kind::Refuted}});
}

BOOST_AUTO_TEST_CASE(policy_trap_asks_nobody_and_policy_operator_believes_nobody_but_a_job_that_answers) {
    checkEach(EvidencePolicy::Trap, false, {{{}, Kind::Confirmed}, {jobAnswers(), Kind::Confirmed}});
    checkEach(
        EvidencePolicy::Operator, false,
        {{with(with(jobSilent(10s), lost), Evidence::Power::IsOff), Kind::Undecided}, {jobAnswers(), Kind::Refuted}});
}

BOOST_AUTO_TEST_CASE(after_a_refutation_a_single_sign_suffices_and_a_message_alone_does_not) {
    checkEach(EvidencePolicy::Silence, true,
              {{{}, Kind::Undecided},
               {with({}, there), Kind::Undecided},
               {jobSilent(), Kind::Confirmed},
               {with({}, there, Evidence::Frames::None), Kind::Confirmed},
               {jobAnswers(), Kind::Refuted}});
    checkEach(EvidencePolicy::Power, true, {{with({}, lost), Kind::Confirmed}, {jobSilent(10s), Kind::Undecided}});
}

BOOST_AUTO_TEST_CASE(what_is_unknown_is_neither_silence_nor_life_and_is_not_waited_for_without_end) {
    const auto before = judge({}, ruleOf(EvidencePolicy::Silence), reported_at + 14s);
    BOOST_TEST((before.kind == Kind::Undecided && before.until == reported_at + 15s));
    const auto after = judge({}, ruleOf(EvidencePolicy::Silence), reported_at + 15s);
    BOOST_TEST((after.kind == Kind::Undecided && !after.until));
}

BOOST_AUTO_TEST_CASE(the_silence_window_is_the_usual_answer_time_within_its_limits) {
    const EvidenceSettings settings;
    AnswerTimes times;
    for (std::size_t i = 1; i < AnswerTimes::enough; ++i) times.note(20);
    BOOST_TEST((times.window(settings) == 250ms), "too few answers");
    times.note(20);
    BOOST_TEST((times.window(settings) == 20ms));
    for (int i = 0; i < 1899; ++i) times.note(19.5);
    times.note(80.2);
    BOOST_TEST((times.window(settings) == 20ms), "one of two thousand does not count");
    times.note(80.2);
    times.note(80.2);
    BOOST_TEST((times.window(settings) == 81ms));
    for (int i = 0; i < 3000; ++i) times.note(0.3);
    BOOST_TEST((times.window(settings) == 10ms));
    BOOST_TEST(times.known() == AnswerTimes::most_kept);
    for (int i = 0; i < 100; ++i) times.note(4000);
    BOOST_TEST((times.window(settings) == 250ms));
}

BOOST_AUTO_TEST_CASE(a_report_fences_nothing_while_evidence_is_gathered_and_the_stand_in_resumes) {
    const auto first = verifying();
    BOOST_TEST((first.after.state == State::Verifying));
    for (const auto step : {StepName::AskPort, StepName::AskJob, StepName::WakeStandIn})
        BOOST_TEST(wants(first, step), nameOf(step));
    BOOST_TEST(!first.after.confirmed);
    BOOST_TEST(!fenced(first.after));
}

BOOST_AUTO_TEST_CASE(a_port_without_carrier_confirms_the_failure_before_the_stand_in_runs) {
    auto operation = verifying().after;
    report(operation, StepName::AskPort, found(Finding::NoCarrier), reported_at + 2ms);
    const auto decision = decide(operation, aServer(), reported_at + 2ms);
    BOOST_TEST((decision.after.state == State::TakingOver));
    BOOST_TEST(wants(decision, StepName::FencePort));
    BOOST_TEST(wants(decision, StepName::ResumeStandIn));
    BOOST_TEST(decision.after.confirmed);
    BOOST_TEST(decision.after.why.find("carrier") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_job_that_answers_refutes_the_report_and_the_stand_in_is_suspended_again) {
    auto operation = verifying().after;
    report(operation, StepName::WakeStandIn, StepReport::done("runs"), reported_at + 1ms);
    auto answered = StepReport::done("answered");
    answered.finding = Finding::Answers;
    answered.phases_ms["answer"] = 1.2;
    report(operation, StepName::AskJob, answered, reported_at + 2ms);
    auto decision = decide(operation, aServer(), reported_at + 2ms);
    BOOST_TEST((decision.after.state == State::StandingDown));
    BOOST_TEST(wants(decision, StepName::RestStandIn));
    const auto& note = decision.after.notes.front();
    BOOST_TEST(note.sentence ==
               "trap 17 said of server 'server01': its power was lost; but its job answered 1.2 ms "
               "later: nothing was fenced");
    operation = decision.after;
    report(operation, StepName::RestStandIn, StepReport::done("suspended"), reported_at + 30ms);
    decision = decide(operation, aServer(), reported_at + 30ms);
    BOOST_TEST((decision.after.state == State::Closed));
    BOOST_TEST(!isOpen(decision.after));
    BOOST_TEST(!fenced(decision.after));
}

BOOST_AUTO_TEST_CASE(a_further_report_is_not_refuted_by_an_answer_from_before_it) {
    auto answered = StepReport::done("answered");
    answered.finding = Finding::Answers;
    auto operation = verifying().after;
    report(operation, StepName::WakeStandIn, StepReport::done("runs"), reported_at + 1ms);
    report(operation, StepName::AskJob, answered, reported_at + 2ms);
    operation.verify_again = true;
    auto decision = decide(operation, aServer(), reported_at + 2ms);
    BOOST_TEST((decision.after.state == State::Verifying));
    BOOST_TEST(wants(decision, StepName::AskJob));
    operation = decision.after;
    report(operation, StepName::AskJob, answered, reported_at + 5ms);
    operation = decide(operation, aServer(), reported_at + 5ms).after;
    BOOST_REQUIRE((operation.state == State::StandingDown));
    operation.verify_again = true;
    report(operation, StepName::RestStandIn, StepReport::done("suspended"), reported_at + 30ms);
    decision = decide(operation, aServer(), reported_at + 30ms);
    BOOST_TEST((decision.after.state == State::Verifying));
    for (const auto step : {StepName::AskJob, StepName::WakeStandIn}) BOOST_TEST(wants(decision, step), nameOf(step));
    BOOST_TEST(!fenced(decision.after));
}

BOOST_AUTO_TEST_CASE(a_failover_that_was_frozen_before_its_fence_is_verified_again) {
    auto seen = aServer();
    auto operation = verifying(seen).after;
    report(operation, StepName::AskPort, found(Finding::NoCarrier), reported_at + 2ms);
    seen.site.frozen = "operator ada";
    operation = decide(operation, seen, reported_at + 2ms).after;
    BOOST_REQUIRE((operation.state == State::TakingOver));
    BOOST_TEST(!fenced(operation));
    seen.site.frozen.clear();
    const auto decision = decide(operation, seen, reported_at + 1h);
    BOOST_TEST((decision.after.state == State::Verifying));
    BOOST_TEST(!decision.after.confirmed);
    BOOST_TEST(wants(decision, StepName::AskPort));
    BOOST_TEST(!fenced(decision.after));
}

BOOST_AUTO_TEST_CASE(power_is_not_cut_for_a_stand_in_that_runs_and_whose_job_does_not_answer) {
    auto nobody = aServer();
    nobody.spares.clear();
    auto operation = verifying(nobody).after;
    report(operation, StepName::WakeStandIn, StepReport::done("runs"), reported_at + 1ms);
    report(operation, StepName::AskPort, found(Finding::NoCarrier), reported_at + 2ms);
    operation = decide(operation, nobody, reported_at + 2ms).after;
    BOOST_REQUIRE((operation.state == State::TakingOver));
    report(operation, StepName::FencePort, StepReport::done("off the segment"), reported_at + 10ms);
    report(operation, StepName::ResumeStandIn, StepReport::failed(base::ErrorCode::Unreachable, "no answer"),
           reported_at + 20ms);
    const auto decision = decide(operation, nobody, reported_at + 20ms);
    BOOST_TEST(decision.after.find(StepName::FencePower, "server01") == nullptr);
}

BOOST_AUTO_TEST_CASE(places_that_cannot_be_asked_call_a_person_who_can_confirm_or_close) {
    auto operation = verifying().after;
    for (const auto step : {StepName::AskPort, StepName::AskJob})
        report(operation, step, StepReport::failed(base::ErrorCode::Unreachable, "nobody there"), reported_at + 1s);
    BOOST_TEST((decide(operation, aServer(), reported_at + 14s).after.state == State::Verifying));
    const auto decision = decide(operation, aServer(), reported_at + 15s);
    BOOST_REQUIRE((decision.after.state == State::NeedsOperator));
    BOOST_TEST(!fenced(decision.after));
    BOOST_TEST(decision.after.cure.find("operation retry 17") != std::string::npos);
    const auto retried = accept(decision.after, Event::OperatorRetries, "ada", reported_at + 1min);
    BOOST_REQUIRE(retried.has_value());
    BOOST_TEST(wants(decide(retried->after, aServer(), reported_at + 1min), StepName::FencePort));
    const auto closing = accept(decision.after, Event::OperatorCloses, "ada", reported_at + 1min);
    BOOST_REQUIRE(closing.has_value());
    const auto closed = decide(closing->after, aServer(), reported_at + 1min);
    BOOST_TEST(wants(closed, StepName::RestStandIn));
    BOOST_TEST(!wants(closed, StepName::DeleteStandIn));
}

BOOST_AUTO_TEST_CASE(nothing_is_fenced_where_nobody_can_take_the_job_unless_the_server_is_fenced_always) {
    auto nobody = aServer();
    nobody.spares.clear();
    for (const bool always : {false, true}) {
        nobody.server.fence_always = always;
        auto operation = reported();
        operation.stand_in = {};
        operation = decide(operation, nobody, reported_at).after;
        report(operation, StepName::AskPort, found(Finding::NoCarrier), reported_at + 2ms);
        const auto decision = decide(operation, nobody, reported_at + 2ms);
        BOOST_TEST((decision.after.state == State::NeedsOperator));
        BOOST_TEST(decision.after.confirmed == always);
    }
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_does_not_resume_is_no_remedy) {
    auto nobody = aServer();
    nobody.spares.clear();
    auto operation = verifying(nobody).after;
    report(operation, StepName::WakeStandIn, StepReport::failed(base::ErrorCode::WrongState, "crashed"),
           reported_at + 1ms);
    report(operation, StepName::AskPort, found(Finding::NoCarrier), reported_at + 2ms);
    const auto decision = decide(operation, nobody, reported_at + 2ms);
    BOOST_TEST((decision.after.state == State::NeedsOperator));
    BOOST_TEST(!fenced(decision.after));
}

BOOST_AUTO_TEST_CASE(a_person_who_asks_for_a_failover_is_believed) {
    auto operation = reported();
    operation.asked_by = "operator ada";
    const auto decision = decide(operation, aServer(), reported_at);
    BOOST_TEST((decision.after.state == State::TakingOver));
    BOOST_TEST(wants(decision, StepName::FencePort));
}

BOOST_AUTO_TEST_CASE(a_kind_of_failure_may_have_a_policy_of_its_own) {
    auto seen = aServer();
    seen.server.evidence.of_kinds["power"] = EvidencePolicy::Trap;
    BOOST_TEST((decide(reported(), seen, reported_at).after.state == State::TakingOver));
    auto other = reported();
    other.failure = "memory";
    BOOST_TEST((decide(other, seen, reported_at).after.state == State::Verifying));
}

BOOST_AUTO_TEST_CASE(what_was_found_out_before_a_crash_is_asked_again) {
    auto operation = verifying().after;
    report(operation, StepName::AskPort, found(Finding::Silent), reported_at + 200ms);
    report(operation, StepName::AskJob, found(Finding::Silent, {{"silent", 100}}), reported_at + 200ms);
    recover(operation, aServer(), reported_at + 1h);
    const auto decision = decide(operation, aServer(), reported_at + 1h);
    BOOST_TEST((decision.after.state == State::Verifying));
    BOOST_TEST(wants(decision, StepName::AskPort));
    BOOST_TEST(wants(decision, StepName::AskJob));
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_rests_again_is_ready_and_one_that_does_not_is_not) {
    ServerRecord record;
    record.row.emplace();
    record.row->server = base::ServerName("server01");
    record.row->stand_in = base::StandInName("server01-1");
    for (const bool rests : {true, false}) {
        auto operation = reported();
        operation.confirmed = false;
        operation.at({StepName::WakeStandIn, "server01-1"}).state = StepState::Done;
        operation.at({StepName::RestStandIn, "server01-1"}).state = rests ? StepState::Done : StepState::Unknown;
        const auto outcome =
            outcomeOf(operation, {State::StandingDown, State::Closed, Event::StoodDown, ""}, aServer().server, record);
        BOOST_REQUIRE(outcome.row.has_value());
        BOOST_TEST(outcome.row->standin_ready == rests);
    }
}

BOOST_AUTO_TEST_SUITE_END()
