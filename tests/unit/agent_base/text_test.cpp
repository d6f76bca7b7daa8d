#include "agent/base/text.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace standin::base;

namespace {

const std::string bad = "\xEF\xBF\xBD";

/// nlohmann's own check is another author's opinion of what is valid.
bool canBeWritten(const std::string& text) {
    try {
        return !nlohmann::json(text).dump().empty();
    } catch (const nlohmann::json::exception&) {
        return false;
    }
}

const std::vector<std::string> ill_formed{
    "\xC0\xAF",                  // overlong '/'
    "\xC1\xBF",                  // overlong
    "\xE0\x80\xAF",              // overlong in three bytes
    "\xE0\x9F\xBF",              // the last overlong of three
    "\xF0\x80\x80\xAF",          // overlong in four bytes
    "\xF0\x8F\xBF\xBF",          // the last overlong of four
    "\xED\xA0\x80",              // a lone high surrogate
    "\xED\xBF\xBF",              // a lone low surrogate
    "\xED\xA0\xBD\xED\xB8\x80",  // a pair of them (CESU-8)
    "\xF4\x90\x80\x80",          // U+110000
    "\xF5\x80\x80\x80",
    "\xFE",
    "\xFF",
    "\xC3",          // cut off
    "\xE2\x82",      // cut off
    "\xF0\x9F\x98",  // cut off
    "\xC3(",         // cut off by something else
    "Gr\xFC\xDF"
    "e",  // Latin-1
};

}  // namespace

BOOST_AUTO_TEST_CASE(every_single_byte_is_made_valid_and_ascii_stays) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text = std::string("a") + static_cast<char>(byte) + "b";
        BOOST_TEST(validText(text) == (byte < 0x80 ? text : "a" + bad + "b"), "byte " << byte);
        BOOST_TEST(canBeWritten(validText(text)));
        BOOST_TEST(canBeWritten(oneLine(text)));
    }
}

BOOST_AUTO_TEST_CASE(every_pair_of_bytes_is_made_valid_in_every_way_of_shortening) {
    for (int first = 0x80; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string text{static_cast<char>(first), static_cast<char>(second)};
            const auto valid = validText(text);
            BOOST_REQUIRE(canBeWritten(valid));
            BOOST_REQUIRE_EQUAL(canBeWritten(text), valid == text);
            BOOST_REQUIRE_EQUAL(canBeWritten(text), firstInvalidByte(text) == std::string::npos);
            for (std::size_t most = 0; most < 5; ++most) {
                BOOST_REQUIRE(canBeWritten(shortened(text, most)));
                BOOST_REQUIRE(canBeWritten(oneLine(text, most)));
                BOOST_REQUIRE(canBeWritten(lastWords(text, most)));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(ill_formed_sequences_are_found_and_replaced) {
    for (const auto& text : ill_formed) {
        BOOST_TEST(!canBeWritten(text));
        BOOST_TEST((firstInvalidByte("x" + text) != std::string::npos), text);
        BOOST_TEST(canBeWritten(validText("x" + text + "y")));
        BOOST_TEST(validText("x" + text + "y").starts_with("x"));
        BOOST_TEST(validText("x" + text + "y").ends_with("y") == (text != "\xC3(" || true));
    }
    BOOST_TEST(validText("\xE2\x82"
                         "A") == bad + "A");  // one character was cut off, so one stands for it
}

BOOST_AUTO_TEST_CASE(valid_text_stays_as_it_is) {
    for (const std::string text :
         {"", "plain",
          "Gr\xC3\xBC\xC3\x9F"
          "e",
          "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        BOOST_TEST(validText(text) == text);
    }
    const std::string with_nul("a\0b", 3);
    BOOST_TEST(validText(with_nul) == with_nul);
}

BOOST_AUTO_TEST_CASE(a_cut_never_halves_a_character) {
    const std::string euro = "\xE2\x82\xAC";
    std::string text;
    for (int i = 0; i < 200; ++i) text += euro;
    for (std::size_t most = 0; most <= text.size(); ++most) {
        const auto begin = beginningOf(text, most);
        BOOST_REQUIRE_LE(begin.size(), most);
        BOOST_REQUIRE_EQUAL(begin.size() % 3, 0U);
        BOOST_REQUIRE(canBeWritten(lastWords(text, most)));
    }
    BOOST_TEST(beginningOf("\x80\x80\x80\x80\x80\x80", 5).size() ==
               5U);  // no text at all: still bounded, still something
}

BOOST_AUTO_TEST_CASE(the_300th_byte_may_fall_into_a_character) {
    const std::string said = std::string(299, 'x') + "\xC3\xA9";
    BOOST_TEST(shortened(said, 300) == std::string(299, 'x') + "\xE2\x80\xA6");
    BOOST_TEST(lastWords("\xC3\xA9" + std::string(299, 'x'), 300) == "\xE2\x80\xA6" + std::string(299, 'x'));
}

BOOST_AUTO_TEST_CASE(a_message_is_one_line_whatever_it_was) {
    BOOST_TEST(oneLine("a\r\nb\tc\n") == "a  b c");
    BOOST_TEST(oneLine(std::string("a\0b", 3)) == "a b");
    BOOST_TEST(oneLine("\x1B[31mred\x1B[0m alert\x1B[2J") == "red alert");
    BOOST_TEST(oneLine("\x1B]0;title\x07text") == "0;title text");
    BOOST_TEST(oneLine("ends with \x1B") == "ends with");
    BOOST_TEST(oneLine("ends with \x1B[12;") == "ends with");
    BOOST_TEST(oneLine("\xC2\x9B"
                       "31m and \xC2\x85") == "31m and");  // C1 controls
    BOOST_TEST(oneLine("a\xE2\x80\xA8"
                       "b\xE2\x80\xA9"
                       "c\xE2\x80\xAE"
                       "d") == "a b c d");  // separators, right-to-left override
    BOOST_TEST(oneLine(" \n \r ") == "");
}

BOOST_AUTO_TEST_CASE(a_message_is_bounded_and_so_is_the_work_on_it) {
    const std::string endless(1U << 20, '\xFF');
    BOOST_TEST(oneLine(endless).size() <= longest_message + 3);
    BOOST_TEST(lastWords(endless).size() <= longest_message + 3);
    BOOST_TEST(lastWords(std::string(1U << 20, 'x') + "the end").ends_with("the end"));
}

BOOST_AUTO_TEST_CASE(control_characters_are_known_in_every_form) {
    BOOST_TEST(isOneLine("caf\xC3\xA9 = 3"));
    for (const std::string text : {"a\nb", "a\rb",
                                   "a\x1B"
                                   "b",
                                   "a\x7F", "a\xC2\x85", "a\xE2\x80\xA8"})
        BOOST_TEST(!isOneLine(text));
    BOOST_TEST(!isOneLine(std::string("a\0b", 3)));
}

// nlohmann's dump() throws where a text is not UTF-8: in production it has one caller, who tells it not to.
BOOST_AUTO_TEST_CASE(json_becomes_text_in_one_place_only) {
    const std::filesystem::path source = STANDIN_SOURCE_DIR;
    int looked_at = 0;
    for (const char* part : {"agent", "coordinator"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(source / part)) {
            const auto suffix = entry.path().extension();
            if ((suffix != ".cpp" && suffix != ".hpp") || entry.path().filename() == "json_text.hpp") continue;
            std::ifstream file(entry.path());
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            BOOST_TEST(text.find(".dump(") == std::string::npos, entry.path().string() << ": use protocol::jsonText()");
            ++looked_at;
        }
    }
    BOOST_TEST(looked_at > 100);
}
