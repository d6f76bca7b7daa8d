#include "agent/base/identifier.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin::base;

BOOST_AUTO_TEST_SUITE(identifier)

BOOST_AUTO_TEST_CASE(a_name_is_made_of_few_characters_and_not_long) {
    BOOST_TEST(ServerName::parse("server01").has_value());
    BOOST_TEST(ServerName::parse(std::string(63, 'a')).has_value());
    for (const std::string& wrong : {std::string(), std::string(64, 'a'), std::string("-a"), std::string("a/b"),
                                     std::string("a b"), std::string("a\nb"), std::string("caf\xC3\xA9")})
        BOOST_TEST(!ServerName::parse(wrong).has_value(), wrong);
}

// The message goes into JSON: half a character, or a byte that is none, must not get there.
BOOST_AUTO_TEST_CASE(the_message_about_a_name_is_valid_text_wherever_the_name_is_cut) {
    for (std::size_t before = 70; before <= 82; ++before) {
        for (const std::string character : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xFF"}) {
            const auto refused = ServerName::parse(std::string(before, 'a') + character + std::string(20, 'b'));
            BOOST_REQUIRE(!refused);
            BOOST_TEST(firstInvalidByte(refused.error().message) == std::string::npos, refused.error().message);
            BOOST_TEST(refused.error().message.size() < 200U);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
