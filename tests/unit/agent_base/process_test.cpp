#include "agent/base/process.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin::base;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(input_goes_in_and_output_and_exit_code_come_out) {
    auto outcome = runProcess({{"sh", "-c", "cat; echo words >&2; exit 3"}, "secret", 10s});
    BOOST_REQUIRE(outcome);
    BOOST_TEST(outcome->output == "secret");
    BOOST_TEST(outcome->errors == "words\n");
    BOOST_TEST(outcome->exit_code == 3);
}

BOOST_AUTO_TEST_CASE(a_program_that_hangs_is_killed_with_its_children_at_the_deadline) {
    auto outcome = runProcess({{"sh", "-c", "sleep 600 & sleep 600"}, "", 50ms});
    BOOST_REQUIRE(!outcome);
    BOOST_TEST((outcome.error().code == ErrorCode::TimedOut));
}

BOOST_AUTO_TEST_CASE(a_child_that_keeps_the_output_open_does_not_keep_the_caller_waiting) {
    auto outcome = runProcess({{"sh", "-c", "sleep 600 & echo done"}, "", 10s});
    BOOST_REQUIRE(outcome);
    BOOST_TEST(outcome->output == "done\n");
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_read_its_input_does_not_end_the_caller) {
    auto outcome = runProcess({{"true"}, std::string(1 << 20, 'x'), 10s});
    BOOST_REQUIRE(outcome);
    BOOST_TEST(outcome->exit_code == 0);
}

BOOST_AUTO_TEST_CASE(output_beyond_the_limit_is_cut_and_not_kept) {
    auto outcome = runProcess({{"head", "-c", "1000000", "/dev/zero"}, "", 10s, 1000});
    BOOST_REQUIRE(outcome);
    BOOST_TEST(outcome->output.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_exist_is_not_found) {
    auto outcome = runProcess({{"/nonexistent/program"}, "", 1s});
    BOOST_REQUIRE(!outcome);
    BOOST_TEST((outcome.error().code == ErrorCode::NotFound));
}

BOOST_AUTO_TEST_SUITE_END()
