#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/identifier.hpp"

/// The brake: many failures at once are rarely as many dead servers. A switch, a power strip or a forger is the
/// likelier cause, and fencing makes it worse. All functions are pure.
namespace standin::domain {

/// How many failovers may begin to fence within a time, in the site and in each rack.
struct BrakeLimits {
    std::size_t failovers = 3;
    unsigned percent = 10;  ///< of the servers of the site or rack; the larger of both numbers counts
    std::chrono::milliseconds within{60000};
    /// After a failover was cancelled, failures of its server that are reported within this time start nothing. 0: the
    /// next report opens a failover again.
    std::chrono::milliseconds cancel_hold_off{0};
};

/// The limit of a site or rack with so many servers.
std::size_t limitOf(const BrakeLimits& limits, std::size_t servers);

/// A failover that was let through.
struct Passed {
    base::WallTime at{};
    std::string rack;  ///< of its server; empty: it has none
    std::uint64_t failover = 0;
};

/// A site, and the rack of the server that wants to pass.
struct BrakeScope {
    std::size_t servers = 0;
    std::string rack;  ///< empty: none
    std::size_t servers_of_rack = 0;
};

/// Whether a further failover has to wait.
struct BrakeVerdict {
    enum class Scope { None, Rack, Site };
    Scope bites = Scope::None;  ///< the site goes before the rack
    std::size_t passed = 0;     ///< so many were let through within the time
    std::size_t limit = 0;
};
BrakeVerdict judgeBrake(const std::vector<Passed>& passed, const BrakeScope& scope, const BrakeLimits& limits,
                        base::WallTime now);

/// `3 failovers of rack 'r1' have begun within 60 s, and the limit is 3`
std::string sentenceOf(const BrakeVerdict& verdict, const BrakeScope& scope, const BrakeLimits& limits);

/// What is known for certain about a server. False also where it is not known (rule 6).
struct PositiveEvidence {
    bool carrier_lost = false;  ///< its switch port has lost its carrier
    bool power_off = false;     ///< its power was read back as off, or a person has seen that it is
};

/// The server is dead beyond doubt: a failover on account of it needs no release.
inline bool isPositive(const PositiveEvidence& evidence) {
    return evidence.carrier_lost && evidence.power_off;
}

/// What the coordinator knows about itself and its way to the site.
struct SiteHealth {
    std::size_t agents = 0;  ///< that were asked
    std::size_t silent_agents = 0;
    std::size_t jobs = 0;  ///< that are probed behind the server's switch, without the server's own
    std::size_t silent_jobs = 0;
    std::string switch_agent;
};

/// Why the coordinator, or one switch, may be what is ill, rather than the servers. Empty: nothing says so.
std::string selfDoubt(const SiteHealth& health);

}  // namespace standin::domain
