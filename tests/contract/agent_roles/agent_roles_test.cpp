// Who may ask an agent for what: every route of every capability times every kind of certificate. The routes are the
// capabilities' own; behind them is a handler that only counts.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <set>

#include "agent/http/health.hpp"
#include "agent/http/metrics.hpp"
#include "agent/http/server.hpp"
#include "agent/hypervisor/hypervisor_capability.hpp"
#include "agent/hypervisor/stand_ins/agent_image_source.hpp"
#include "agent/image_store/image_store_capability.hpp"
#include "agent/protocol/agent_client.hpp"
#include "agent/request_holder/request_holder.hpp"
#include "agent/switch/switch_capability.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using http::Access;
using http::Grants;

namespace {

struct Demand {
    std::string method;
    std::string pattern;
    Access access;
};

// A new route has to be put down here: that is when somebody thinks about who may use it.
const std::vector<Demand> demands{
    {"GET", "/v1/health", Access::Read},
    {"GET", "/v1/epoch", Access::Read},
    {"PUT", "/v1/epoch", Access::Command},
    {"GET", "/v1/capacity", Access::Read},
    {"GET", "/v1/stand-ins", Access::Read},
    {"GET", "/v1/stand-ins/{name}", Access::Read},
    {"GET", "/v1/stand-ins/{name}/requests", Access::Read},
    {"GET", "/v1/stand-ins/{name}/clock", Access::Read},
    {"PUT", "/v1/stand-ins/{name}", Access::Command},
    {"PUT", "/v1/stand-ins/{name}/state", Access::Command},
    {"PUT", "/v1/stand-ins/{name}/resources", Access::Command},
    {"DELETE", "/v1/stand-ins/{name}", Access::Command},
    {"GET", "/v1/segments", Access::Read},
    {"GET", "/v1/segments/{segment}", Access::Read},
    {"PUT", "/v1/segments/{segment}", Access::Command},
    {"DELETE", "/v1/segments/{segment}", Access::Command},
    {"POST", "/v1/segments/{segment}/announcements", Access::Command},
    {"GET", "/v1/ports", Access::Read},
    {"GET", "/v1/disks", Access::Read},
    {"GET", "/v1/images", Access::Read},
    {"GET", "/v1/images/{id}", Access::Read},
    {"PUT", "/v1/images/{id}", Access::Command},
    {"DELETE", "/v1/images/{id}", Access::Command},
    {"GET", "/v1/images/{a}/difference/{b}", Access::Read},
    {"GET", "/v1/images/{id}/verification", Access::Read},
    {"PUT", "/v1/images/{id}/verification", Access::Command},
    {"GET", "/v1/images/{id}/content", Access::Content},
    {"GET", "/v1/images/{id}/manifest", Access::Content},
    {"GET", "/v1/images/{id}/blocks", Access::Content},
    {"GET", "/v1/restores", Access::Read},
    {"GET", "/v1/restores/{id}", Access::Read},
    {"PUT", "/v1/restores/{id}", Access::Command},
    {"DELETE", "/v1/restores/{id}", Access::Command},
    {"GET", "/v1/jobs", Access::Read},
    {"GET", "/v1/jobs/{job}", Access::Read},
    {"PUT", "/v1/jobs/{job}", Access::Command},
    {"POST", "/v1/jobs/{job}/probes", Access::Probe},
};

struct Holder {
    std::string certificate;
    Grants grants;
};

const std::vector<Holder> holders{
    {"coordinator", {Access::Read, Access::Command, Access::Content, Access::Probe}},
    {"vmhost1", {Access::Read, Access::Content}},
    {"vmhost2", {Access::Read}},  // a VM host that nobody has named
    {"switch1", {Access::Read}},
    {"holder1", {Access::Read}},
    {"store1", {Access::Read}},
    {"operator", {Access::Read}},
    {"Coordinator", {Access::Read}},
    {"coordinator2", {Access::Read}},
    {"commanders", {Access::Read}},
};

struct AgentOfAllRoutes {
    http::TlsLibrary library;
    tests::CertificateAuthority authority;
    tests::TemporaryDirectory directory;
    base::SystemClock clock;
    base::Log silent{"test", [](base::LogLevel, std::string_view) {}};
    http::Metrics metrics;
    http::Router declared;  ///< as the capabilities declare them
    http::Router counting;
    std::atomic<int> handled{0};
    std::atomic<int> commanded{0};
    std::vector<std::unique_ptr<http::Capability>> capabilities;
    http::HealthChecks health{"agent"};
    std::unique_ptr<http::CommandGate> gate = std::move(*http::CommandGate::open(directory / "epoch"));
    std::unique_ptr<http::Server> server;

    AgentOfAllRoutes() {
        declareAll();
        for (const auto& route : declared.routes()) {
            const bool commands = route.access == Access::Command || route.access == Access::Probe;
            counting.add(route.method, route.pattern, route.access,
                         [this, commands](const http::Request&) -> base::Result<http::Response> {
                             ++handled;
                             if (commands) ++commanded;
                             return http::Response::json(protocol::Json::object());
                         });
        }
        const auto roles = http::Roles::ofAgent({"coordinator"}, {"vmhost1"});
        server = std::make_unique<http::Server>(*http::parseListen("127.0.0.1:0"),
                                                *http::serverContext(authority.issue("agent")), counting,
                                                http::Guard{roles, gate.get()}, silent);
        BOOST_REQUIRE(server->start());
    }
    ~AgentOfAllRoutes() { server->stop(); }

    void declareAll() {
        image_store::ImageStoreSettings store;
        store.images_dir = directory / "images";
        hypervisor::HypervisorSettings host;
        host.uri = "test:///default";
        host.stand_in_dir = directory / "stand-ins";
        auto images = std::make_unique<hypervisor::AgentImageSource>(*http::clientContext(authority.issue("vmhost1")));
        capabilities.push_back(std::make_unique<hypervisor::HypervisorCapability>(
            host, base::AgentName("agent"), std::move(images), clock, metrics, silent));
        capabilities.push_back(
            std::make_unique<lan_switch::SwitchCapability>(lan_switch::SwitchSettings{}, clock, metrics, silent));
        capabilities.push_back(std::make_unique<image_store::ImageStoreCapability>(store, clock, metrics, silent));
        capabilities.push_back(std::make_unique<request_holder::RequestHolder>(
            request_holder::RequestHolderSettings{}, "agent", directory / "holder", metrics, silent));
        health.addRoutes(declared);
        gate->addRoutes(declared);
        for (const auto& capability : capabilities) capability->addRoutes(declared);
    }

    std::unique_ptr<protocol::AgentClient> clientOf(const std::string& name) {
        auto opened = protocol::AgentClient::open("agent", fmt::format("https://127.0.0.1:{}", server->port()),
                                                  *http::clientContext(authority.issue(name)));
        BOOST_REQUIRE(opened);
        return std::move(*opened);
    }
};

std::string pathOf(std::string pattern) {
    for (auto open = pattern.find('{'); open != std::string::npos; open = pattern.find('{'))
        pattern.replace(open, pattern.find('}', open) + 1 - open, "a");
    return pattern;
}

base::Result<void> ask(protocol::AgentClient& client, const Demand& demand, const std::string& operation) {
    constexpr auto deadline = std::chrono::seconds(20);
    const auto body = protocol::Json::object();
    const auto path = pathOf(demand.pattern);
    base::Result<void> outcome;
    auto take = [&](const auto& answer) {
        if (!answer) outcome = base::failure(answer.error());
    };
    if (demand.method == "GET") take(client.get(path, deadline));
    if (demand.method == "PUT") take(client.put(path, body, {9, operation}, deadline));
    if (demand.method == "POST") take(client.post(path, body, {9, operation}, deadline));
    if (demand.method == "DELETE") take(client.remove(path, {9, operation}, deadline));
    return outcome;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(agent_roles)

BOOST_FIXTURE_TEST_CASE(every_route_says_which_role_it_demands, AgentOfAllRoutes) {
    std::set<std::string> known;
    for (const auto& demand : demands) known.insert(demand.method + " " + demand.pattern);
    for (const auto& route : declared.routes()) {
        const auto name = route.method + " " + route.pattern;
        const auto demand = std::find_if(demands.begin(), demands.end(), [&](const Demand& one) {
            return one.method == route.method && one.pattern == route.pattern;
        });
        BOOST_REQUIRE_MESSAGE(demand != demands.end(), name << " is new: put down which role it demands");
        BOOST_TEST((demand->access == route.access), name);
        known.erase(name);
    }
    BOOST_TEST(known.empty(), (known.empty() ? "" : *known.begin()) << " is gone");
}

BOOST_FIXTURE_TEST_CASE(every_certificate_gets_what_its_roles_allow_and_nothing_else, AgentOfAllRoutes) {
    for (const auto& holder : holders) {
        auto client = clientOf(holder.certificate);
        int number = 0;
        for (const auto& demand : demands) {
            const int before = handled;
            const auto outcome = ask(*client, demand, fmt::format("{}/{}", holder.certificate, ++number));
            const auto name = fmt::format("'{}': {} {}", holder.certificate, demand.method, demand.pattern);
            if (holder.grants.may(demand.access)) {
                BOOST_TEST(outcome.has_value(), name);
            } else {
                BOOST_REQUIRE_MESSAGE(!outcome, name);
                BOOST_TEST((outcome.error().code == base::ErrorCode::Forbidden), name);
                BOOST_TEST(handled == before, name);
            }
        }
    }
}

// An attacker with another part's certificate: no command and no probe reaches a handler, nor does it raise the epoch.
BOOST_FIXTURE_TEST_CASE(another_agents_certificate_commands_nothing, AgentOfAllRoutes) {
    for (const auto* name : {"vmhost1", "switch1", "holder1", "store1", "agent", "operator"}) {
        auto attacker = clientOf(name);
        for (const auto& demand : demands) {
            if (demand.access != Access::Command && demand.access != Access::Probe) continue;
            const auto outcome = ask(*attacker, demand, std::string("attack/") + name);
            BOOST_REQUIRE(!outcome);
            BOOST_TEST((outcome.error().code == base::ErrorCode::Forbidden));
            BOOST_TEST(outcome.error().message.find("role 'commanders'") != std::string::npos, outcome.error().message);
        }
    }
    BOOST_TEST(commanded == 0);
    BOOST_TEST(gate->highestEpoch() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_disks_content_is_refused_with_the_role_that_is_missing, AgentOfAllRoutes) {
    auto refused = clientOf("operator")->get("/v1/images/a/content", std::chrono::seconds(20));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Forbidden));
    BOOST_TEST(refused.error().message.find("needs role 'readers'") != std::string::npos, refused.error().message);
    BOOST_TEST(refused.error().message.find("agent.readers") != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
