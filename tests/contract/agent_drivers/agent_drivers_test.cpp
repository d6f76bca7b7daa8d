#include <fmt/format.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>

#include "agent/base/clock.hpp"
#include "agent/http/server.hpp"
#include "agent/protocol/agent_client.hpp"
#include "coordinator/drivers/agent_connections.hpp"
#include "coordinator/drivers/agent_holder_driver.hpp"
#include "coordinator/drivers/agent_hypervisor_driver.hpp"
#include "coordinator/drivers/agent_image_store_driver.hpp"
#include "coordinator/drivers/agent_switch_driver.hpp"
#include "tests/support/certificates.hpp"

using namespace standin;
using namespace std::chrono_literals;
using base::ErrorCode;
using http::Request;
using http::Response;
using protocol::Json;

namespace {

constexpr auto deadline = 10s;
const base::AgentName agent_name("agent1");

/// An agent that a test scripts: routes of the protocol over real TLS, commands through the real gate.
struct ScriptedAgent {
    http::TlsLibrary library;
    tests::CertificateAuthority authority;
    tests::TemporaryDirectory directory;
    base::Log silent{"test", [](base::LogLevel, std::string_view) {}};
    std::unique_ptr<http::CommandGate> gate = std::move(*http::CommandGate::open(directory / "epoch"));
    http::Router router;
    std::shared_ptr<const http::Roles> roles = http::Roles::ofAgent({"coordinator"}, {});
    std::unique_ptr<http::Server> server;
    std::unique_ptr<drivers::AgentConnections> connections;
    std::atomic<int> commands{0};
    std::promise<void> release;  ///< of an agent that hangs

    void listen() {
        server = std::make_unique<http::Server>(*http::parseListen("127.0.0.1:0"),
                                                *http::serverContext(authority.issue("agent1")), router,
                                                http::Guard{roles, gate.get()}, silent);
        BOOST_REQUIRE(server->start());
        connect(fmt::format("https://127.0.0.1:{}", server->port()));
    }
    void connect(const std::string& url) {
        auto opened =
            drivers::AgentConnections::open({{agent_name, url}}, *http::clientContext(authority.issue("coordinator")));
        BOOST_REQUIRE(opened);
        connections = std::move(*opened);
    }
    void answers(const std::string& method, const std::string& pattern, Json body, int status = 200) {
        auto access = method == "GET" ? http::Access::Read : http::Access::Command;
        if (pattern.find("probes") != std::string::npos) access = http::Access::Probe;
        router.add(method, pattern, access, [this, body, status](const Request& request) -> base::Result<Response> {
            if (request.stamp) ++commands;
            return Response::json(body, status);
        });
    }
    void refuses(const std::string& method, const std::string& pattern, ErrorCode code) {
        router.add(method, pattern,
                   [code](const Request&) -> base::Result<Response> { return base::failure(code, "scripted"); });
    }
    [[nodiscard]] std::shared_ptr<protocol::AgentClient> client() const { return connections->client(agent_name); }
};

protocol::Segment segmentOf(bool verified) {
    protocol::Segment segment;
    segment.id = base::SegmentId("job01");
    segment.order.vlan = 101;
    segment.order.address = "10.77.1.10";
    segment.order.members = {{base::MemberName("server"), base::PortName("p1"), "52:54:00:77:01:0a"}};
    segment.order.job_ports = {8080};
    segment.ports = {{base::MemberName("server"), base::PortName("p1"), true, 101}};
    segment.verified = verified;
    return segment;
}

protocol::StandIn standInOf(protocol::StandInState state) {
    protocol::StandIn stand_in;
    stand_in.name = base::StandInName("server01-1");
    stand_in.definition.server = base::ServerName("server01");
    stand_in.definition.image = base::ImageId("image-1");
    stand_in.definition.image_url = "https://127.0.0.1:1";
    stand_in.definition.mac = "52:54:00:77:01:0a";
    stand_in.definition.address = "10.77.1.10";
    stand_in.definition.ports = {8080};
    stand_in.definition.memory_mib = stand_in.definition.maximum_memory_mib = 256;
    stand_in.resources.memory_mib = 256;
    stand_in.state = state;
    return stand_in;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(agent_drivers)

BOOST_FIXTURE_TEST_CASE(a_stand_in_is_resumed_and_its_state_read_back, ScriptedAgent) {
    answers("PUT", "/v1/stand-ins/{name}/state", toJson(standInOf(protocol::StandInState::Running)));
    listen();
    drivers::AgentHypervisorDriver driver(client());
    auto resumed = driver.setState({3, "17/ResumeStandIn/1"}, base::StandInName("server01-1"),
                                   protocol::StandInState::Running, deadline);
    BOOST_REQUIRE(resumed);
    BOOST_CHECK(resumed->state == protocol::StandInState::Running);
    BOOST_TEST(commands == 1);
}

BOOST_FIXTURE_TEST_CASE(a_command_that_is_repeated_is_answered_again_and_not_done_again, ScriptedAgent) {
    answers("PUT", "/v1/segments/{segment}", toJson(segmentOf(true)));
    listen();
    drivers::AgentSwitchDriver driver(client());
    const protocol::CommandStamp stamp{3, "17/FencePort/1"};
    BOOST_TEST(driver.setSegment(stamp, base::SegmentId("job01"), segmentOf(true).order, deadline).has_value());
    BOOST_TEST(driver.setSegment(stamp, base::SegmentId("job01"), segmentOf(true).order, deadline).has_value());
    BOOST_TEST(commands == 1);
}

BOOST_FIXTURE_TEST_CASE(a_deposed_coordinator_is_refused, ScriptedAgent) {
    answers("PUT", "/v1/segments/{segment}", toJson(segmentOf(true)));
    listen();
    drivers::AgentSwitchDriver driver(client());
    BOOST_TEST(driver.setSegment({4, "a"}, base::SegmentId("job01"), segmentOf(true).order, deadline).has_value());
    auto refused = driver.setSegment({3, "b"}, base::SegmentId("job01"), segmentOf(true).order, deadline);
    BOOST_REQUIRE(!refused);
    BOOST_CHECK(refused.error().code == ErrorCode::StaleEpoch);
    BOOST_TEST(commands == 1);
}

BOOST_FIXTURE_TEST_CASE(a_coordinator_that_claims_its_epoch_hears_of_a_newer_one, ScriptedAgent) {
    gate->addRoutes(router);
    listen();
    BOOST_TEST(connections->claim(agent_name, {3, "a"}, deadline).has_value());
    BOOST_TEST(connections->claim(agent_name, {4, "b"}, deadline).has_value());
    auto refused = connections->claim(agent_name, {3, "a"}, deadline);
    BOOST_REQUIRE(!refused);
    BOOST_CHECK(refused.error().code == ErrorCode::StaleEpoch);
}

BOOST_FIXTURE_TEST_CASE(a_coordinator_that_claims_its_epoch_hears_of_another_one_with_the_same, ScriptedAgent) {
    gate->addRoutes(router);
    answers("PUT", "/v1/segments/{segment}", toJson(segmentOf(true)));
    listen();
    BOOST_TEST(connections->claim(agent_name, {4, "a"}, deadline).has_value());
    auto refused = connections->claim(agent_name, {4, "b"}, deadline);
    BOOST_REQUIRE(!refused);
    BOOST_CHECK(refused.error().code == ErrorCode::StaleEpoch);
    BOOST_TEST(refused.error().message.find("copies of one journal") != std::string::npos);
    drivers::AgentSwitchDriver driver(client());
    auto ordered = driver.setSegment({4, "x", 1, "b"}, base::SegmentId("job01"), segmentOf(true).order, deadline);
    BOOST_CHECK(!ordered && ordered.error().code == ErrorCode::StaleEpoch);
    BOOST_TEST(commands == 0);
    BOOST_TEST(
        driver.setSegment({4, "x", 1, "a"}, base::SegmentId("job01"), segmentOf(true).order, deadline).has_value());
}

BOOST_FIXTURE_TEST_CASE(an_order_that_is_sent_after_a_later_one_is_refused, ScriptedAgent) {
    answers("PUT", "/v1/segments/{segment}", toJson(segmentOf(true)));
    listen();
    drivers::AgentSwitchDriver driver(client());
    auto order = [&](const protocol::CommandStamp& stamp) {
        return driver.setSegment(stamp, base::SegmentId("job01"), segmentOf(true).order, deadline);
    };
    BOOST_TEST(order({3, "17/GiveSegment/1", 8}).has_value());
    auto late = order({3, "17/FencePort/1", 7});
    BOOST_REQUIRE(!late);
    BOOST_CHECK(late.error().code == ErrorCode::Conflict);
    BOOST_TEST(commands == 1);
}

BOOST_FIXTURE_TEST_CASE(a_segment_that_was_not_verified_may_or_may_not_have_moved, ScriptedAgent) {
    answers("PUT", "/v1/segments/{segment}", toJson(segmentOf(false)));
    listen();
    auto moved = drivers::AgentSwitchDriver(client()).setSegment({1, "a"}, base::SegmentId("job01"),
                                                                 segmentOf(false).order, deadline);
    BOOST_REQUIRE(!moved);
    BOOST_CHECK(moved.error().code == ErrorCode::TimedOut);
}

BOOST_FIXTURE_TEST_CASE(an_agent_that_is_not_there_was_certainly_not_asked, ScriptedAgent) {
    listen();
    server->stop();
    auto asked = drivers::AgentHypervisorDriver(client()).capacity(deadline);
    BOOST_REQUIRE(!asked);
    BOOST_CHECK(asked.error().code == ErrorCode::Unreachable);
}

BOOST_FIXTURE_TEST_CASE(a_command_without_an_answer_in_time_may_have_happened, ScriptedAgent) {
    auto released = release.get_future().share();
    router.add("PUT", "/v1/jobs/{job}", [released](const Request&) -> base::Result<Response> {
        released.wait();
        return Response::empty();
    });
    listen();
    auto set = drivers::AgentHolderDriver(client()).setHold({1, "a"}, base::JobName("job01"),
                                                            protocol::HoldState::Holding, 200ms);
    release.set_value();
    BOOST_REQUIRE(!set);
    BOOST_CHECK(set.error().code == ErrorCode::TimedOut);
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_cannot_be_read_leaves_the_effect_unknown, ScriptedAgent) {
    answers("PUT", "/v1/stand-ins/{name}", Json{{"something", "else"}});
    listen();
    auto made = drivers::AgentHypervisorDriver(client()).make(
        {1, "a"}, base::StandInName("server01-1"), standInOf(protocol::StandInState::Making).definition, deadline);
    BOOST_REQUIRE(!made);
    BOOST_CHECK(made.error().code == ErrorCode::TimedOut);
}

BOOST_FIXTURE_TEST_CASE(what_the_agent_says_is_handed_on_with_its_code, ScriptedAgent) {
    refuses("GET", "/v1/images/{id}", ErrorCode::NotFound);
    refuses("PUT", "/v1/images/{id}", ErrorCode::WrongState);
    listen();
    drivers::AgentImageStoreDriver driver(client());
    auto image = driver.image(base::ImageId("image-1"), deadline);
    BOOST_REQUIRE(!image);
    BOOST_CHECK(image.error().code == ErrorCode::NotFound);
    auto captured = driver.capture({1, "a"}, base::ImageId("image-1"), base::DiskName("server01"), deadline);
    BOOST_REQUIRE(!captured);
    BOOST_CHECK(captured.error().code == ErrorCode::WrongState);
}

BOOST_FIXTURE_TEST_CASE(a_verification_is_ordered_and_read, ScriptedAgent) {
    protocol::ImageVerification damaged;
    damaged.image = base::ImageId("image-1");
    damaged.state = protocol::VerificationState::Damaged;
    damaged.damaged_blocks = 3;
    damaged.problem = "3 of its blocks";
    auto waiting = damaged;
    waiting.state = protocol::VerificationState::Waiting;
    answers("PUT", "/v1/images/{id}/verification", toJson(waiting), 202);
    answers("GET", "/v1/images/{id}/verification", toJson(damaged));
    listen();
    drivers::AgentImageStoreDriver driver(client());
    auto begun = driver.verify({1, "a"}, base::ImageId("image-1"), deadline);
    BOOST_REQUIRE(begun);
    BOOST_CHECK(begun->state == protocol::VerificationState::Waiting);
    auto told = driver.verification(base::ImageId("image-1"), deadline);
    BOOST_REQUIRE(told);
    BOOST_CHECK(told->state == protocol::VerificationState::Damaged);
    BOOST_TEST(told->damaged_blocks == 3U);
    BOOST_TEST(told->problem == "3 of its blocks");
}

BOOST_FIXTURE_TEST_CASE(removing_what_is_gone_succeeds, ScriptedAgent) {
    refuses("DELETE", "/v1/stand-ins/{name}", ErrorCode::NotFound);
    refuses("DELETE", "/v1/images/{id}", ErrorCode::Conflict);
    listen();
    BOOST_TEST(drivers::AgentHypervisorDriver(client())
                   .remove({1, "a"}, base::StandInName("server01-1"), deadline)
                   .has_value());
    BOOST_TEST(
        !drivers::AgentImageStoreDriver(client()).remove({1, "b"}, base::ImageId("image-1"), deadline).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_probe_that_is_not_answered_is_an_answer, ScriptedAgent) {
    protocol::ProbeAnswer silence;
    silence.problem = "connection refused";
    answers("POST", "/v1/jobs/{job}/probes", toJson(silence));
    listen();
    protocol::ProbeRequest request;
    request.probe.port = 8080;
    auto probed = drivers::AgentHolderDriver(client()).probe(base::JobName("job01"), request, deadline);
    BOOST_REQUIRE(probed);
    BOOST_TEST(!probed->answered);
}

BOOST_FIXTURE_TEST_CASE(an_unwell_agents_checks_are_told, ScriptedAgent) {
    protocol::Health health;
    health.agent = "agent1";
    health.checks = {{"libvirt", false, "not reachable", "start libvirtd"}};
    answers("GET", "/v1/health", toJson(health), 503);
    listen();
    auto told = connections->health(agent_name, deadline);
    BOOST_REQUIRE(told);
    BOOST_TEST(!told->ok());
    BOOST_TEST(told->checks.front().cure == "start libvirtd");
}

BOOST_FIXTURE_TEST_CASE(connections_stay_open_between_commands, ScriptedAgent) {
    answers("GET", "/v1/capacity", toJson(protocol::Capacity{}));
    listen();
    drivers::AgentHypervisorDriver driver(client());
    BOOST_TEST(driver.capacity(deadline).has_value());
    auto best = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 50; ++i) {
        auto begin = std::chrono::steady_clock::now();
        BOOST_TEST(driver.capacity(deadline).has_value());
        best = std::min(best, std::chrono::steady_clock::now() - begin);
    }
    // The best of fifty on a machine of any speed: a handshake of both sides costs several times as much.
    BOOST_TEST_MESSAGE("best call " << base::milliseconds(best) << " ms");
    auto fresh_begin = std::chrono::steady_clock::now();
    connect(fmt::format("https://127.0.0.1:{}", server->port()));
    BOOST_TEST(drivers::AgentHypervisorDriver(client()).capacity(deadline).has_value());
    BOOST_CHECK(best < std::chrono::steady_clock::now() - fresh_begin);
}

BOOST_AUTO_TEST_SUITE_END()
