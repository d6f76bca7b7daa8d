#include "coordinator/config/configuration_reader.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

namespace standin::config {

namespace {

const std::string good = R"(coordinator:
  name: lab
  listen: 127.0.0.1:8440
  state_dir: /var/lib/standin/coordinator
  tls: {ca_file: /tls/ca.crt, certificate_file: /tls/tls.crt, key_file: /tls/tls.key}
traps:
  listen: ["127.0.0.1:162"]
  communities_file: /secrets/communities
  users:
    - {name: bmc, engine_id: "0x8000000001", authentication: SHA-256, authentication_file: /secrets/a, privacy: AES, privacy_file: /secrets/p}
  rules_file: /etc/standin/trap_rules.yml
agents:
  vmhost1: {url: "https://127.0.0.11:8441"}
  store1: {url: "https://127.0.0.12:8441"}
  switch1: {url: "https://127.0.0.13:8441"}
  holder1: {url: "https://127.0.0.14:8441"}
servers:
  server01:
    segment: job01
    vlan: 101
    address: 10.77.1.10
    mac: "52:54:00:77:01:0A"
    job: {ports: [8080], probe: {http: {port: 8080, path: /health, expect: 200}}, answer_within: 5s, drain_within: 60s}
    vm_host: vmhost1
    image_store: store1
    switch: switch1
    request_holder: holder1
    disk: server01
    port: sl-server01
    holder_ports: {front: sl-h1f, back: sl-h1b, front_mac: "52:54:00:77:01:f0"}
    fence:
      policy: port
      ladder:
        - {agent: fence_ipmilan, options: {ip: 127.77.0.101, username: admin, lanplus: 1}, password_file: /secrets/bmc}
        - together:
            - {agent: fence_pdu, options: {plug: 1}}
            - {agent: fence_pdu, options: {plug: 2}}
      within: 20s
    trap_sources: [127.77.0.101]
    rack: "1"
    priority: 10
    stand_in: {memory: 192MiB, maximum_memory: 384MiB, vcpus: 1, maximum_vcpus: 2, weight: 100}
spares:
  spare01:
    disk: spare01
    image_store: store1
    switch: switch1
    port: sl-spare01
    mac: "52:54:00:77:09:01"
    power: {ladder: [{agent: fence_ipmilan, options: {ip: 127.77.0.111}}], within: 15s}
    boot_within: 90s
    vm_host: null
notify: {command: null}
capture: {way: powered_off}
)";

/// `good` with `part` (which must stand there) replaced.
std::string with(const std::string& part, const std::string& replacement) {
    auto text = good;
    auto place = text.find(part);
    BOOST_REQUIRE_MESSAGE(place != std::string::npos, "the example has '" << part << "'");
    return text.replace(place, part.size(), replacement);
}

Surroundings wellEquipped() {
    return Surroundings{[](const std::string&) { return true; },
                        [](const drivers::PowerDevice&) { return std::string(); },
                        [](const std::string&) { return std::vector<std::string>{}; }};
}

struct Reading {
    std::optional<Configuration> configuration;
    base::YamlProblems problems;

    explicit Reading(const std::string& text, const Surroundings& surroundings = wellEquipped()) {
        char path[] = "/tmp/standin-config-XXXXXX";
        ::close(::mkstemp(path));
        std::ofstream(path) << text;
        configuration = readConfiguration(path, surroundings, problems);
        file_name = path;
        std::filesystem::remove(path);
    }
    /// The only problem, its file name replaced by `F`.
    [[nodiscard]] std::string onlyProblem() const {
        for (const auto& line : problems.lines()) BOOST_TEST_MESSAGE(line);
        BOOST_REQUIRE_EQUAL(problems.lines().size(), 1U);
        BOOST_TEST(!configuration.has_value());
        auto line = problems.lines().front();
        for (auto at = line.find(file_name); at != std::string::npos; at = line.find(file_name)) {
            line.replace(at, file_name.size(), "F");
        }
        return line;
    }
    std::string file_name;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_example_is_read_whole) {
    Reading reading(good);
    BOOST_TEST_MESSAGE(reading.problems.error().message);
    BOOST_REQUIRE(reading.configuration.has_value());
    const auto& configuration = *reading.configuration;
    BOOST_TEST(configuration.listen.text() == "127.0.0.1:8440");
    BOOST_TEST(configuration.agents.size() == 4U);
    BOOST_REQUIRE_EQUAL(configuration.servers.size(), 1U);
    const auto& [server, ladder, identities] = configuration.servers.front();
    BOOST_TEST(server.vlan == 101);
    BOOST_TEST(server.probe.path == "/health");
    BOOST_TEST(server.stand_in.maximum_memory_mib == 384U);
    BOOST_REQUIRE_EQUAL(ladder.rungs.size(), 2U);
    BOOST_TEST(ladder.rungs[0].front().password_file == "/secrets/bmc");
    BOOST_TEST(ladder.rungs[1].size() == 2U);
    BOOST_TEST(configuration.spares.front().spare.boot_within.count() == 90'000);
    BOOST_TEST(configuration.spares.front().spare.vm_host.empty());
    BOOST_CHECK(configuration.capture_way == domain::CaptureWay::PoweredOff);
}

std::string withRoles(const std::string& roles) {
    return with("traps:\n", "  roles: {" + roles + "}\ntraps:\n");
}

BOOST_AUTO_TEST_CASE(roles_are_read_and_without_them_nobody_has_one) {
    const auto read = Reading(withRoles("viewers: [prometheus], operators: [ada], confirmers: [carol]"));
    BOOST_REQUIRE(read.configuration.has_value());
    const auto& roles = read.configuration->roles;
    BOOST_TEST((roles.viewers == std::vector<std::string>{"prometheus"}));
    BOOST_TEST((roles.operators == std::vector<std::string>{"ada"}));
    BOOST_TEST((roles.confirmers == std::vector<std::string>{"carol"}));
    BOOST_TEST(Reading(good).configuration->roles.operators.empty());
}

BOOST_AUTO_TEST_CASE(an_agents_certificate_gets_no_role) {
    for (const auto* role : {"viewers", "operators", "confirmers"}) {
        const auto problem = Reading(withRoles(std::string(role) + ": [ada, store1]")).onlyProblem();
        BOOST_TEST(problem.find("F:6:") == 0U, problem);
        BOOST_TEST(problem.find("'store1' is an agent's certificate") != std::string::npos, problem);
    }
}

BOOST_AUTO_TEST_CASE(a_role_is_given_to_whole_names_of_certificates) {
    const auto problemOf = [](const std::string& names) {
        return Reading(withRoles("operators: [" + names + "]")).onlyProblem();
    };
    BOOST_TEST(problemOf("ada, 'op*'").find("'op*' is a pattern") != std::string::npos);
    BOOST_TEST(problemOf("ada, ''").find("without a name") != std::string::npos);
    BOOST_TEST(problemOf("ada, ' eve'").find("begins or ends with a blank") != std::string::npos);
    BOOST_TEST(problemOf("ada, \"a\\nb\"").find("control characters") != std::string::npos);
    BOOST_TEST(problemOf("ada, ada").find("'ada' stands here twice") != std::string::npos);
    const auto misspelt = Reading(withRoles("comfirmers: [carol]")).onlyProblem();
    BOOST_TEST(misspelt.find("comfirmers") != std::string::npos, misspelt);
}

BOOST_AUTO_TEST_CASE(an_image_store_says_how_many_restores_it_carries_beside_each_other) {
    const std::string store = R"(store1: {url: "https://127.0.0.12:8441"})";
    const auto withRestores = [&](const std::string& number) {
        return with(store, R"(store1: {url: "https://127.0.0.12:8441", restores_at_once: )" + number + "}");
    };
    Reading reading(withRestores("7"));
    BOOST_REQUIRE(reading.configuration.has_value());
    BOOST_TEST(reading.configuration->agents.at(1).restores_at_once.value_or(0) == 7U);
    BOOST_TEST(!Reading(good).configuration->agents.at(1).restores_at_once.has_value());
    for (const char* wrong : {"0", "65", "many"}) {
        const auto problem = Reading(withRestores(wrong)).onlyProblem();
        BOOST_TEST(problem.find("agents.store1.restores_at_once") != std::string::npos, problem);
    }
}

BOOST_AUTO_TEST_CASE(an_agent_that_restores_nothing_cannot_say_how_much_it_restores) {
    Reading reading(with(R"(switch1: {url: "https://127.0.0.13:8441"})",
                         R"(switch1: {url: "https://127.0.0.13:8441", restores_at_once: 2})"));
    const auto problem = reading.onlyProblem();
    BOOST_TEST(problem.find("agents.switch1.restores_at_once: no server or spare names 'switch1' as its image_store") !=
                   std::string::npos,
               problem);
}

BOOST_AUTO_TEST_CASE(mac_addresses_are_compared_without_regard_to_case) {
    Reading reading(with("52:54:00:77:09:01", "52:54:00:77:01:0a"));
    BOOST_TEST(reading.onlyProblem() ==
               "F:49:10: spares.spare01.mac: MAC address '52:54:00:77:01:0a' is already taken at F:22:10");
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_told_with_its_place) {
    Reading reading(with("    rack: \"1\"", "    rak: \"1\""));
    BOOST_TEST(reading.onlyProblem() == "F:40:5: servers.server01.rak: unknown key");
}

BOOST_AUTO_TEST_CASE(an_agent_that_is_not_listed_is_told_with_its_place) {
    Reading reading(with("vm_host: vmhost1", "vm_host: vmhost9"));
    BOOST_TEST(reading.onlyProblem() ==
               "F:24:14: servers.server01.vm_host: there is no agent 'vmhost9' under 'agents'");
}

BOOST_AUTO_TEST_CASE(a_uefi_server_gets_a_uefi_stand_in_and_any_other_firmware_is_told) {
    const std::string size = "maximum_vcpus: 2, weight: 100}";
    Reading uefi(with(size, "maximum_vcpus: 2, weight: 100, firmware: uefi}"));
    BOOST_REQUIRE(uefi.configuration.has_value());
    BOOST_TEST(uefi.configuration->servers.at(0).server.stand_in.firmware == "uefi");
    const auto problem = Reading(with(size, "maximum_vcpus: 2, weight: 100, firmware: coreboot}")).onlyProblem();
    BOOST_TEST(problem.find("firmware") != std::string::npos, problem);
}

BOOST_AUTO_TEST_CASE(two_machines_cannot_have_one_switch_port) {
    Reading reading(with("port: sl-spare01", "port: sl-h1b"));
    BOOST_TEST(reading.onlyProblem() ==
               "F:48:11: spares.spare01.port: switch port 'switch1/sl-h1b' is already taken at F:30:41");
}

BOOST_AUTO_TEST_CASE(a_spare_cannot_have_a_servers_disk) {
    Reading reading(with("disk: spare01", "disk: server01"));
    BOOST_TEST(reading.onlyProblem() ==
               "F:45:11: spares.spare01.disk: disk 'store1/server01' is already taken at F:28:11");
}

BOOST_AUTO_TEST_CASE(a_fence_device_that_cannot_be_used_is_told_with_its_place) {
    auto surroundings = wellEquipped();
    surroundings.fence_problem = [](const drivers::PowerDevice& device) {
        return device.options.count("lanplus") > 0 ? std::string("not to be used") : std::string();
    };
    Reading reading(good, surroundings);
    BOOST_TEST(reading.onlyProblem() == "F:34:19: servers.server01.fence.ladder[0].agent: not to be used");
}

BOOST_AUTO_TEST_CASE(a_password_among_the_options_is_refused) {
    Reading reading(with("lanplus: 1", "password: hunter2"));
    auto problem = reading.onlyProblem();
    BOOST_TEST(problem.find("'password_file'") != std::string::npos);
    BOOST_TEST(problem.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_ladder_without_a_device_is_refused) {
    Reading reading(with("ladder: [{agent: fence_ipmilan, options: {ip: 127.77.0.111}}]", "ladder: []"));
    BOOST_TEST(reading.onlyProblem().find("must name at least one device") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(problems_of_the_trap_rules_are_told_too) {
    auto surroundings = wellEquipped();
    surroundings.rule_problems = [](const std::string& path) { return std::vector{path + ":3:4: rules[0]: wrong"}; };
    Reading reading(good, surroundings);
    BOOST_TEST(reading.onlyProblem() == "/etc/standin/trap_rules.yml:3:4: rules[0]: wrong");
}

BOOST_AUTO_TEST_CASE(all_problems_are_told_at_once) {
    auto text = with("vlan: 101", "vlan: 5000");
    text.replace(text.find("port: sl-spare01"), 16, "prot: sl-spare01");
    text.replace(text.find("answer_within: 5s"), 17, "answer_within: 5");
    Reading reading(text);
    BOOST_TEST(reading.problems.lines().size() == 4U);  // VLAN, unit, 'port' is missing, 'prot' is unknown
}

BOOST_AUTO_TEST_CASE(an_agent_is_reached_by_https_only) {
    Reading reading(with("https://127.0.0.11:8441", "http://127.0.0.11:8441"));
    BOOST_TEST(reading.onlyProblem().find("is not of the form 'https://host:port'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_probe_is_either_http_or_tcp) {
    Reading reading(with("{http: {port: 8080, path: /health, expect: 200}}", "{icmp: {}}"));
    BOOST_TEST(reading.problems.lines().size() == 2U);  // neither of both, and an unknown key
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_told_by_name) {
    base::YamlProblems problems;
    BOOST_TEST(!readConfiguration("/nonexistent/coordinator.yml", wellEquipped(), problems).has_value());
    BOOST_REQUIRE_EQUAL(problems.lines().size(), 1U);
    BOOST_TEST(problems.lines().front().rfind("/nonexistent/coordinator.yml: the file cannot be read", 0) == 0U);
}

BOOST_AUTO_TEST_CASE(programs_are_found_by_name_and_by_path) {
    BOOST_TEST(programExists("sh"));
    BOOST_TEST(programExists("/bin/sh"));
    BOOST_TEST(!programExists("fence_nothing_of_the_kind"));
}

}  // namespace standin::config
