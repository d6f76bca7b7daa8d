#include "coordinator/what_if/separate_process.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

using namespace standin;
using what_if::inSeparateProcess;

BOOST_AUTO_TEST_SUITE(separate_process)

BOOST_AUTO_TEST_CASE(an_answer_of_any_size_comes_back) {
    const std::string large(1 << 20, 'x');
    const auto answer = inSeparateProcess([&] { return large; }, std::chrono::seconds(60));
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST((*answer == large));
}

BOOST_AUTO_TEST_CASE(what_it_changes_is_not_changed_here) {
    int here = 1;
    BOOST_TEST(inSeparateProcess([&] { return std::to_string(++here); }, std::chrono::seconds(60)).value() == "2");
    BOOST_TEST(here == 1);
}

BOOST_AUTO_TEST_CASE(one_that_breaks_down_breaks_down_alone) {
    for (const auto& work : {std::function<std::string()>([]() -> std::string { throw std::runtime_error("no"); }),
                             std::function<std::string()>([]() -> std::string { ::_exit(7); })}) {
        const auto answer = inSeparateProcess(work, std::chrono::seconds(60));
        BOOST_REQUIRE(!answer.has_value());
        BOOST_TEST((answer.error().code == base::ErrorCode::Internal));
    }
}

BOOST_AUTO_TEST_CASE(one_that_does_not_end_is_ended) {
    const auto answer = inSeparateProcess(
        []() -> std::string {
            for (;;) ::pause();
        },
        std::chrono::milliseconds(100));
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST((answer.error().code == base::ErrorCode::TimedOut));
}

BOOST_AUTO_TEST_SUITE_END()
