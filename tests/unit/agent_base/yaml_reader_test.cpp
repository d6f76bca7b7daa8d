#include "agent/base/yaml_reader.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin::base;

BOOST_AUTO_TEST_SUITE(yaml_reader)

BOOST_AUTO_TEST_CASE(an_unknown_key_is_told_with_its_place) {
    YamlProblems problems;
    auto reader = YamlReader::fromText("agent:\n  name: a\n  nmae: b\n", "a.yml", problems);
    BOOST_REQUIRE(reader);
    auto agent = reader->map("agent");
    BOOST_TEST(agent.text("name") == "a");
    agent.finish();
    reader->finish();
    BOOST_REQUIRE(problems.lines().size() == 1U);
    BOOST_TEST(problems.lines()[0] == "a.yml:3:3: agent.nmae: unknown key");
}

BOOST_AUTO_TEST_CASE(every_problem_is_told_not_only_the_first) {
    YamlProblems problems;
    auto reader = YamlReader::fromText("port: many\nwait: 5\nwho: [1]\n", "a.yml", problems);
    BOOST_REQUIRE(reader);
    reader->integer("port", 1, 65535);
    reader->duration("wait");
    reader->text("who");
    reader->text("absent");
    reader->finish();
    BOOST_REQUIRE(problems.lines().size() == 4U);
    BOOST_TEST(problems.lines()[0] == "a.yml:1:7: port: 'many' is not a whole number from 1 to 65535");
    BOOST_TEST(problems.lines()[1].find("a.yml:2:7: wait:") == 0U);
}

BOOST_AUTO_TEST_CASE(a_key_that_stands_twice_is_a_problem) {
    YamlProblems problems;
    YamlReader::fromText("a: 1\na: 2\n", "a.yml", problems);
    BOOST_REQUIRE(problems.lines().size() == 1U);
    BOOST_TEST(problems.lines()[0] == "a.yml:2:1: a: stands here twice");
}

BOOST_AUTO_TEST_CASE(text_that_is_not_yaml_is_told_with_its_place) {
    YamlProblems problems;
    BOOST_TEST(!YamlReader::fromText("a: [1,\nb", "a.yml", problems).has_value());
    BOOST_TEST(problems.lines().at(0).find("a.yml:") == 0U);
}

BOOST_AUTO_TEST_CASE(yes_is_not_taken_for_true) {
    YamlProblems problems;
    auto reader = YamlReader::fromText("on_failure: yes\n", "a.yml", problems);
    reader->boolean("on_failure", false);
    BOOST_TEST(problems.lines().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_a_problem_not_an_empty_document) {
    YamlProblems problems;
    BOOST_TEST(!YamlReader::fromFile("/nonexistent/a.yml", problems).has_value());
    BOOST_TEST(!problems.empty());
}

BOOST_AUTO_TEST_SUITE_END()
