#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/identifier.hpp"
#include "coordinator/domain/restraint/brake.hpp"
#include "coordinator/domain/server.hpp"
#include "coordinator/drivers/power_driver.hpp"

namespace standin::config {

/// Paths of PEM files; the private key is never read by the configuration reader.
struct TlsFiles {
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string crl_file;  ///< empty: no certificate is looked up in a revocation list
};

/// Common names of certificates; a name without a role may do nothing.
struct RoleSettings {
    std::vector<std::string> viewers;     ///< may ask
    std::vector<std::string> operators;   ///< may ask and command
    std::vector<std::string> confirmers;  ///< may ask, and give their word for what cannot be proved or undone
};

/// Where to listen: a numeric address (IPv6 for traps only) and a port.
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
    [[nodiscard]] std::string text() const {
        const bool v6 = host.find(':') != std::string::npos;
        return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
    }
};

/// The servers that the sender's credentials may speak for.
struct SpokenFor {
    bool every_server = false;
    std::vector<base::ServerName> servers;
};

/// An SNMPv3 user whose traps and informs are accepted (RFC 3414). The pass phrases stay in their files.
struct TrapUser {
    std::string name;
    std::string engine_id;       ///< hexadecimal with 0x, of the sender; empty for informs only
    std::string authentication;  ///< MD5, SHA, SHA-224 … SHA-512
    std::string authentication_file;
    std::string privacy;  ///< AES, AES-192, AES-256 or DES; empty with no privacy_file: authNoPriv
    std::string privacy_file;
    SpokenFor speaks_for;
};

/// A file with communities of v1 and v2c, one a line.
struct TrapCommunity {
    std::string file;
    SpokenFor speaks_for;
};

struct TrapSettings {
    std::vector<ListenAddress> listen;
    bool allow_unauthenticated = false;  ///< v1 and v2c, which anybody can forge
    std::string communities_file;        ///< communities that speak for every server; empty: none
    std::vector<TrapCommunity> communities;
    std::vector<TrapUser> users;
    std::vector<std::string> forwarders;  ///< addresses whose traps concern the server that their content names
    std::chrono::milliseconds test_every = std::chrono::hours(24);     ///< each server's trap path; 0: only on request
    std::chrono::milliseconds test_within = std::chrono::seconds(30);  ///< until a test trap must have arrived
    std::string rules_file;
};

struct AgentSettings {
    base::AgentName name;
    std::string url;                              ///< https://host:port
    std::optional<std::size_t> restores_at_once;  ///< of an image store
    std::optional<std::size_t> captures_at_once;  ///< likewise
};

/// A server and what cuts its power.
struct ServerSettings {
    domain::Server server;
    drivers::PowerLadder ladder;
    std::vector<std::string> trap_identities;  ///< serial numbers, UUIDs or names by which its traps may speak of it
    std::string trap_test_command{};           ///< has its BMC send a test trap; empty: by IPMI or Redfish
};

/// A spare and what switches it on and off.
struct SpareSettings {
    domain::Spare spare;
    drivers::PowerLadder ladder;
};

/// The content of /etc/standin/coordinator.yml. Read once at the start; facts that change at run time are in the
/// journal.
struct Configuration {
    std::string text;  ///< as it was read
    std::string name;
    ListenAddress listen;
    std::string state_dir;
    std::uint64_t reserve_bytes = 64U << 20;  ///< kept free for takeovers in state_dir; 0: nothing
    TlsFiles tls;
    RoleSettings roles;
    TrapSettings traps;
    std::vector<AgentSettings> agents;
    std::vector<ServerSettings> servers;
    std::vector<SpareSettings> spares;
    std::string notify_command;  ///< empty: the log only
    domain::CaptureWay capture_way = domain::CaptureWay::Restart;
    domain::BrakeLimits brake;
};

}  // namespace standin::config
