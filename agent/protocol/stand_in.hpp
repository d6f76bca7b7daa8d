#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/protocol/common.hpp"

namespace standin::protocol {

/// The definition of a stand-in (the items of FIG. 5); the body of `PUT /v1/stand-ins/{name}`.
struct StandInDefinition {
    base::ServerName server;
    base::ImageId image;
    std::string image_url;  ///< base URL of the image store's agent, e.g. `https://store1:8441`
    std::uint64_t memory_mib = 0;
    std::uint64_t maximum_memory_mib = 0;  ///< the limit for `resources` (S226)
    unsigned vcpus = 1;
    unsigned maximum_vcpus = 1;
    unsigned weight = 100;          ///< CPU shares
    std::string firmware = "bios";  ///< `bios` or `uefi`
    std::string mac;                ///< the server's own
    std::string address;            ///< the job's IPv4 address; TCP connections to it are requests
    std::vector<std::uint16_t> ports;
    bool operator==(const StandInDefinition&) const = default;
};
Json toJson(const StandInDefinition& definition);
base::Result<StandInDefinition> standInDefinitionFrom(const Json& json);

enum class StandInState {
    Making,      ///< disk being written from the image; poll
    Failed,      ///< could not be made; `problem` says why; DELETE it or PUT it again
    Stopped,     ///< made, off
    Running,     ///< executing
    Suspended,   ///< in memory, not executing
    Kept,        ///< retired; its disk is kept until it is deleted
    Halted,      ///< in memory, stopped by an error that only a new start ends; `problem` says which
    OutOfSpace,  ///< stopped until its VM host has disk space; then it continues by itself; `problem` says so
    Unknown      ///< the hypervisor does not know; never treated as any other state
};
const char* nameOf(StandInState state);
base::Result<StandInState> standInStateFrom(const std::string& name);

/// `PUT /v1/stand-ins/{name}/resources`.
struct StandInResources {
    std::uint64_t memory_mib = 0;
    unsigned vcpus = 1;
    unsigned weight = 100;
    bool operator==(const StandInResources&) const = default;
};
Json toJson(const StandInResources& resources);
base::Result<StandInResources> standInResourcesFrom(const Json& json);

/// A guest's clock. It does not advance while the guest is suspended, and is set through the guest's agent after a
/// resume (S187).
struct GuestClock {
    enum class State {
        Unknown,  ///< not resumed since the agent's start, or not running
        Setting,  ///< being set
        Set,      ///< set, and confirmed by the guest's agent
        NotSet    ///< not set (yet); `problem` says why
    };
    State state = State::Unknown;
    double offset_ms = 0;  ///< how far it was ahead of the host's clock (negative: behind) when read after it was set
    std::string problem;
};
const char* nameOf(GuestClock::State state);
Json toJson(const GuestClock& clock);
base::Result<GuestClock> guestClockFrom(const Json& json);

/// `GET /v1/stand-ins/{name}`.
struct StandIn {
    base::StandInName name;
    StandInDefinition definition;
    StandInState state = StandInState::Unknown;
    std::string uuid;
    base::PortName port;  ///< its tap on the switch; empty until it was started once
    StandInResources resources;
    Progress progress;
    GuestClock clock;
    std::string problem;                ///< why it could not be made, or does not do what was commanded; with the cure
    std::vector<std::string> warnings;  ///< e.g. `no guest agent: the clock was not set`
};
Json toJson(const StandIn& stand_in);
base::Result<StandIn> standInFrom(const Json& json);

/// `GET /v1/stand-ins/{name}/requests`: what was seen at its network port since the last resume (S224).
struct StandInRequests {
    std::uint64_t open_connections = 0;
    std::uint64_t unanswered = 0;  ///< connections whose client sent last
    /// Of these, those whose answer is less than a moment old: it may continue, but no request waits. 0 if the agent
    /// does not know.
    std::uint64_t just_answered = 0;
    bool complete = false;  ///< false: packets were missed, so the numbers are a lower bound
};
/// How long the numbers are incomplete after packets were missed or the agent was started. After this time every active
/// connection has been seen, and no client waits silently for longer.
inline constexpr std::chrono::minutes unseen_for{10};
Json toJson(const StandInRequests& requests);
base::Result<StandInRequests> standInRequestsFrom(const Json& json);

/// `GET /v1/capacity` (S116).
struct Capacity {
    std::uint64_t memory_mib = 0;            ///< of the host, less the reserve
    std::uint64_t memory_committed_mib = 0;  ///< if every stand-in ran at once
    std::uint64_t memory_overhead_mib = 0;   ///< used by a stand-in besides its own memory; included in the line above
    unsigned cpus = 0;
    unsigned vcpus_committed = 0;
    std::uint64_t disk_free_mib = 0;  ///< without what the existing disks may still grow by
    std::uint64_t stand_ins = 0;
    std::string acceleration;      ///< `kvm` or `tcg`
    std::uint64_t kept_disks = 0;  ///< of retired stand-ins; no other disk has what a job wrote on them
};
Json toJson(const Capacity& capacity);
base::Result<Capacity> capacityFrom(const Json& json);

}  // namespace standin::protocol
