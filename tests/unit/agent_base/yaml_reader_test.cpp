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

namespace {

/// What is wrong with a text, one problem after the other.
std::string problemsOf(const std::string& text) {
    YamlProblems problems;
    YamlReader::fromText(text, "a.yml", problems);
    return problems.error().message;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_anchor_that_contains_itself_is_refused) {
    BOOST_TEST(problemsOf("a: &a [*a]\n").find("its anchors unfold to too much") != std::string::npos);
    BOOST_TEST(problemsOf("a: &a\n  b: *a\n").find("its anchors unfold to too much") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(anchors_that_unfold_without_measure_are_refused) {
    std::string bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
    for (int i = 1; i < 12; ++i) {
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 10; ++j) bomb += (j == 0 ? "*a" : ", *a") + std::to_string(i - 1);
        bomb += "]\n";
    }
    BOOST_TEST(problemsOf(bomb).find("its anchors unfold to too much") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_written_once_and_used_twice_is_fine) {
    BOOST_TEST(problemsOf("a: &a {x: 1}\nb: *a\n").empty());
}

BOOST_AUTO_TEST_CASE(text_without_measure_in_depth_is_refused) {
    BOOST_TEST(!problemsOf("a: " + std::string(100'000, '[')).empty());
    BOOST_TEST(!problemsOf("a: " + std::string(40, '[') + std::string(40, ']')).empty());
    BOOST_TEST(!problemsOf(std::string(100'000, '{')).empty());
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_are_told_with_their_place) {
    BOOST_TEST(problemsOf("a: 1\nb: \xff\n") == "a.yml:2:4: is not text in UTF-8; save the file as that");
    BOOST_TEST(problemsOf(std::string("a: 1\0", 5)) == "a.yml:1:5: is not text in UTF-8; save the file as that");
    BOOST_TEST(problemsOf("a: \xc3").find("a.yml:1:4") == 0U);
    BOOST_TEST(problemsOf("a: \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\n").empty());
}

BOOST_AUTO_TEST_CASE(a_tab_that_indents_is_told_as_one) {
    BOOST_TEST(problemsOf("a:\n\tb: 1\n") == "a.yml:2:1: a tab; YAML is indented with blanks");
    BOOST_TEST(problemsOf("a: 1\t# fine\n").empty());
}

BOOST_AUTO_TEST_CASE(a_second_document_is_not_passed_over) {
    BOOST_TEST(problemsOf("a: 1\n---\nb: 2\n").find("a.yml:3:1: a second document begins here") == 0U);
}

BOOST_AUTO_TEST_CASE(an_empty_file_and_a_directory_are_told_as_such) {
    BOOST_TEST(problemsOf("").find("a.yml: is empty") == 0U);
    BOOST_TEST(problemsOf("# nothing\n").find("a.yml: is empty") == 0U);
    YamlProblems problems;
    BOOST_TEST(!YamlReader::fromFile("/tmp", problems).has_value());
    BOOST_TEST(problems.error().message == "/tmp: is a directory; name the file in it");
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

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf_8_are_told_with_their_place) {
    for (const std::string bytes : {"\xFC", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3"}) {
        BOOST_TEST(problemsOf("a: 1\nb: '" + bytes + "'\n") ==
                   "a.yml:2:5: is not text in UTF-8; save the file as that");
    }
}

BOOST_AUTO_TEST_CASE(a_value_with_a_control_character_is_refused_wherever_it_stands) {
    for (const std::string escape : {"\\0", "\\e[31m", "\\r", "\\x7f", "\\x85", "\\u2028", "\\u202e"}) {
        YamlProblems problems;
        auto reader = YamlReader::fromText(
            "a: \"x" + escape + "y\"\nb: [\"" + escape + "\"]\nc: {d: \"" + escape + "\"}\n", "a.yml", problems);
        BOOST_REQUIRE(reader);
        reader->text("a");
        reader->texts("b");
        reader->scalars("c");
        BOOST_TEST(problems.lines().size() == 3U, escape);
    }
    YamlProblems problems;
    auto reader = YamlReader::fromText("a: |\n  one\n  two\tthree\n", "a.yml", problems);
    BOOST_TEST(reader->text("a") == "one\ntwo\tthree\n");
    BOOST_TEST(problems.empty());
}

BOOST_AUTO_TEST_SUITE_END()
