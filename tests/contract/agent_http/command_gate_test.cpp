#include <boost/test/unit_test.hpp>

#include "agent/http/command_gate.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;

namespace {

struct Gate {
    tests::TemporaryDirectory directory;
    std::unique_ptr<http::CommandGate> gate = reopened();
    int handled = 0;

    std::unique_ptr<http::CommandGate> reopened() {
        auto opened = http::CommandGate::open(directory / "epoch", {"coordinator"});
        BOOST_REQUIRE(opened);
        return std::move(*opened);
    }
    base::Result<http::Response> command(std::uint64_t epoch, const std::string& operation, const std::string& peer = "coordinator") {
        http::Request request;
        request.method = "PUT";
        request.path = "/v1/thing";
        request.peer = peer;
        request.headers = {{"standin-epoch", std::to_string(epoch)}, {"standin-operation", operation}};
        return gate->pass(request, [this](const http::Request&) -> base::Result<http::Response> {
            ++handled;
            return http::Response::json({{"handled", handled}});
        });
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(command_gate)

BOOST_FIXTURE_TEST_CASE(a_command_of_an_older_epoch_is_refused, Gate) {
    BOOST_REQUIRE(command(7, "1/a"));
    auto refused = command(6, "1/b");
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Conflict));
    BOOST_TEST(handled == 1);
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

BOOST_FIXTURE_TEST_CASE(a_peer_that_is_no_commander_commands_nothing, Gate) {
    auto refused = command(1, "1/a", "vmhost1");
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Refused));
    BOOST_TEST(handled == 0);
    BOOST_TEST(gate->highestEpoch() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_command_without_its_headers_is_refused, Gate) {
    http::Request request;
    request.peer = "coordinator";
    auto refused = gate->pass(request, [](const http::Request&) -> base::Result<http::Response> { return http::Response::empty(); });
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::InvalidInput));
}

BOOST_AUTO_TEST_CASE(a_damaged_epoch_file_is_told_and_not_taken_for_zero) {
    tests::TemporaryDirectory directory;
    tests::writeFile(directory / "epoch", "seven\n");
    auto opened = http::CommandGate::open(directory / "epoch", {"coordinator"});
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().code == base::ErrorCode::Corrupt));
}

BOOST_AUTO_TEST_SUITE_END()
