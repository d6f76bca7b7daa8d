#include "agent/base/name_map.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

#include "agent/base/identifier.hpp"

using namespace standin::base;

namespace {

template <typename Map>
std::vector<std::string> namesIn(const Map& map) {
    std::vector<std::string> names;
    for (const auto& [name, value] : map) names.push_back(name);
    return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(name_map)

BOOST_AUTO_TEST_CASE(it_is_gone_through_in_the_names_order_and_finds_by_name) {
    NameMap<std::string, int> map;
    for (const char* name : {"c", "a", "b"}) map[name] = static_cast<int>(*name);
    BOOST_TEST(namesIn(map) == (std::vector<std::string>{"a", "b", "c"}), boost::test_tools::per_element());
    BOOST_TEST(map.at("b") == 'b');
    BOOST_TEST(map.count("d") == 0U);
    BOOST_TEST((map.find("d") == map.end()));
    BOOST_CHECK_EXCEPTION((void)map.at("d"), std::out_of_range,
                          [](const auto& error) { return std::string(error.what()) == "there is no 'd'"; });
}

BOOST_AUTO_TEST_CASE(what_is_erased_is_not_found_any_more) {
    NameMap<ServerName, int> map;
    const ServerName one("server01"), other("server02");
    map[one] = 1;
    map[other] = 2;
    BOOST_TEST(map.erase(one) == 1U);
    BOOST_TEST(map.erase(one) == 0U);
    BOOST_TEST(map.count(one) == 0U);
    BOOST_TEST((map.erase(map.find(other)) == map.end()));
    BOOST_TEST(map.empty());
    map[one] = 3;
    BOOST_TEST(map.at(one) == 3);
    map.clear();
    BOOST_TEST((map.find(one) == map.end()));
}

BOOST_AUTO_TEST_CASE(a_value_that_is_there_is_left_alone_or_replaced_as_asked) {
    NameMap<std::string, std::unique_ptr<int>> map;
    BOOST_TEST(map.try_emplace("a", std::make_unique<int>(1)).second);
    auto second = std::make_unique<int>(2);
    BOOST_TEST(!map.try_emplace("a", std::move(second)).second);
    BOOST_TEST(*map.at("a") == 1);
    map.insert_or_assign("a", std::make_unique<int>(3));
    BOOST_TEST(*map.at("a") == 3);
}

BOOST_AUTO_TEST_CASE(a_copy_finds_its_own_entries_and_one_that_was_moved_keeps_them) {
    NameMap<std::string, int> map;
    map["short"] = 1;
    map[std::string(40, 'x')] = 2;
    auto copy = map;
    copy.at("short") = 9;
    BOOST_TEST(map.at("short") == 1);
    const int* place = &map.at("short");
    const auto moved = std::move(map);
    BOOST_TEST(&moved.at("short") == place);
    BOOST_TEST(moved.at(std::string(40, 'x')) == 2);
    copy = moved;
    BOOST_TEST(copy.at("short") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
