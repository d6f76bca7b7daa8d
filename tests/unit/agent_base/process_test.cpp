#include "agent/base/process.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>

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

// Everybody who is started inherits the pipe's end: it comes to its end when the last of them is gone.
BOOST_AUTO_TEST_CASE(a_program_and_what_it_has_started_end_when_their_caller_is_killed) {
    std::array<int, 2> pipe{};
    BOOST_REQUIRE(::pipe(pipe.data()) == 0);
    const pid_t caller = ::fork();
    if (caller == 0) {
        ::dup2(pipe[1], 9);  // the shell's redirections know one digit
        ::close(pipe[0]);
        ::close(pipe[1]);
        static_cast<void>(runProcess({{"sh", "-c", "sleep 60 & echo begun >&9; wait"}, "", 60s}));
        ::_exit(0);
    }
    ::close(pipe[1]);
    std::array<char, 16> said{};
    BOOST_REQUIRE(::read(pipe[0], said.data(), said.size()) > 0);
    ::kill(caller, SIGKILL);
    ::waitpid(caller, nullptr, 0);
    pollfd end{pipe[0], POLLIN, 0};
    BOOST_REQUIRE_MESSAGE(::poll(&end, 1, 10'000) == 1, "somebody still runs");
    BOOST_TEST(::read(pipe[0], said.data(), said.size()) == 0);
    ::close(pipe[0]);
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

BOOST_AUTO_TEST_CASE(what_a_program_prints_is_valid_text_whatever_its_bytes) {
    auto outcome = runProcess({{"sh", "-c", "printf 'Gr\\374\\337e'; printf '\\300\\257' >&2"}, "", 10s});
    BOOST_REQUIRE(outcome);
    BOOST_TEST(outcome->output ==
               "Gr\xEF\xBF\xBD\xEF\xBF\xBD"
               "e");
    BOOST_TEST(outcome->errors == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(last_words_of_a_program_are_one_line_and_never_half_a_character) {
    auto failed = runToSuccess(
        {{"sh", "-c", "for i in $(seq 200); do printf '\\303\\251\\303\\251\\303\\251\\033[31m'; done; echo; exit 3"},
         "",
         10s});
    BOOST_REQUIRE(!failed);
    BOOST_TEST(failed.error().message.find("\xEF\xBF\xBD") == std::string::npos);
    BOOST_TEST(failed.error().message.find('\033') == std::string::npos);
    BOOST_TEST(failed.error().message.ends_with("\xC3\xA9"));
}

BOOST_AUTO_TEST_SUITE_END()
