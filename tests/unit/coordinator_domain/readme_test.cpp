#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "coordinator/domain/matrix.hpp"

using namespace standin::domain;

namespace {

const std::string path = std::string(STANDIN_SOURCE_DIR) + "/coordinator/README.md";
const std::string begin_mark = "<!-- generated: begin -->\n";
const std::string end_mark = "<!-- generated: end -->\n";

std::string read() {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_readme_shows_the_states_and_transitions_of_the_table) {
    const std::string text = read();
    const auto begin = text.find(begin_mark);
    const auto end = text.find(end_mark);
    BOOST_REQUIRE(begin != std::string::npos);
    BOOST_REQUIRE(end != std::string::npos);
    const std::string wanted = text.substr(0, begin + begin_mark.size()) + matrixText() + text.substr(end);
    if (std::getenv("STANDIN_REWRITE") != nullptr) {
        std::ofstream(path) << wanted;
        return;
    }
    BOOST_TEST(text == wanted, "coordinator/README.md is not what the table says; STANDIN_REWRITE=1 rewrites it");
}
