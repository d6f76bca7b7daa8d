#include "tests/contract/coordinator_api/api_under_test.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "agent/http/server.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/what_if/plan_json.hpp"
#include "coordinator/what_if/rehearsal.hpp"
#include "tests/support/adopted_journal.hpp"

namespace standin::tests {

using base::ErrorCode;
using base::failure;
using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

base::Unexpected nobodyThere() {
    return failure(ErrorCode::Unreachable, "could not reach the agent: scripted");
}

class SilentHypervisor final : public drivers::HypervisorDriver {
    Result<protocol::StandIn> standIn(const base::StandInName&, Deadline) override { return nobodyThere(); }
    Result<protocol::StandIn> make(const CommandStamp&, const base::StandInName&, const protocol::StandInDefinition&,
                                   Deadline) override {
        return nobodyThere();
    }
    Result<protocol::StandIn> setState(const CommandStamp&, const base::StandInName&, protocol::StandInState,
                                       Deadline) override {
        return nobodyThere();
    }
    Result<protocol::StandIn> setResources(const CommandStamp&, const base::StandInName&,
                                           const protocol::StandInResources&, Deadline) override {
        return nobodyThere();
    }
    Result<void> remove(const CommandStamp&, const base::StandInName&, Deadline) override { return nobodyThere(); }
    Result<protocol::StandInRequests> requests(const base::StandInName&, Deadline) override { return nobodyThere(); }
    Result<protocol::GuestClock> clock(const base::StandInName&, std::chrono::milliseconds, Deadline) override {
        return nobodyThere();
    }
    Result<protocol::Capacity> capacity(Deadline) override { return nobodyThere(); }
};

class SilentSwitch final : public drivers::SwitchDriver {
    Result<protocol::Segment> segment(const base::SegmentId&, Deadline) override { return nobodyThere(); }
    Result<protocol::PortReading> port(const base::PortName&, Deadline) override { return nobodyThere(); }
    Result<std::vector<protocol::Segment>> segmentsAt(const base::PortName&, Deadline) override {
        return nobodyThere();
    }
    Result<protocol::Segment> setSegment(const CommandStamp&, const base::SegmentId&, const protocol::SegmentOrder&,
                                         Deadline) override {
        return nobodyThere();
    }
};

class OneImage final : public drivers::ImageStoreDriver {
    Result<std::vector<protocol::Image>> images(Deadline) override {
        return present_ ? std::vector{theImage()} : std::vector<protocol::Image>{};
    }
    static protocol::Image theImage() {
        protocol::Image image;
        image.id = base::ImageId("image-1");
        image.disk = base::DiskName("server01");
        image.state = protocol::ImageState::Ready;
        image.created_at = "2026-11-23T05:00:00Z";
        return image;
    }
    Result<protocol::Image> image(const base::ImageId& id, Deadline) override {
        if (present_ && id == base::ImageId("image-1")) return theImage();
        return failure(ErrorCode::NotFound, "there is no image '" + id.text() + "'");
    }
    Result<protocol::Image> capture(const CommandStamp&, const base::ImageId&, const base::DiskName&,
                                    Deadline) override {
        return nobodyThere();
    }
    Result<protocol::ImageDifference> difference(const base::ImageId&, const base::ImageId& other, Deadline) override {
        if (other == base::ImageId("image-1")) return protocol::ImageDifference{true, 0, 0};
        return failure(ErrorCode::NotFound, "there is no image '" + other.text() + "'");
    }
    Result<void> remove(const CommandStamp&, const base::ImageId&, Deadline) override {
        present_ = false;
        return {};
    }
    Result<protocol::ImageVerification> verify(const CommandStamp&, const base::ImageId& id, Deadline) override {
        return protocol::ImageVerification{id, protocol::VerificationState::Waiting, {}, 0, "", ""};
    }
    Result<protocol::ImageVerification> verification(const base::ImageId& id, Deadline) override {
        return protocol::ImageVerification{id, protocol::VerificationState::Intact, {}, 0, "2026-11-23T05:00:01Z", ""};
    }
    Result<protocol::Restore> restore(const CommandStamp&, const base::RestoreId&, const base::ImageId&,
                                      const base::DiskName&, Deadline) override {
        return nobodyThere();
    }
    Result<protocol::Restore> restoreState(const base::RestoreId&, Deadline) override { return nobodyThere(); }
    Result<void> cancelRestore(const CommandStamp&, const base::RestoreId&, Deadline) override { return nobodyThere(); }

    std::atomic<bool> present_{true};
};

class SilentHolder final : public drivers::HolderDriver {
    Result<protocol::Hold> hold(const base::JobName&, Deadline) override { return nobodyThere(); }
    Result<protocol::Hold> setHold(const CommandStamp&, const base::JobName&, protocol::HoldState, Deadline) override {
        return nobodyThere();
    }
    Result<protocol::ProbeAnswer> probe(const base::JobName&, const protocol::ProbeRequest&, Deadline) override {
        return nobodyThere();
    }
};

class SilentPower final : public drivers::PowerDriver {
    Result<drivers::PowerState> state(const drivers::PowerLadder&, Deadline) override {
        return drivers::PowerState::Unknown;
    }
    Result<void> off(const drivers::PowerLadder&, Deadline) override { return nobodyThere(); }
    Result<void> on(const drivers::PowerLadder&, Deadline) override { return nobodyThere(); }
    std::vector<drivers::UuidReading> uuids(const drivers::PowerLadder& ladder, Deadline) override {
        if (ladder.rungs.empty()) return {};
        return {{"pdu", "", "cannot tell"}};
    }
};

class DeafNotifier final : public drivers::Notifier {
    void notify(const drivers::Notification&) override {}
};

domain::Server serverNamed(const std::string& name, std::uint16_t vlan) {
    domain::Server server;
    server.name = base::ServerName(name);
    server.segment = base::SegmentId("segment-" + name);
    server.vlan = vlan;
    server.address = "10.77.1.10";
    server.mac = "52:54:00:77:01:0a";
    server.port = base::PortName("port-" + name);
    server.disk = base::DiskName(name);
    server.job_ports = {8080};
    server.probe.port = 8080;
    server.vm_host = base::AgentName("vmhost1");
    server.image_store = base::AgentName("store1");
    server.switch_agent = base::AgentName("switch1");
    server.request_holder = base::AgentName("holder1");
    return server;
}

engine::Inventory twoServersOneSpare() {
    engine::Inventory inventory;
    std::uint16_t vlan = 101;
    for (const auto* name : {"server01", "server02"}) {
        inventory.servers[base::ServerName(name)] = serverNamed(name, vlan++);
        inventory.server_power[base::ServerName(name)] = {};
    }
    domain::Spare spare;
    spare.name = base::SpareName("spare01");
    spare.port = base::PortName("port-spare01");
    spare.mac = "52:54:00:77:09:01";
    spare.disk = base::DiskName("spare01");
    spare.image_store = base::AgentName("store1");
    spare.switch_agent = base::AgentName("switch1");
    spare.uuid = "4c4c4544-0031-3010-8056-b4c04f4d3232";
    inventory.spares[spare.name] = spare;
    inventory.spare_power[spare.name] = {{{drivers::PowerDevice{"pdu", {}, {}}}}};
    for (const auto* agent : {"vmhost1", "store1", "switch1", "holder1"}) {
        inventory.agent_urls[base::AgentName(agent)] = fmt::format("https://{}:8441", agent);
    }
    return inventory;
}

engine::Drivers silentDrivers(std::atomic<bool>& agents_answer) {
    engine::Drivers silent;
    silent.hypervisors[base::AgentName("vmhost1")] = std::make_shared<SilentHypervisor>();
    silent.switches[base::AgentName("switch1")] = std::make_shared<SilentSwitch>();
    silent.image_stores[base::AgentName("store1")] = std::make_shared<OneImage>();
    silent.holders[base::AgentName("holder1")] = std::make_shared<SilentHolder>();
    silent.power = std::make_shared<SilentPower>();
    silent.notifier = std::make_shared<DeafNotifier>();
    silent.health = [&agents_answer](const base::AgentName& name, Deadline) -> Result<protocol::Health> {
        if (!agents_answer) return nobodyThere();
        return protocol::Health{name.text(), {{"well", true, "", ""}}, {}};
    };
    return silent;
}

/// In this process; that it is one of its own is for the coordinator's program.
Result<protocol::Json> rehearsed(const what_if::Situation& situation, const what_if::Question& question) {
    const auto plan = what_if::rehearse(situation, question.server, question.failures);
    if (!plan) return failure(plan.error());
    return toJson(*plan);
}

constexpr auto deadline = std::chrono::seconds(20);

}  // namespace

ApiUnderTest::ApiUnderTest(bool adopted)
    : audit_trail(
          clock,
          [this](const std::vector<audit::Note>& notes) -> Result<void> {
              std::vector<domain::AuditEntry> entries;
              for (const auto& note : notes) entries.push_back({0, note.at, note.who, note.what, note.outcome});
              return engine->keep(std::move(entries));
          },
          silent) {
    if (adopted) makeAdoptedJournal(directory / "journal.db");
    journal = std::make_unique<journal::SqliteJournal>(directory / "journal.db");
    engine = std::make_unique<engine::Engine>(engine::EngineDependencies{
        twoServersOneSpare(), silentDrivers(agents_answer), *journal, executor, clock, hub, silent});
    BOOST_REQUIRE(engine->start());
    trap_log = std::move(*traps::openSqliteTrapLog(directory / "traps.db"));
    BOOST_REQUIRE(trap_servers.addAddress(base::ServerName("server01"), "127.77.0.101"));
    degraded = std::make_unique<traps::DegradedConditions>(
        directory / "degraded.json",
        [this](const base::ServerName& name, const auto&) { told_degraded.push_back(name.text()); });
    traps::TrapTests::Settings tests;
    tests.servers = {base::ServerName("server01"), base::ServerName("server02")};
    tests.within = std::chrono::milliseconds(50);
    trap_tests = std::make_unique<traps::TrapTests>(
        tests, [](const auto&, const auto&) -> base::Result<std::string> { return std::string("told the BMC"); }, clock,
        [](const auto&, const auto&) {});
    trap_tests->start();
    http::ServerSettings settings;
    settings.host = "127.0.0.1";
    server = std::make_unique<api::CoordinatorApiServer>(
        settings, *http::serverContext(authority.issue("coordinator")),
        http::Roles::ofCoordinator({"vera", "prometheus"}, {"ada", "grace"}, {"ada", "carol"}),
        api::ApiDependencies{*engine, hub, *trap_log, rules, trap_servers, *degraded, *trap_tests, health, metrics,
                             &rehearsed, &request_audit},
        silent);
    audit_trail.start();
    BOOST_REQUIRE(server->start());
    url = fmt::format("https://127.0.0.1:{}", server->port());
    client_ = clientOf("ada");
}

ApiUnderTest::~ApiUnderTest() {
    client_.reset();
    server->stop();
    audit_trail.stop();
    engine->stop();
    executor.stop();
}

std::unique_ptr<protocol::AgentClient> ApiUnderTest::clientOf(const std::string& name) {
    auto opened = protocol::AgentClient::open("coordinator", url, *http::clientContext(authority.issue(name)));
    BOOST_REQUIRE(opened);
    return std::move(*opened);
}

protocol::AgentClient::Answer ApiUnderTest::get(const std::string& path) {
    auto answer = client_->ask(path, deadline);
    BOOST_REQUIRE_MESSAGE(answer, "GET " << path << " is answered");
    return *answer;
}

Result<protocol::AgentClient::Answer> ApiUnderTest::tryPut(const std::string& path, const protocol::Json& body) {
    return client_->put(path, body, {}, deadline);
}

Result<protocol::AgentClient::Answer> ApiUnderTest::tryPost(const std::string& path, const protocol::Json& body) {
    return client_->post(path, body, {}, deadline);
}

protocol::AgentClient::Answer ApiUnderTest::put(const std::string& path, const protocol::Json& body) {
    auto answer = tryPut(path, body);
    BOOST_REQUIRE_MESSAGE(answer, "PUT " << path << ": " << (answer ? "" : answer.error().message));
    return *answer;
}

protocol::AgentClient::Answer ApiUnderTest::post(const std::string& path, const protocol::Json& body) {
    auto answer = tryPost(path, body);
    BOOST_REQUIRE_MESSAGE(answer, "POST " << path << ": " << (answer ? "" : answer.error().message));
    return *answer;
}

protocol::Json ApiUnderTest::auditEntry(const std::function<bool(const protocol::Json&)>& is) {
    audit_trail.settle();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (true) {  // until the engine has made it durable
        if (std::chrono::steady_clock::now() > until) {
            BOOST_FAIL("no such entry: " + protocol::jsonText(get("/v1/audit").body) + audit_trail.problem());
        }
        const auto audited = get("/v1/audit").body;
        for (const auto& entry : audited["entries"]) {
            if (is(entry)) return entry;
        }
        std::this_thread::yield();
    }
}

base::Error ApiUnderTest::refusalOf(const Result<protocol::AgentClient::Answer>& answer) {
    BOOST_REQUIRE(!answer);
    return answer.error();
}

}  // namespace standin::tests
