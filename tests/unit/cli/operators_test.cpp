#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/exit_code.hpp"
#include "tests/unit/cli/scripted_coordinator.hpp"

namespace standin::cli {

namespace {

/// A coordinator's configuration with its trap rules, in a directory of its own.
struct Configuration {
    Configuration() {
        std::string pattern = (std::filesystem::temp_directory_path() / "standinctl-XXXXXX").string();
        directory = ::mkdtemp(pattern.data());
        write("rules.yml", R"(
rules:
  - {name: cpu, reason: the processor has failed, oids: [1.3.6.1.4.1.3183.1.1.0.487169], verdict: failure, kind: processor}
)");
        write("coordinator.yml", R"(
coordinator:
  name: lab
  listen: 127.0.0.1:8440
  state_dir: /var/lib/standin/coordinator
  tls: {ca_file: /tls/ca.crt, certificate_file: /tls/tls.crt, key_file: /tls/tls.key}
traps: {listen: ["127.0.0.1:162"], allow_unauthenticated_traps: true, communities_file: /secrets/communities, rules_file: )" +
                                     path("rules.yml") + R"(}
agents:
  vmhost1: {url: "https://127.0.0.11:8441"}
servers:
  server01:
    segment: job01
    vlan: 101
    address: 10.77.1.10
    mac: "52:54:00:77:01:0a"
    job: {ports: [8080], probe: {tcp: {port: 8080}}, answer_within: 5s, drain_within: 60s, data: none}
    vm_host: vmhost1
    image_store: vmhost1
    switch: vmhost1
    request_holder: vmhost1
    disk: server01
    port: p1
    holder_ports: {front: h1f, back: h1b, front_mac: "52:54:00:77:01:f0"}
    fence: {policy: port, ladder: [{agent: fence_that_is_not_here, options: {ip: 10.0.0.1}}], within: 20s}
    trap_sources: [10.0.0.1]
    rack: "1"
    priority: 10
    stand_in: {memory: 192MiB, maximum_memory: 384MiB, vcpus: 1, maximum_vcpus: 2, weight: 100}
spares: {}
)");
    }
    ~Configuration() { std::filesystem::remove_all(directory); }
    [[nodiscard]] std::string path(const std::string& name) const { return directory + "/" + name; }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }
    std::string directory;
};

const char* printed_trap =
    "2026-11-23 09:04:47 bmc1 [UDP: [10.0.0.1]:51559->[127.0.0.1]:162]:\n"
    ".1.3.6.1.2.1.1.3.0 = Timeticks: (12345) 0:02:03.45\t.1.3.6.1.6.3.1.1.4.1.0 = OID: "
    ".1.3.6.1.4.1.3183.1.1.0.487169\n";

const char* five_images = R"({"images":[
  {"id":"old","disk":"server01","state":"ready","stored_bytes":1,"created_at":"2026-11-01T00:00:00Z","used_by":[]},
  {"id":"used","disk":"server01","state":"ready","stored_bytes":1,"created_at":"2026-11-02T00:00:00Z","used_by":["server server01"]},
  {"id":"failed","disk":"server01","state":"failed","stored_bytes":1,"created_at":"2026-11-05T00:00:00Z","used_by":[]},
  {"id":"new","disk":"server01","state":"ready","stored_bytes":1,"created_at":"2026-11-04T00:00:00Z","used_by":[]},
  {"id":"only","disk":"server02","state":"ready","stored_bytes":1,"created_at":"2026-10-01T00:00:00Z","used_by":[]}]})";

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operators)

BOOST_AUTO_TEST_CASE(a_trap_is_explained_from_a_configuration_without_asking_anybody) {
    Configuration configuration;
    ScriptedCoordinator coordinator;
    const auto file = configuration.write("trap.txt", printed_trap);
    auto done = run(coordinator, {"trap", "explain", file, "--config", configuration.path("coordinator.yml")});
    BOOST_TEST(done.exit_code == ExitCode::Done, done.err);
    BOOST_TEST(contains(done.out, "verdict: failure (server server01, rule cpu): the processor has failed"));
    BOOST_TEST(contains(done.out, "it would begin: a failover of server 'server01', unless"));
    BOOST_TEST(coordinator.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_trap_whose_source_contradicts_its_content_would_begin_nothing) {
    Configuration configuration;
    ScriptedCoordinator coordinator;
    const auto config = configuration.path("coordinator.yml");
    const auto forwarded = configuration.write(
        "forwarded.txt",
        "2026-11-30 18:00:00 fwd [UDP: [10.9.9.9]:161->[10.1.0.1]:162]:\n.1.3.6.1.2.1.1.3.0 = Timeticks: (1) "
        "0:00:00.01\t"
        ".1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1.4.1.3183.1.1.0.487169\t.1.3.6.1.6.3.18.1.3.0 = IpAddress: 10.0.0.1\n");
    const auto undeclared = run(coordinator, {"trap", "explain", forwarded, "--config", config});
    BOOST_TEST(contains(undeclared.out, "verdict: unknown_server"));
    BOOST_TEST(contains(undeclared.out, "'trap_forwarders: [10.9.9.9]'"), undeclared.out);
    BOOST_TEST(contains(undeclared.out, "it would begin: nothing"));
}

BOOST_AUTO_TEST_CASE(who_sent_a_trap_can_be_said_where_the_file_does_not) {
    Configuration configuration;
    ScriptedCoordinator coordinator;
    const std::string values(printed_trap + std::string(printed_trap).find('\n') + 1);
    const auto file = configuration.write("trap.txt", values);
    const auto config = configuration.path("coordinator.yml");
    auto unknown = run(coordinator, {"trap", "explain", file, "--config", config});
    BOOST_TEST(contains(unknown.out, "verdict: unknown_server"));
    BOOST_TEST(contains(unknown.out, "give it with --source ADDRESS"));
    auto known = run(coordinator, {"trap", "explain", file, "--config", config, "--source", "10.0.0.1"});
    BOOST_TEST(contains(known.out, "verdict: failure (server server01"));
    BOOST_TEST(run(coordinator, {"trap", "explain", file, "--source", "bmc1"}).exit_code == ExitCode::WrongUsage);
}

BOOST_AUTO_TEST_CASE(a_configuration_is_read_as_strictly_as_the_daemon_reads_it) {
    Configuration configuration;
    ScriptedCoordinator coordinator;
    configuration.write("rules.yml", "rules:\n  - {name: cpu, reason: x, verdict: failure, kind: cpu}\n");
    auto done = run(coordinator, {"trap", "explain", configuration.write("trap.txt", printed_trap), "--config",
                                  configuration.path("coordinator.yml")});
    BOOST_TEST(done.exit_code == ExitCode::Failed);
    BOOST_TEST(contains(done.err, "rules.yml:2:"));
}

BOOST_AUTO_TEST_CASE(prune_leaves_the_newest_whole_ones_and_what_is_used) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/images", 200, five_images);
    auto shown = run(coordinator, {"image", "prune", "--keep", "1", "--dry-run"});
    BOOST_TEST(shown.exit_code == ExitCode::Done);
    BOOST_TEST(contains(shown.out, "old  ready"));
    BOOST_TEST(contains(shown.out, "failed  failed"));
    for (const auto* kept : {"used", "new ", "only"}) BOOST_TEST(!contains(shown.out, kept), kept);
    BOOST_TEST(coordinator.asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(prune_deletes_only_when_it_is_allowed_to) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/images", 200, five_images)
        .answers("DELETE /v1/images/old", 204, "")
        .answers("DELETE /v1/images/failed", 409,
                 R"({"code":"conflict","message":"image 'failed' is used by backup 7"})");
    BOOST_TEST(run(coordinator, {"image", "prune", "--keep", "1"}).exit_code == ExitCode::Failed);  // nobody says yes
    BOOST_TEST(coordinator.asked.size() == 1U);
    auto done = run(coordinator, {"image", "prune", "--keep", "1", "--yes"});
    BOOST_TEST(done.exit_code == ExitCode::Failed);
    BOOST_TEST(contains(done.out, "image old is deleted"));
    BOOST_TEST(contains(done.err, "is used by backup 7"));
}

BOOST_AUTO_TEST_CASE(a_damaged_image_ends_with_1_and_what_to_do) {
    ScriptedCoordinator coordinator;
    coordinator
        .answers("POST /v1/images/image-1/verification", 202,
                 R"({"state":"reading","progress":{"done_bytes":3,"total_bytes":9}})")
        .answers("GET /v1/images/image-1/verification", 200,
                 R"({"state":"damaged","damaged_blocks":2,"problem":"2 blocks are damaged; delete it"})");
    std::ostringstream out;
    std::ostringstream err;
    CommandContext context{coordinator, out, err};
    context.pause = std::chrono::milliseconds(0);
    BOOST_TEST(verifyImage(context, "image-1") == ExitCode::Failed);
    BOOST_TEST(out.str() == "image image-1: reading, 30 %\n");
    BOOST_TEST(err.str() == "standinctl: 2 blocks are damaged; delete it\n");
}

BOOST_AUTO_TEST_CASE(an_intact_image_ends_with_0_and_as_json_with_what_the_store_says) {
    ScriptedCoordinator coordinator;
    coordinator.answers("POST /v1/images/image-1/verification", 202, R"({"state":"intact","damaged_blocks":0})");
    auto done = run(coordinator, {"image", "verify", "image-1", "--json"});
    BOOST_TEST(done.exit_code == ExitCode::Done);
    BOOST_CHECK(Json::parse(done.out) == Json::parse(R"({"state":"intact","damaged_blocks":0})"));
    BOOST_TEST(run(coordinator, {"image", "verify"}).exit_code == ExitCode::WrongUsage);
    BOOST_TEST(run(coordinator, {"image", "verify", "no/name"}).exit_code == ExitCode::WrongUsage);
    BOOST_TEST(run(coordinator, {"image", "verify", "image-2"}).exit_code == ExitCode::Failed);
}

BOOST_AUTO_TEST_CASE(an_older_coordinator_that_does_not_say_who_uses_an_image_loses_none) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/images", 200, R"({"images":[
        {"id":"a","disk":"d","state":"ready","created_at":"2026-11-01T00:00:00Z"},
        {"id":"b","disk":"d","state":"ready","created_at":"2026-11-02T00:00:00Z"}]})");
    auto done = run(coordinator, {"image", "prune", "--keep", "1", "--yes"});
    BOOST_TEST(done.exit_code == ExitCode::Done);
    BOOST_TEST(coordinator.asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_fails_is_named_by_its_kind) {
    ScriptedCoordinator coordinator;
    coordinator.answers("POST /v1/plans", 200, R"({"failovers":[],"without":[],"spares_left":["spare02"]})");
    auto done = run(coordinator, {"plan", "server01", "--fail", "rack=3,spare=spare01", "--fail", "vm-host=vmhost1"});
    BOOST_TEST(done.exit_code == ExitCode::Done, done.err);
    BOOST_REQUIRE(coordinator.asked.size() == 1U);
    BOOST_TEST(
        coordinator.asked[0] ==
        R"(POST /v1/plans {"fail":{"racks":["3"],"spares":["spare01"],"vm_hosts":["vmhost1"]},"server":"server01"})");
    BOOST_TEST(contains(done.out, "spares left: spare02"));
    for (const auto* wrong : {"3", "rack=", "cage=3"})
        BOOST_TEST(run(coordinator, {"plan", "--fail", wrong}).exit_code == ExitCode::WrongUsage);
    BOOST_TEST(run(coordinator, {"plan"}).exit_code == ExitCode::WrongUsage);
    BOOST_TEST(coordinator.asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_record_is_told_and_nobody_asked) {
    Configuration configuration;
    ScriptedCoordinator coordinator;
    BOOST_TEST(run(coordinator, {"replay", configuration.write("x.json", "nonsense")}).exit_code == ExitCode::Failed);
    auto empty = run(coordinator, {"replay", configuration.write("x.json", "{}")});
    BOOST_TEST(empty.exit_code == ExitCode::Failed);
    BOOST_TEST(contains(empty.err, "the record is empty"));
    BOOST_TEST(run(coordinator, {"replay", configuration.path("absent")}).exit_code == ExitCode::Failed);
    BOOST_TEST(coordinator.asked.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace standin::cli
