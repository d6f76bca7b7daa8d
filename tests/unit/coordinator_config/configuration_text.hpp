#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "coordinator/config/configuration_reader.hpp"

namespace standin::config {

inline const std::string good = R"(coordinator:
  name: lab
  listen: 127.0.0.1:8440
  state_dir: /var/lib/standin/coordinator
  tls: {ca_file: /tls/ca.crt, certificate_file: /tls/tls.crt, key_file: /tls/tls.key}
traps:
  listen: ["127.0.0.1:162"]
  allow_unauthenticated_traps: true
  communities_file: /secrets/communities
  users:
    - {name: bmc, engine_id: "0x8000000001", authentication: SHA-256, authentication_file: /secrets/a, privacy: AES, privacy_file: /secrets/p, servers: [server01]}
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
    job: {ports: [8080], probe: {http: {port: 8080, path: /health, expect: 200}}, answer_within: 5s, drain_within: 60s, data: local, accepts_rollback: true}
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
inline std::string with(const std::string& part, const std::string& replacement) {
    auto text = good;
    auto place = text.find(part);
    BOOST_REQUIRE_MESSAGE(place != std::string::npos, "the example has '" << part << "'");
    return text.replace(place, part.size(), replacement);
}

inline Surroundings wellEquipped() {
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

}  // namespace standin::config
