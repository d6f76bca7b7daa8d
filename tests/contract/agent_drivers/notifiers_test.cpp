#include "coordinator/drivers/notifiers.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "agent/base/durable_file.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using drivers::Notification;

BOOST_AUTO_TEST_SUITE(notifiers)

BOOST_AUTO_TEST_CASE(the_program_gets_every_message_on_its_standard_input) {
    tests::TemporaryDirectory directory;
    tests::writeFile(directory / "notify", "#!/bin/sh\ncat >> " + (directory / "told") + "\n");
    ::chmod((directory / "notify").c_str(), 0755);
    base::Log silent("test", [](base::LogLevel, std::string_view) {});
    drivers::CommandNotifier notifier(directory / "notify", silent);
    notifier.notify({Notification::Kind::NormalEnd, "17", "server01", "the spare executes the job"});
    notifier.notify({Notification::Kind::NeedsOperator, "18", "", "no spare left"});
    notifier.stop();
    auto told = base::readWhole(directory / "told");
    BOOST_REQUIRE(told);
    BOOST_TEST(*told ==
               "normal end: operation 17: server 'server01': the spare executes the job\n"
               "needs operator: operation 18: no spare left\n");
}

BOOST_AUTO_TEST_CASE(a_program_that_fails_is_told_in_the_log) {
    std::vector<std::string> lines;
    base::Log log("test", [&](base::LogLevel, std::string_view line) { lines.emplace_back(line); });
    drivers::CommandNotifier notifier("/nonexistent/notify", log);
    notifier.notify({Notification::Kind::Warning, "", "", "something"});
    notifier.stop();
    BOOST_REQUIRE_EQUAL(lines.size(), 2U);
    BOOST_TEST(lines[0] == "test: warning: something");
    BOOST_TEST(lines[1].find("could not hand a message to the operator") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
