#include "agent/protocol/command_admission.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin;
using protocol::CommandStamp;
using Verdict = protocol::CommandAdmission::Verdict;

namespace {

struct Admission : protocol::CommandAdmission {
    /// As an agent does it: the leader is checked and obeyed first.
    Decision arrives(const CommandStamp& stamp, const std::string& subject = "a") {
        if (auto leads = checkLeader(stamp); !leads) return {Verdict::Refused, nullptr, leads.error()};
        obey(stamp);
        return decide(stamp, subject, "PUT " + subject);
    }
    /// It arrives, is admitted, and ends at once.
    void isDone(const CommandStamp& stamp, const std::string& subject = "a", std::any answer = std::string("done")) {
        const auto decision = arrives(stamp, subject);
        BOOST_REQUIRE((decision.verdict == Verdict::Admitted));
        end(*decision.command, std::move(answer));
    }
    base::ErrorCode refusalOf(const CommandStamp& stamp, const std::string& subject = "a") {
        const auto decision = arrives(stamp, subject);
        BOOST_REQUIRE((decision.verdict == Verdict::Refused));
        return decision.refusal->code;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command_admission, Admission)

BOOST_AUTO_TEST_CASE(an_older_epoch_is_refused_and_a_newer_one_leads_from_then_on) {
    isDone({7, "1/a", 1});
    BOOST_TEST((refusalOf({6, "1/b", 9}) == base::ErrorCode::StaleEpoch));
    isDone({8, "1/c", 1});
    BOOST_TEST((refusalOf({7, "1/d", 2}) == base::ErrorCode::StaleEpoch));
}

BOOST_AUTO_TEST_CASE(of_two_instances_of_one_epoch_the_first_is_obeyed) {
    isDone({7, "1/a", 1});  // by hand: no instance
    isDone({7, "1/b", 2, "first"});
    BOOST_TEST((refusalOf({7, "1/c", 3, "second"}) == base::ErrorCode::StaleEpoch));
    BOOST_TEST((refusalOf({7, "1/d", 4}) == base::ErrorCode::StaleEpoch));
    isDone({7, "1/e", 5, "first"});
}

BOOST_AUTO_TEST_CASE(a_command_is_refused_once_a_newer_one_for_its_subject_was_seen) {
    isDone({1, "1/a", 8});
    BOOST_TEST((refusalOf({1, "1/b", 7}) == base::ErrorCode::Conflict));
    BOOST_TEST(newerThan({1, "1/b", 7}, "a").value_or(0) == 8U);
    BOOST_TEST(!newerThan({1, "1/b", 7}, "b").has_value());
    isDone({1, "1/c", 7}, "b");
    isDone({1, "1/d", 8});  // of the same attempt
}

BOOST_AUTO_TEST_CASE(a_command_that_waits_is_a_newer_one_already) {
    const auto slow = arrives({1, "1/a", 1});
    BOOST_TEST((arrives({1, "1/c", 3}).verdict == Verdict::Waits));
    BOOST_TEST((refusalOf({1, "1/b", 2}) == base::ErrorCode::Conflict));
    end(*slow.command);
    BOOST_TEST((arrives({1, "1/c", 3}).verdict == Verdict::Admitted));
}

BOOST_AUTO_TEST_CASE(one_subject_at_a_time_and_others_beside_it) {
    const auto slow = arrives({1, "1/a", 1});
    BOOST_TEST((arrives({1, "1/b", 2}).command == slow.command));
    BOOST_TEST((arrives({1, "1/c", 3}, "b").verdict == Verdict::Admitted));
}

BOOST_AUTO_TEST_CASE(the_same_command_is_answered_again_also_after_a_newer_one) {
    isDone({1, "1/a", 1});
    isDone({1, "1/b", 2});
    const auto again = arrives({1, "1/a", 1});
    BOOST_REQUIRE((again.verdict == Verdict::Answered));
    BOOST_TEST(std::any_cast<std::string>(again.command->answer) == "done");
}

BOOST_AUTO_TEST_CASE(the_same_command_that_is_carried_out_has_its_answer_to_come) {
    const auto first = arrives({1, "1/a", 1});
    const auto again = arrives({1, "1/a", 1});
    BOOST_TEST((again.verdict == Verdict::UnderWay));
    BOOST_TEST((again.command == first.command));
}

BOOST_AUTO_TEST_CASE(a_command_that_failed_may_be_tried_again) {
    isDone({1, "1/a", 1}, "a", {});
    BOOST_TEST((arrives({1, "1/a", 1}).verdict == Verdict::Admitted));
}

BOOST_AUTO_TEST_CASE(what_is_remembered_is_bounded_and_the_newest_stays) {
    for (unsigned i = 1; i <= 10'000; ++i) isDone({1, "1/a", i}, "subject " + std::to_string(i));
    BOOST_TEST((arrives({1, "1/a", 10'000}, "subject 10000").verdict == Verdict::Answered));
    BOOST_TEST((refusalOf({1, "1/b", 9'999}, "subject 10000") == base::ErrorCode::Conflict));
    BOOST_TEST((arrives({1, "1/a", 1}, "subject 1").verdict == Verdict::Admitted));  // both are forgotten
}

BOOST_AUTO_TEST_CASE(a_subject_that_is_commanded_now_is_not_forgotten) {
    const auto slow = arrives({1, "1/a", 1}, "slow");
    for (unsigned i = 2; i <= 10'000; ++i) isDone({1, "1/a", i}, "subject " + std::to_string(i));
    BOOST_TEST((arrives({1, "1/b", 20'000}, "slow").verdict == Verdict::Waits));
}

BOOST_AUTO_TEST_CASE(only_the_leader_outlives_a_restart) {
    isDone({7, "1/a", 8, "first"});
    forget();
    BOOST_TEST((refusalOf({7, "1/b", 9, "second"}) == base::ErrorCode::StaleEpoch));
    BOOST_TEST((arrives({7, "1/c", 1, "first"}).verdict == Verdict::Admitted));
}

BOOST_AUTO_TEST_SUITE_END()
