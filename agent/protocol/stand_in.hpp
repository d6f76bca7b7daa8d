#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/protocol/common.hpp"

namespace standin::protocol {

/// What a stand-in is made from and like (the items of FIG. 5); the body of `PUT /v1/stand-ins/{name}`.
struct StandInDefinition {
    base::ServerName server;
    base::ImageId image;
    std::string image_url;  ///< base URL of the image store's agent, e.g. `https://store1:8441`
    std::uint64_t memory_mib = 0;
    std::uint64_t maximum_memory_mib = 0;  ///< how far `resources` may grow it (S226)
    unsigned vcpus = 1;
    unsigned maximum_vcpus = 1;
    unsigned weight = 100;          ///< CPU shares
    std::string firmware = "bios";  ///< `bios` or `uefi`
    std::string mac;                ///< the server's own
    std::string address;            ///< the job's IPv4 address; says which TCP connections are requests
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
    Kept,        ///< a stand-in no more; its disk is kept until it is deleted
    Halted,      ///< in memory, stopped by an error that nothing but a new start ends; `problem` says which
    OutOfSpace,  ///< stopped until its VM host has disk space; it goes on by itself then; `problem` says so
    Unknown      ///< the hypervisor could not tell; never taken for any of the others
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

/// A guest's clock does not advance while it is suspended, and is set through the guest's agent when it was resumed
/// (S187).
struct GuestClock {
    enum class State {
        Unknown,  ///< it was not resumed since the agent was started, or does not run
        Setting,  ///< being set
        Set,      ///< set, and confirmed by the guest's agent
        NotSet    ///< not set (yet); `problem` says why
    };
    State state = State::Unknown;
    double offset_ms = 0;  ///< how far it was ahead of the host's (behind: negative) when it was read after it was set
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

/// `GET /v1/stand-ins/{name}/requests`: what its network card saw since it was last resumed (S224).
struct StandInRequests {
    std::uint64_t open_connections = 0;
    std::uint64_t unanswered = 0;  ///< connections on which the client spoke last
    /// Of these, those that have an answer since less than a moment: it may go on, but no request waits. 0 where the
    /// agent cannot tell.
    std::uint64_t just_answered = 0;
    bool complete = false;  ///< false: packets were missed, the numbers are a lower bound
};
/// So long after packets were missed, or the agent was started, the numbers are complete again: what speaks is seen,
/// and no client waits for longer in silence.
inline constexpr std::chrono::minutes unseen_for{10};
Json toJson(const StandInRequests& requests);
base::Result<StandInRequests> standInRequestsFrom(const Json& json);

/// `GET /v1/capacity` (S116).
struct Capacity {
    std::uint64_t memory_mib = 0;            ///< of the host, less the reserve
    std::uint64_t memory_committed_mib = 0;  ///< if every stand-in ran at once
    std::uint64_t memory_overhead_mib = 0;   ///< what a stand-in takes beside its own memory; counted in the line above
    unsigned cpus = 0;
    unsigned vcpus_committed = 0;
    std::uint64_t disk_free_mib = 0;  ///< less what the disks that are there may still come to take
    std::uint64_t stand_ins = 0;
    std::string acceleration;      ///< `kvm` or `tcg`
    std::uint64_t kept_disks = 0;  ///< of stand-ins that are none any more; what a job wrote on them is nowhere else
};
Json toJson(const Capacity& capacity);
base::Result<Capacity> capacityFrom(const Json& json);

}  // namespace standin::protocol
