#include "tests/unit/coordinator_config/configuration_text.hpp"

namespace standin::config {

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

BOOST_AUTO_TEST_CASE(a_reserve_is_kept_unless_none_is_wanted_and_within_bounds) {
    const std::string state_dir = "  state_dir: /var/lib/standin/coordinator\n";
    const auto reserveOf = [](const std::string& text) { return Reading(text).configuration->reserve_bytes; };
    BOOST_TEST(reserveOf(good) == 64U << 20);
    BOOST_TEST(reserveOf(with(state_dir, state_dir + "  reserve: 0\n")) == 0U);
    BOOST_TEST(reserveOf(with(state_dir, state_dir + "  reserve: 256MiB\n")) == 256U << 20);
    for (const char* wrong : {"1KiB", "17GiB"}) {
        const Reading reading(with(state_dir, state_dir + "  reserve: " + wrong + "\n"));
        BOOST_TEST(reading.onlyProblem().find("coordinator.reserve: must be 0") != std::string::npos, wrong);
    }
}

BOOST_AUTO_TEST_CASE(a_job_says_where_its_data_are) {
    const std::string data = ", data: local, accepts_rollback: true";
    const auto missing = Reading(with(data, "")).onlyProblem();
    BOOST_TEST(missing.starts_with("F:23:10: servers.server01.job.data: is missing: say where"), missing);
    BOOST_TEST(missing.find("'none'") != std::string::npos);
    const auto rollback = Reading(with(data, ", data: local")).onlyProblem();
    BOOST_TEST(rollback.find("servers.server01.job.data: with 'local'") != std::string::npos, rollback);
    BOOST_TEST(rollback.find("'accepts_rollback: true'") != std::string::npos, rollback);
    const auto refused = Reading(with(data, ", data: local, accepts_rollback: false")).onlyProblem();
    BOOST_TEST(refused.find("accepts_rollback: true") != std::string::npos, refused);
    const auto shared = Reading(with(data, ", data: shared")).onlyProblem();
    BOOST_TEST(shared.find("servers.server01.fence.policy: must be 'power'") != std::string::npos, shared);
    const auto strange = Reading(with(data, ", data: remote")).onlyProblem();
    BOOST_TEST(strange.find("servers.server01.job.data") != std::string::npos, strange);
    BOOST_TEST(Reading(with(data, ", data: none")).configuration.has_value());
    Reading local(good);
    BOOST_REQUIRE(local.configuration.has_value());
    BOOST_CHECK(local.configuration->servers.front().server.job_data == domain::JobData::Local);
}

BOOST_AUTO_TEST_CASE(an_image_may_be_so_old) {
    Reading reading(with("    rack: \"1\"", "    image_age_limit: 7d\n    rack: \"1\""));
    BOOST_REQUIRE(reading.configuration.has_value());
    BOOST_TEST(reading.configuration->servers.front().server.image_age_limit.count() == 7LL * 24 * 3600 * 1000);
    const auto problem = Reading(with("    rack: \"1\"", "    image_age_limit: 0d\n    rack: \"1\"")).onlyProblem();
    BOOST_TEST(problem.find("servers.server01.image_age_limit: is not more than 0") != std::string::npos, problem);
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

BOOST_AUTO_TEST_CASE(a_server_says_how_it_is_shut_down_for_a_capture) {
    const std::string rack = "    rack: \"1\"";
    Reading reading(
        with(rack, "    shutdown_within: 3min\n    boot_within: 4min\n    shutdown_command: /opt/shutdown\n" + rack));
    BOOST_REQUIRE(reading.configuration.has_value());
    const auto& [server, ladder, identities] = reading.configuration->servers.front();
    BOOST_TEST(server.shutdown_within.count() == 180'000);
    BOOST_TEST(server.boot_within.count() == 240'000);
    const std::vector<std::string> command{"/opt/shutdown", "server01"};
    BOOST_TEST(ladder.shutdown_command == command, boost::test_tools::per_element());
    BOOST_TEST(Reading(with(rack, "    shutdown_within: 0s\n" + rack)).onlyProblem().find("not more than 0") !=
               std::string::npos);
    auto surroundings = wellEquipped();
    surroundings.program_exists = [](const std::string&) { return false; };
    const auto problem =
        Reading(with(rack, "    shutdown_command: /opt/shutdown\n" + rack), surroundings).onlyProblem();
    BOOST_TEST(problem.find("there is no program '/opt/shutdown'") != std::string::npos, problem);
    const std::string store = R"(store1: {url: "https://127.0.0.12:8441")";
    Reading turns(with(store, store + ", captures_at_once: 3"));
    BOOST_REQUIRE(turns.configuration.has_value());
    BOOST_TEST(turns.configuration->agents.at(1).captures_at_once.value_or(0) == 3U);
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

BOOST_AUTO_TEST_CASE(a_server_that_no_trap_can_name_is_refused) {
    const std::string sources = "trap_sources: [127.77.0.101]";
    const auto problem = Reading(with(sources, "trap_sources: []")).onlyProblem();
    BOOST_TEST(problem.find("servers.server01.trap_sources: no trap can name this server") != std::string::npos,
               problem);
    BOOST_TEST(problem.starts_with("F:39:"), problem);
    BOOST_TEST(Reading(with(sources, "trap_identities: []")).onlyProblem().find("no trap can name") !=
               std::string::npos);
    BOOST_TEST(Reading(with(sources, "trap_identities: [4C4C4544]")).configuration.has_value());
    auto surroundings = wellEquipped();
    surroundings.rule_lookups = [](const std::string&) { return Surroundings::Lookups{true, false}; };
    BOOST_TEST(Reading(good, surroundings).configuration.has_value());
    const auto identity = Reading(with(sources, "trap_identities: [4C4C4544]"), surroundings).onlyProblem();
    BOOST_TEST(identity.find("no rule for failures looks for a server's identity") != std::string::npos, identity);
    surroundings.rule_lookups = [](const std::string&) { return Surroundings::Lookups{false, true}; };
    BOOST_TEST(Reading(good, surroundings).onlyProblem().find("every rule for failures looks for") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_bmc_may_have_an_ipv6_address) {
    Reading reading(with("trap_sources: [127.77.0.101]", "trap_sources: ['FD00:77::0065', '::ffff:10.1.2.3']"));
    BOOST_REQUIRE(reading.configuration.has_value());
    const std::vector<std::string> canonical{"fd00:77::65", "10.1.2.3"};
    BOOST_TEST(reading.configuration->servers.front().server.trap_sources == canonical,
               boost::test_tools::per_element());
    const auto twice =
        Reading(with("trap_sources: [127.77.0.101]", "trap_sources: ['fd00::1', 'fd00:0::1']")).onlyProblem();
    BOOST_TEST(twice.find("trap source 'fd00::1' is already taken") != std::string::npos, twice);
    const auto none = Reading(with("trap_sources: [127.77.0.101]", "trap_sources: [bmc.example]")).onlyProblem();
    BOOST_TEST(none.find("is not an IP address") != std::string::npos, none);
    Reading listening(with("listen: [\"127.0.0.1:162\"]", "listen: [\"0.0.0.0:162\", \"[::]:162\"]"));
    BOOST_REQUIRE(listening.configuration.has_value());
    BOOST_TEST(listening.configuration->traps.listen.at(1).text() == "[::]:162");
    BOOST_TEST(Reading(with("listen: [\"127.0.0.1:162\"]", "listen: [\"127.0.0.1:162\", \"::1:162\"]"))
                   .onlyProblem()
                   .find("is not an address and port") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(neighbours_of_a_slip_are_refused_too) {
    const auto refuses = [](const std::string& part, const std::string& replacement, const std::string& words) {
        const auto problem = Reading(with(part, replacement)).onlyProblem();
        BOOST_TEST(problem.find(words) != std::string::npos, problem);
    };
    refuses("listen: [\"127.0.0.1:162\"]", "listen: [\"127.0.0.1:162\", \"127.0.0.1:162\"]", "already taken");
    refuses("ports: [8080]", "ports: [8080, 8080]", "names port 8080 twice");
    refuses("address: 10.77.1.10", "address: 0.0.0.0", "is no machine's address");
    refuses("address: 10.77.1.10", "address: 224.0.0.1", "is no machine's address");
    refuses("\"52:54:00:77:01:0A\"", "\"00:00:00:00:00:00\"", "is no machine's MAC address");
    refuses("  spare01:\n", "  server01:\n", "name of a machine 'server01' is already taken");
    refuses("trap_sources: [127.77.0.101]", "trap_identities: ['0xAB-CD', abcd]",
            "trap identity 'abcd' is already taken");
    refuses("trap_sources: [127.77.0.101]", "trap_sources: [127.77.0.101, 127.77.0.101]", "already taken");
    refuses("answer_within: 5s", "answer_within: 0s", "is not more than 0");
    refuses("drain_within: 60s", "drain_within: 2h", "at most 1h");
}

BOOST_AUTO_TEST_CASE(the_identity_of_a_spares_disk_may_be_declared) {
    Reading reading(with("    port: sl-spare01", "    disk_serial: S1\n    disk_wwn: naa.5000\n    port: sl-spare01"));
    BOOST_REQUIRE(reading.configuration);
    BOOST_TEST(reading.configuration->spares.at(0).spare.disk_serial == "S1");
    BOOST_TEST(reading.configuration->spares.at(0).spare.disk_wwn == "naa.5000");
}

BOOST_AUTO_TEST_CASE(the_uuid_of_a_machine_may_be_declared_and_only_once) {
    const auto both = [](const char* server, const char* spare) {
        auto text = with("    disk: server01\n", fmt::format("    disk: server01\n    uuid: {}\n", server));
        const std::string before = "    port: sl-spare01";
        return text.replace(text.find(before), 0, fmt::format("    uuid: \"{}\"\n    uuid_required: true\n", spare));
    };
    const char* one = "4C4C4544-0031-3010-8056-B4C04F4D3232";
    Reading reading(both(one, "{4c4c4544-0031-3010-8056-b4c04f4d3233}"));
    BOOST_REQUIRE(reading.configuration);
    BOOST_TEST(reading.configuration->servers.at(0).server.uuid == "4c4c4544-0031-3010-8056-b4c04f4d3232");
    BOOST_TEST(reading.configuration->spares.at(0).spare.uuid == "4c4c4544-0031-3010-8056-b4c04f4d3233");
    BOOST_TEST(reading.configuration->spares.at(0).spare.uuid_required);
    for (const auto& [spare, what] : {std::pair{"{4c4c4544-0031-3010-8056-b4c04f4d3232}", "is already taken at"},
                                      std::pair{"4c4c4544", "is not a UUID"},
                                      std::pair{"00000000-0000-0000-0000-000000000000", "a machine without a UUID"},
                                      std::pair{"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "a machine without a UUID"}}) {
        const auto problem = Reading(both(one, spare)).onlyProblem();
        BOOST_TEST(problem.find("spares.spare01.uuid: ") != std::string::npos, problem);
        BOOST_TEST(problem.find(what) != std::string::npos, problem);
    }
    Reading unnamed(with("    port: sl-spare01", "    uuid_required: true\n    port: sl-spare01"));
    BOOST_TEST(unnamed.onlyProblem().find("needs 'uuid'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_spare_that_carries_the_stand_in_of_a_server_that_it_may_replace_is_refused) {
    Reading reading(with("vm_host: null", "vm_host: vmhost1"));
    const auto problem = reading.onlyProblem();
    BOOST_TEST(problem.find("spares.spare01.vm_host: 'vmhost1' carries the stand-in of server 'server01'") !=
                   std::string::npos,
               problem);
    auto elsewhere = with("vm_host: null", "vm_host: vmhost2");
    elsewhere.replace(elsewhere.find("  store1: {"), 0, "  vmhost2: {url: \"https://127.0.0.15:8441\"}\n");
    BOOST_TEST(Reading(elsewhere).problems.empty());
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
