#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <regex>
#include <sstream>

#include "coordinator/cli/command_line.hpp"

namespace standin::cli {

namespace {

/// The page as text: macros, fonts and escapes gone, one space between words.
std::string manPage(const std::string& path) {
    std::ifstream in(std::string(STANDIN_SOURCE_DIR) + "/" + path);
    BOOST_REQUIRE_MESSAGE(in, "there is a man page '" << path << "'");
    std::ostringstream text;
    text << in.rdbuf();
    auto page = std::regex_replace(text.str(), std::regex(R"(\\-)"), "-");
    page = std::regex_replace(page, std::regex(R"(\\f[BIR])"), "");
    page = std::regex_replace(page, std::regex(R"((^|\n)\.[A-Z]+)"), "\n");
    page = std::regex_replace(page, std::regex(R"(["\[\]])"), " ");
    return std::regex_replace(page, std::regex(R"(\s+)"), " ");
}

bool mentions(const std::string& page, const std::string& word) {
    return std::regex_search(page, std::regex("(^|[ ,])" + word + "($|[ ,.])"));
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_verb_and_option_of_standinctl_is_in_its_man_page) {
    auto page = manPage("coordinator/cli/man/standinctl.1");
    for (const auto& verb : describeCommandLine()) {
        // A group ("spare") is there by its verbs.
        BOOST_TEST(mentions(page, verb.name), "verb '" << verb.name << "' is in the man page");
        for (const auto& option : verb.options)
            BOOST_TEST(mentions(page, option), "option '" << option << "' is in the man page");
    }
}

BOOST_AUTO_TEST_CASE(every_option_of_the_man_page_of_standinctl_exists) {
    auto page = manPage("coordinator/cli/man/standinctl.1");
    std::vector<std::string> known;
    for (const auto& verb : describeCommandLine()) known.insert(known.end(), verb.options.begin(), verb.options.end());
    const std::regex option("--[a-z][a-z-]*");
    for (auto found = std::sregex_iterator(page.begin(), page.end(), option); found != std::sregex_iterator();
         ++found) {
        BOOST_TEST(std::count(known.begin(), known.end(), found->str()) > 0, "'" << found->str() << "' is an option");
    }
}

}  // namespace standin::cli
