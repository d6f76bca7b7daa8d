#include "agent/hypervisor/libvirt/bounded_calls.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin;
using namespace std::chrono_literals;
using hypervisor::BoundedCalls;

namespace {

/// A library that hangs until it is let go.
struct Hanging {
    std::promise<void> go;
    std::shared_future<void> gone = go.get_future().share();
    std::promise<void> begun;

    std::function<base::Result<int>()> call() {
        return [gate = gone]() -> base::Result<int> {
            gate.wait();
            return 1;
        };
    }
};

base::Result<int> seven() {
    return 7;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bounded_calls)

BOOST_AUTO_TEST_CASE(a_call_s_result_is_handed_over) {
    BoundedCalls calls("libvirt", 4);
    const auto result = calls.call<int>("count", 10s, seven);
    BOOST_REQUIRE(result);
    BOOST_TEST(*result == 7);
}

BOOST_AUTO_TEST_CASE(a_call_that_hangs_ends_at_its_deadline_and_says_so) {
    Hanging library;
    BoundedCalls calls("libvirt", 4);
    const auto result = calls.call<int>("resume domain x", 20ms, library.call());
    BOOST_REQUIRE(!result);
    BOOST_TEST((result.error().code == base::ErrorCode::TimedOut));
    BOOST_TEST(result.error().message.starts_with("could not resume domain x: libvirt did not answer within 20 ms"));
    BOOST_TEST(calls.overdueCalls() == 1U);
    library.go.set_value();
}

BOOST_AUTO_TEST_CASE(others_go_on_while_one_hangs) {
    Hanging library;
    BoundedCalls calls("libvirt", 2);
    static_cast<void>(calls.call<int>("hang", 20ms, library.call()));
    BOOST_TEST(calls.call<int>("count", 10s, seven).has_value());
    library.go.set_value();
}

BOOST_AUTO_TEST_CASE(when_all_threads_hang_a_call_is_certainly_not_made) {
    Hanging library;
    BoundedCalls calls("libvirt", 1);
    static_cast<void>(calls.call<int>("hang", 20ms, library.call()));
    auto made = std::make_shared<std::atomic<bool>>(false);
    const auto result = calls.call<int>("count", 20ms, [made]() -> base::Result<int> {
        *made = true;
        return 1;
    });
    BOOST_REQUIRE(!result);
    BOOST_TEST((result.error().code == base::ErrorCode::Unreachable));
    library.go.set_value();
    BOOST_TEST(calls.call<int>("count", 10s, seven).has_value());
    BOOST_TEST(!*made);
    BOOST_TEST(calls.overdueCalls() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
