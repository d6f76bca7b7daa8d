#include "agent/base/shared.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

using standin::base::Shared;

BOOST_AUTO_TEST_SUITE(shared)

BOOST_AUTO_TEST_CASE(copies_share_their_value_until_one_is_changed) {
    Shared<std::string> one(std::string("before"));
    const Shared<std::string> other = one;
    BOOST_TEST(one.sharesWith(other));
    BOOST_TEST(&*one == &*other);
    one.own() = "after";
    BOOST_TEST(!one.sharesWith(other));
    BOOST_TEST(*one == "after");
    BOOST_TEST(*other == "before");
}

BOOST_AUTO_TEST_CASE(what_nobody_shares_is_changed_where_it_is) {
    Shared<std::string> value(std::string("before"));
    const auto* const place = &*value;
    { const Shared<std::string> copy = value; }
    value.own() = "after";
    BOOST_TEST(&*value == place);
    const Shared<std::string> moved = std::move(value);
    BOOST_TEST(&*moved == place);
}

BOOST_AUTO_TEST_CASE(threads_may_read_and_change_copies_of_the_same_value) {
    const Shared<int> first(1);
    std::vector<std::thread> threads;
    std::vector<int> found(4);
    for (std::size_t i = 0; i < found.size(); ++i) {
        threads.emplace_back([copy = first, &its = found[i]]() mutable {
            for (int round = 0; round < 1000; ++round) {
                const Shared<int> before = copy;
                ++copy.own();
                its += *copy - *before;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (const int its : found) BOOST_TEST(its == 1000);
    BOOST_TEST(*first == 1);
}

BOOST_AUTO_TEST_SUITE_END()
