#include <boost/test/unit_test.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/integration/coordinator/running_coordinator.hpp"

namespace {

std::set<std::string> longOptionsIn(const std::string& text) {
    std::set<std::string> options;
    const std::regex option("--[a-z][a-z-]+");
    for (auto found = std::sregex_iterator(text.begin(), text.end(), option); found != std::sregex_iterator(); ++found)
        options.insert(found->str());
    return options;
}

std::string manPage(const std::string& path) {
    std::ifstream in(std::string(STANDIN_SOURCE_DIR) + "/" + path);
    BOOST_REQUIRE_MESSAGE(in, "there is a man page '" << path << "'");
    std::ostringstream text;
    text << in.rdbuf();
    return std::regex_replace(text.str(), std::regex(R"(\\-)"), "-");
}

void agree(const std::string& program, const std::string& man_page) {
    auto help = standin::tests::runProgram(program, {"--help"});
    BOOST_TEST(help.exit_code == 0);
    auto in_help = longOptionsIn(help.output);
    auto in_man = longOptionsIn(manPage(man_page));
    BOOST_CHECK_EQUAL_COLLECTIONS(in_help.begin(), in_help.end(), in_man.begin(), in_man.end());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(program_help)

BOOST_AUTO_TEST_CASE(help_and_man_page_of_the_coordinator_agree) {
    agree("standin-coordinator", "coordinator/cli/man/standin-coordinator.8");
}

BOOST_AUTO_TEST_CASE(help_and_man_page_of_the_agent_agree) {
    agree("standin-agent", "agent/man/standin-agent.8");
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_ends_with_2) {
    BOOST_TEST(standin::tests::runProgram("standin-coordinator", {"--frobnicate"}).exit_code == 2);
}

BOOST_AUTO_TEST_SUITE_END()
