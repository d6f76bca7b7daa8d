#include "coordinator/domain/job_watch.hpp"

#include <boost/test/unit_test.hpp>

#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/restart_claim.hpp"

using namespace standin;
using domain::ClaimVerdict;
using domain::JobAnswer;
using domain::JobLooks;
using domain::JobNews;

namespace {

base::WallTime moment(int seconds) {
    return base::WallTime(std::chrono::seconds(1000 + seconds));
}

/// Three questions in vain.
JobLooks silent() {
    JobLooks looks;
    for (int i = 0; i < 3; ++i) note(looks, JobAnswer::Silent, moment(i));
    return looks;
}

domain::Operation capture(domain::State state) {
    domain::Operation operation;
    operation.kind = domain::OperationKind::Backup;
    operation.server = base::ServerName("server01");
    operation.state = state;
    operation.at({domain::StepName::StopServer, "server01"}).attempts = 1;
    return operation;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(job_watch)

BOOST_AUTO_TEST_CASE(a_job_is_said_to_be_silent_after_three_questions_in_vain_and_since_the_first) {
    JobLooks looks;
    BOOST_CHECK(note(looks, JobAnswer::Silent, moment(0)) == JobNews::None);
    BOOST_CHECK(note(looks, JobAnswer::Silent, moment(10)) == JobNews::None);
    BOOST_TEST(looks.answers().value());
    BOOST_CHECK(note(looks, JobAnswer::Silent, moment(20)) == JobNews::Silent);
    BOOST_TEST(!looks.answers().value());
    BOOST_CHECK(looks.silent_since == moment(0));
}

BOOST_AUTO_TEST_CASE(an_answer_between_begins_the_count_anew) {
    JobLooks looks;
    note(looks, JobAnswer::Silent, moment(0));
    note(looks, JobAnswer::Silent, moment(1));
    BOOST_CHECK(note(looks, JobAnswer::Answered, moment(2)) == JobNews::None);
    BOOST_CHECK(note(looks, JobAnswer::Silent, moment(3)) == JobNews::None);
    BOOST_CHECK(note(looks, JobAnswer::Silent, moment(4)) == JobNews::None);
    BOOST_CHECK(note(looks, JobAnswer::Silent, moment(5)) == JobNews::Silent);
    BOOST_CHECK(looks.silent_since == moment(3));
}

BOOST_AUTO_TEST_CASE(a_question_that_could_not_be_asked_says_nothing) {
    JobLooks looks;
    for (int i = 0; i < 9; ++i) BOOST_CHECK(note(looks, JobAnswer::NotAsked, moment(i)) == JobNews::None);
    BOOST_TEST(!looks.answers().has_value());
    looks = silent();
    looks.told = true;
    note(looks, JobAnswer::NotAsked, moment(9));
    BOOST_TEST(!looks.answers().value());
}

BOOST_AUTO_TEST_CASE(silence_is_news_until_it_is_told_and_the_next_answer_is_news_once) {
    JobLooks looks = silent();
    BOOST_CHECK(note(looks, JobAnswer::Silent, moment(3)) == JobNews::Silent);
    looks.told = true;
    BOOST_CHECK(note(looks, JobAnswer::Silent, moment(4)) == JobNews::None);
    BOOST_CHECK(note(looks, JobAnswer::Answered, moment(5)) == JobNews::AnswersAgain);
    BOOST_CHECK(note(looks, JobAnswer::Answered, moment(6)) == JobNews::None);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(restart_claim)

BOOST_AUTO_TEST_CASE(only_silence_fails_a_server_over_and_who_could_not_ask_asks_again) {
    BOOST_CHECK(domain::judge(JobAnswer::Answered, 1) == ClaimVerdict::Dropped);
    BOOST_CHECK(domain::judge(JobAnswer::Silent, 1) == ClaimVerdict::FailsOver);
    BOOST_CHECK(domain::judge(JobAnswer::NotAsked, 1) == ClaimVerdict::AskedAgain);
    BOOST_CHECK(domain::judge(JobAnswer::NotAsked, domain::claim_asked_at_most) == ClaimVerdict::NotKnown);
}

BOOST_AUTO_TEST_CASE(a_restart_lasts_until_its_server_has_had_its_time_to_boot) {
    using namespace std::chrono_literals;
    auto operation = capture(domain::State::CapturingImage);
    BOOST_CHECK(domain::restartEnds(operation, 60s) == base::WallTime::max());
    auto& start = operation.at({domain::StepName::StartServer, "server01"});
    start.attempts = 1;
    start.started = moment(5);
    BOOST_CHECK(domain::restartEnds(operation, 60s) == base::WallTime::max());
    start.ended = moment(7);
    BOOST_CHECK(domain::restartEnds(operation, 60s) == moment(67));
    operation.state = domain::State::Succeeded;
    BOOST_CHECK(domain::restartEnds(operation, 60s) == moment(67));
}

BOOST_AUTO_TEST_CASE(a_capture_that_ended_without_switching_its_server_on_restarts_nothing_any_more) {
    const auto operation = capture(domain::State::Failed);
    BOOST_TEST(!domain::restartEnds(operation, std::chrono::seconds(60)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
