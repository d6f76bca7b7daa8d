#include "agent/audit/audit_chain.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>

using namespace standin::audit;

namespace {

std::vector<Link> chainOf(int entries) {
    std::vector<Link> links;
    AuditMark last;
    for (int i = 1; i <= entries; ++i) {
        Link link{0, "2026-11-30T22:00:00.000000Z", "operator ada", "command " + std::to_string(i), "accepted", "", ""};
        append(link, last);
        last = {link.number, link.hash};
        links.push_back(link);
    }
    return links;
}

std::string breaksOf(const std::vector<Link>& links, std::optional<AuditMark> newest = {},
                     std::optional<AuditMark> before = AuditMark{}) {
    Verifier verifier(std::move(before));
    for (const auto& link : links) verifier.take(link);
    verifier.end(newest);
    std::string all;
    for (const auto& sentence : verifier.breaks()) all += (all.empty() ? "" : "; ") + sentence;
    return all;
}

AuditMark markOf(const Link& link) {
    return {link.number, link.hash};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_chain)

BOOST_AUTO_TEST_CASE(a_chain_as_it_was_written_is_whole) {
    BOOST_TEST(breaksOf(chainOf(9), markOf(chainOf(9).back())) == "");
    BOOST_TEST(breaksOf({}) == "");
}

BOOST_AUTO_TEST_CASE(each_field_that_is_changed_by_a_byte_shows_with_its_entry) {
    const std::vector<std::function<std::string&(Link&)>> fields{
        [](Link& link) -> std::string& { return link.at; }, [](Link& link) -> std::string& { return link.who; },
        [](Link& link) -> std::string& { return link.what; }, [](Link& link) -> std::string& { return link.outcome; }};
    for (const auto& field : fields) {
        for (const std::size_t place : {0U, 4U, 8U}) {
            auto links = chainOf(9);
            field(links[place])[0] ^= 1;
            BOOST_TEST(breaksOf(links) ==
                       "entry " + std::to_string(place + 1) + " was changed: its hash is another one");
        }
    }
}

// What was said of one must not be readable as said by another.
BOOST_AUTO_TEST_CASE(a_word_that_moves_from_one_field_to_the_next_shows) {
    auto links = chainOf(3);
    links[1].who = "operator";
    links[1].what = " ada" + links[1].what;
    BOOST_TEST(breaksOf(links) == "entry 2 was changed: its hash is another one");
}

BOOST_AUTO_TEST_CASE(a_line_that_was_dropped_is_named) {
    auto links = chainOf(9);
    const auto newest = markOf(links.back());
    auto without = [&](std::size_t from, std::size_t count) {
        auto fewer = links;
        fewer.erase(fewer.begin() + static_cast<long>(from), fewer.begin() + static_cast<long>(from + count));
        return breaksOf(fewer, newest);
    };
    BOOST_TEST(without(3, 1) == "entry 4 is missing");
    BOOST_TEST(without(3, 3) == "entries 4 to 6 are missing");
    BOOST_TEST(without(0, 1) == "entry 1 is missing");
    BOOST_TEST(without(8, 1) == "entry 9 is missing at the end");
    BOOST_TEST(without(0, 9) == "entries 1 to 9 are missing at the end");
}

BOOST_AUTO_TEST_CASE(a_line_that_was_dropped_and_the_others_renumbered_shows) {
    auto links = chainOf(5);
    links.erase(links.begin() + 2);
    for (std::size_t i = 2; i < links.size(); ++i) links[i].number = i + 1;
    const auto told = breaksOf(links);
    BOOST_TEST(told.find("entry 3 does not follow entry 2") != std::string::npos, told);
    BOOST_TEST(told.find("entry 3 was changed") != std::string::npos, told);
}

BOOST_AUTO_TEST_CASE(lines_that_changed_their_places_show) {
    auto links = chainOf(5);
    std::swap(links[1], links[2]);
    const auto told = breaksOf(links, markOf(links.back()));
    BOOST_TEST(told.find("entry 2 is missing") != std::string::npos, told);
    BOOST_TEST(told.find("entry 2 stands behind entry 3") != std::string::npos, told);
}

BOOST_AUTO_TEST_CASE(an_entry_with_a_hash_of_its_own_making_shows_at_the_next) {
    auto links = chainOf(5);
    links[2].outcome = "refused";
    links[2].hash = hashOf(links[2]);
    BOOST_TEST(breaksOf(links) == "entry 4 does not follow entry 3: one of them was replaced");
    links = chainOf(5);
    links[4].outcome = "refused";
    links[4].hash = hashOf(links[4]);
    BOOST_TEST(breaksOf(links, markOf(chainOf(5).back())) == "entry 5 is not the one that was written");
}

BOOST_AUTO_TEST_CASE(what_was_forgotten_in_order_does_not_break_the_chain) {
    auto links = chainOf(9);
    const auto forgotten = markOf(links[2]);
    links.erase(links.begin(), links.begin() + 3);
    BOOST_TEST(breaksOf(links, markOf(links.back()), forgotten) == "");
    links.erase(links.begin());
    BOOST_TEST(breaksOf(links, markOf(links.back()), forgotten) == "entry 4 is missing");
    BOOST_TEST(breaksOf(links, markOf(links.back()), std::nullopt) == "");  // nobody says where it begins
}

BOOST_AUTO_TEST_CASE(an_entry_without_a_hash_in_the_chain_shows) {
    auto links = chainOf(4);
    links[2].hash.clear();
    BOOST_TEST(breaksOf(links) == "entry 3 has no hash: it was not written by this program");
}

BOOST_AUTO_TEST_CASE(a_mark_is_read_as_it_is_written) {
    const auto mark = markOf(chainOf(3).back());
    BOOST_TEST((AuditMark::parse(mark.text()) == mark));
    for (const auto* wrong : {"", "3", "3:", "x:00", ":", "3:zz", "-1:00"})
        BOOST_TEST(!AuditMark::parse(wrong).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
