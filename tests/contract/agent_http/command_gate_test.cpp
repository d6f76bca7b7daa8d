#include "agent/http/command_gate.hpp"

#include <sys/stat.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <future>

#include "tests/support/temporary_directory.hpp"

using namespace standin;

namespace {

struct Gate {
    tests::TemporaryDirectory directory;
    std::unique_ptr<http::CommandGate> gate = reopened();
    std::atomic<int> handled = 0;

    std::unique_ptr<http::CommandGate> reopened() {
        auto opened = http::CommandGate::open(directory / "epoch");
        BOOST_REQUIRE(opened);
        return std::move(*opened);
    }
    http::Request request(const protocol::CommandStamp& stamp, const std::string& subject = "/v1/things/a") {
        http::Request request;
        request.method = "PUT";
        request.path = request.subject = subject;
        request.peer = "coordinator";
        request.headers = {{"standin-epoch", std::to_string(stamp.epoch)},
                           {"standin-operation", stamp.operation},
                           {"standin-sequence", std::to_string(stamp.sequence)}};
        if (!stamp.instance.empty()) request.headers["standin-instance"] = stamp.instance;
        return request;
    }
    base::Result<http::Response> pass(http::Request request) {
        return gate->pass(request, [this](const http::Request&) -> base::Result<http::Response> {
            const int now = ++handled;
            return http::Response::json({{"handled", now}});
        });
    }
    base::Result<http::Response> command(std::uint64_t epoch, const std::string& operation) {
        return pass(request({epoch, operation}));
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(command_gate)

BOOST_FIXTURE_TEST_CASE(a_command_of_an_older_epoch_is_refused, Gate) {
    BOOST_REQUIRE(command(7, "1/a"));
    auto refused = command(6, "1/b");
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::StaleEpoch));
    BOOST_TEST(handled == 1);
}

BOOST_FIXTURE_TEST_CASE(an_epoch_that_no_coordinator_reaches_locks_nobody_out, Gate) {
    for (const std::uint64_t epoch : {protocol::largest_epoch + 1, std::uint64_t{UINT64_MAX}}) {
        auto refused = command(epoch, "1/a");
        BOOST_REQUIRE(!refused);
        BOOST_TEST((refused.error().code == base::ErrorCode::InvalidInput));
    }
    BOOST_TEST(command(7, "1/b").has_value());
}

BOOST_FIXTURE_TEST_CASE(a_command_of_the_same_epoch_and_another_instance_is_refused, Gate) {
    BOOST_REQUIRE(pass(request({7, "1/a", 1, "first"})));
    for (const char* other : {"second", ""}) {
        auto refused = pass(request({7, "1/b", 2, other}));
        BOOST_REQUIRE(!refused);
        BOOST_TEST((refused.error().code == base::ErrorCode::StaleEpoch), other);
    }
    BOOST_TEST(handled == 1);
    BOOST_TEST(pass(request({7, "1/c", 2, "first"})).has_value());
    BOOST_TEST(pass(request({8, "1/a", 1, "second"})).has_value());
    BOOST_TEST((pass(request({7, "1/d", 3, "first"})).error().code == base::ErrorCode::StaleEpoch));
}

BOOST_FIXTURE_TEST_CASE(the_instance_survives_a_restart, Gate) {
    BOOST_REQUIRE(pass(request({7, "1/a", 1, "first"})));
    gate = reopened();
    BOOST_TEST((pass(request({7, "1/b", 2, "second"})).error().code == base::ErrorCode::StaleEpoch));
    BOOST_TEST(pass(request({7, "1/c", 2, "first"})).has_value());
}

// The agent was updated: its file has an epoch and no instance.
BOOST_AUTO_TEST_CASE(an_epoch_without_an_instance_belongs_to_the_first_that_names_one) {
    tests::TemporaryDirectory directory;
    tests::writeFile(directory / "epoch", "7\n");
    auto gate = http::CommandGate::open(directory / "epoch");
    BOOST_REQUIRE(gate);
    const auto pass = [&](const std::string& operation, const std::string& instance) {
        http::Request request;
        request.method = "PUT";
        request.path = request.subject = "/v1/things/a";
        request.peer = "coordinator";
        request.headers = {{"standin-epoch", "7"}, {"standin-operation", operation}, {"standin-instance", instance}};
        return (*gate)->pass(
            request, [](const http::Request&) -> base::Result<http::Response> { return http::Response::empty(); });
    };
    BOOST_TEST(pass("1/a", "").has_value());
    BOOST_TEST(pass("1/b", "first").has_value());
    BOOST_TEST((pass("1/c", "second").error().code == base::ErrorCode::StaleEpoch));
    BOOST_TEST((pass("1/d", "no instance\n").error().code == base::ErrorCode::InvalidInput));
    BOOST_TEST((pass("1/e", std::string(65, 'a')).error().code == base::ErrorCode::InvalidInput));
}

BOOST_FIXTURE_TEST_CASE(a_command_that_was_given_up_does_not_undo_a_later_one, Gate) {
    BOOST_REQUIRE(pass(request({1, "1/StopStandIn/1", 8})));
    auto late = pass(request({1, "1/ResumeStandIn/1", 7}));
    BOOST_REQUIRE(!late);
    BOOST_TEST((late.error().code == base::ErrorCode::Conflict));
    BOOST_TEST(handled == 1);
}

BOOST_FIXTURE_TEST_CASE(commands_of_one_attempt_bear_one_sequence_and_are_all_carried_out, Gate) {
    BOOST_REQUIRE(pass(request({1, "1/RetireHolder/1/release", 7})));
    BOOST_REQUIRE(pass(request({1, "1/RetireHolder/1/idle", 7})));
    BOOST_TEST(handled == 2);
}

BOOST_FIXTURE_TEST_CASE(a_late_command_for_one_thing_is_not_refused_because_of_another_thing, Gate) {
    BOOST_REQUIRE(pass(request({1, "1/a", 8}, "/v1/things/a")));
    BOOST_TEST(pass(request({1, "1/b", 7}, "/v1/things/b")).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_command_without_a_sequence_counts_as_the_oldest, Gate) {
    auto by_hand = request({1, "by hand"});
    by_hand.headers.erase("standin-sequence");
    BOOST_TEST(pass(by_hand).has_value());
    BOOST_REQUIRE(pass(request({1, "1/a", 8})));
    by_hand.headers["standin-operation"] = "by hand again";
    BOOST_TEST((pass(by_hand).error().code == base::ErrorCode::Conflict));
}

BOOST_FIXTURE_TEST_CASE(the_sequence_begins_anew_with_each_epoch, Gate) {
    BOOST_REQUIRE(pass(request({1, "1/a", 8})));
    BOOST_REQUIRE(pass(request({2, "1/b", 1})));
    BOOST_TEST((pass(request({1, "1/c", 9})).error().code == base::ErrorCode::StaleEpoch));
}

// The late one has passed the gate's door when its coordinator gives it up; the later one must not go before it.
BOOST_FIXTURE_TEST_CASE(a_command_waits_until_an_earlier_one_for_the_same_thing_has_ended, Gate) {
    std::promise<void> begun, go_on;
    std::string course;
    auto slow = std::async(std::launch::async, [&] {
        auto late = request({1, "1/a", 7});
        return gate->pass(late, [&](const http::Request&) -> base::Result<http::Response> {
            begun.set_value();
            go_on.get_future().wait();
            course += "late ";
            return http::Response::empty();
        });
    });
    begun.get_future().wait();
    auto fast = std::async(std::launch::async, [&] {
        auto later = request({1, "1/b", 8});
        return gate->pass(later, [&](const http::Request&) -> base::Result<http::Response> {
            course += "later";
            return http::Response::empty();
        });
    });
    BOOST_TEST((fast.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout));
    go_on.set_value();
    BOOST_TEST(slow.get().has_value());
    BOOST_TEST(fast.get().has_value());
    BOOST_TEST(course == "late later");
}

BOOST_FIXTURE_TEST_CASE(a_deposed_coordinator_learns_it_when_it_claims_its_epoch, Gate) {
    http::Router router;
    gate->addRoutes(router);
    auto claim = [&](std::uint64_t epoch) {
        auto asked = request({epoch, "epoch"}, "/v1/epoch");
        auto route = router.find(asked);
        BOOST_REQUIRE(route);
        return gate->pass(asked, (*route)->handler);
    };
    BOOST_TEST(claim(7).has_value());
    BOOST_TEST(claim(7).has_value());
    BOOST_TEST((claim(6).error().code == base::ErrorCode::StaleEpoch));
    BOOST_TEST(gate->highestEpoch() == 7U);
}

BOOST_AUTO_TEST_CASE(all_commands_for_one_thing_have_the_same_subject) {
    http::Router router;
    auto nothing = [](const http::Request&) -> base::Result<http::Response> { return http::Response::empty(); };
    router.add("PUT", "/v1/stand-ins/{name}", nothing);
    router.add("PUT", "/v1/stand-ins/{name}/state", nothing);
    router.add("PUT", "/v1/epoch", nothing);
    auto subjectOf = [&](const std::string& path) {
        http::Request request;
        request.method = "PUT";
        request.path = path;
        BOOST_REQUIRE(router.find(request));
        return request.subject;
    };
    BOOST_TEST(subjectOf("/v1/stand-ins/server01-3") == "/v1/stand-ins/server01-3");
    BOOST_TEST(subjectOf("/v1/stand-ins/server01-3/state") == "/v1/stand-ins/server01-3");
    BOOST_TEST(subjectOf("/v1/epoch") == "/v1/epoch");
}

BOOST_FIXTURE_TEST_CASE(the_highest_epoch_survives_a_restart, Gate) {
    BOOST_REQUIRE(command(7, "1/a"));
    gate = reopened();
    BOOST_TEST(gate->highestEpoch() == 7U);
    BOOST_TEST(!command(6, "1/b").has_value());
}

BOOST_FIXTURE_TEST_CASE(the_same_command_twice_is_answered_twice_and_done_once, Gate) {
    auto first = command(1, "1/a");
    auto second = command(1, "1/a");
    BOOST_REQUIRE(first);
    BOOST_REQUIRE(second);
    BOOST_TEST(handled == 1);
    BOOST_TEST(first->body == second->body);
}

BOOST_FIXTURE_TEST_CASE(a_command_without_its_headers_is_refused, Gate) {
    http::Request request;
    request.peer = "coordinator";
    auto refused = gate->pass(
        request, [](const http::Request&) -> base::Result<http::Response> { return http::Response::empty(); });
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::InvalidInput));
}

BOOST_AUTO_TEST_CASE(a_damaged_epoch_file_is_told_and_not_taken_for_zero) {
    tests::TemporaryDirectory directory;
    for (const char* damaged :
         {"seven\n", "", "7 \n", "7 \x01\n", "7 a b\n", "1000000000001\n", "18446744073709551615\n"}) {
        tests::writeFile(directory / "epoch", damaged);
        auto opened = http::CommandGate::open(directory / "epoch");
        BOOST_REQUIRE(!opened);
        BOOST_TEST((opened.error().code == base::ErrorCode::Corrupt), damaged);
    }
    std::filesystem::remove(directory / "epoch");
    ::mkfifo((directory / "epoch").c_str(), 0600);
    auto pipe = http::CommandGate::open(directory / "epoch");
    BOOST_REQUIRE(!pipe);
    BOOST_TEST(pipe.error().message.find("is a named pipe") != std::string::npos, pipe.error().message);
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_leaves_its_thing_free_for_the_next_command, Gate) {
    const auto throwing = [](const http::Request&) -> base::Result<http::Response> { throw std::bad_alloc(); };
    auto first = request({1, "1/a", 1});
    BOOST_CHECK_THROW((void)gate->pass(first, throwing), std::bad_alloc);
    BOOST_REQUIRE(pass(request({1, "1/b", 2})));  // at once: not after the longest turn
    BOOST_TEST(handled == 1);
}

BOOST_FIXTURE_TEST_CASE(a_command_whose_handler_threw_was_not_answered_and_is_carried_out_when_it_comes_again, Gate) {
    const auto throwing = [](const http::Request&) -> base::Result<http::Response> { throw 17; };  // no std::exception
    auto first = request({1, "1/a", 1});
    BOOST_CHECK_THROW((void)gate->pass(first, throwing), int);
    BOOST_REQUIRE(pass(request({1, "1/a", 1})));
    BOOST_TEST(handled == 1);
}

BOOST_FIXTURE_TEST_CASE(who_waits_for_the_answer_of_a_handler_that_throws_has_its_own_turn, Gate) {
    std::promise<void> entered, leave;
    auto first = std::async(std::launch::async, [&] {
        auto its = request({1, "1/a", 1});
        BOOST_CHECK_THROW((void)gate->pass(its,
                                           [&](const http::Request&) -> base::Result<http::Response> {
                                               entered.set_value();
                                               leave.get_future().wait();
                                               throw std::runtime_error("no");
                                           }),
                          std::runtime_error);
    });
    entered.get_future().wait();
    auto again = std::async(std::launch::async, [&] { return pass(request({1, "1/a", 1})); });
    auto next = std::async(std::launch::async, [&] { return pass(request({1, "1/b", 2})); });
    leave.set_value();
    first.get();
    BOOST_TEST(next.get().has_value());
    static_cast<void>(again.get());  // answered, or too late behind the next one; but it returns
}

BOOST_AUTO_TEST_SUITE_END()
