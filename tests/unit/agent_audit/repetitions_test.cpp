#include "agent/audit/repetitions.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin;
using namespace std::chrono_literals;
using audit::Note;
using audit::Repetitions;

namespace {

const base::WallTime start = base::WallTime(std::chrono::seconds(1'800'000'000));

Note note(const std::string& who, std::chrono::seconds later = 0s) {
    return {start + later, who, "TLS handshake", "refused: no certificate"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(repetitions)

BOOST_AUTO_TEST_CASE(the_first_is_told_at_once_and_those_after_it_are_counted) {
    Repetitions repetitions;
    BOOST_TEST(repetitions.take(note("a"), 60s).has_value());
    for (int i = 0; i < 1000; ++i) BOOST_TEST(!repetitions.take(note("a", 1s), 60s).has_value());
    BOOST_TEST(repetitions.due(start + 59s).empty());
    const auto told = repetitions.due(start + 60s);
    BOOST_REQUIRE_EQUAL(told.size(), 1U);
    BOOST_TEST(told[0].who == "a");
    BOOST_TEST(told[0].outcome.find("(1000 more times since ") != std::string::npos, told[0].outcome);
    BOOST_TEST(repetitions.take(note("a", 61s), 60s).has_value());  // a new one begins
}

BOOST_AUTO_TEST_CASE(what_happened_once_is_told_once) {
    Repetitions repetitions;
    BOOST_TEST(repetitions.take(note("a"), 60s).has_value());
    BOOST_TEST(repetitions.due(start + 60s).empty());
    BOOST_TEST(repetitions.all().empty());
}

BOOST_AUTO_TEST_CASE(different_ones_do_not_hide_each_other) {
    Repetitions repetitions;
    BOOST_TEST(repetitions.take(note("a"), 60s).has_value());
    BOOST_TEST(repetitions.take(note("b"), 60s).has_value());
}

BOOST_AUTO_TEST_CASE(somebody_who_asks_for_something_else_each_time_does_not_fill_the_audit) {
    Repetitions repetitions;
    int told = 0;
    for (int i = 0; i < 100'000; ++i) told += repetitions.take(note("who" + std::to_string(i)), 60s) ? 1 : 0;
    BOOST_TEST(told <= 201);
    const auto due = repetitions.due(start + 60s);
    BOOST_REQUIRE_EQUAL(due.size(), 1U);
    BOOST_TEST(due[0].who == "others");
    BOOST_TEST(due[0].outcome.find("99799 more times") != std::string::npos, due[0].outcome);
}

BOOST_AUTO_TEST_SUITE_END()
