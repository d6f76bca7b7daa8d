#pragma once

#include <memory>

#include "coordinator/engine/drivers.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/journal/journal.hpp"
#include "coordinator/simulation/virtual_time.hpp"

namespace standin::traps {
struct TrapRules;
}

namespace standin::simulation {

using namespace std::chrono_literals;

/// How long things take in a world, and how much of everything there is. The defaults are those of the small worlds
/// that tests use: quick machines, small images.
struct Timings {
    VirtualTime boot{5s};           ///< from power on until the job answers
    VirtualTime stand_in_boot{3s};  ///< from a stand-in's first start until its job answers
    VirtualTime resume{20ms};       ///< of a suspended stand-in, confirmed
    VirtualTime stop{600ms};        ///< of a running stand-in: its system shuts down
    VirtualTime power{400ms};       ///< a BMC's action
    VirtualTime shutdown{3s};       ///< of a machine that was asked to shut down in order
    VirtualTime power_read{80ms};   ///< a BMC's answer
    VirtualTime transaction{2ms};   ///< of a switch, applied and read back
    VirtualTime request{5ms};       ///< the job's work on one request
    VirtualTime commit{1ms};        ///< of the journal, until it is durable

    std::uint64_t image_mib = 512;
    std::uint64_t store_mib_per_second = 256;  ///< an image store's, shared by what it moves
    unsigned store_transfers = 2;              ///< so many move at a time, others wait
    unsigned store_waiting = 64;               ///< at most; further transfers are refused
    std::uint64_t host_memory_mib = 1u << 20;
    std::uint64_t host_overhead_mib = 0;  ///< of each stand-in, beside its memory
    std::uint64_t host_disk_mib = 1u << 24;

    VirtualTime between_requests{700ms};  ///< of a job's clients; 0: there are none
    std::size_t holder_connections = 4096;
    VirtualTime holder_age{120s};  ///< a held request that is older is turned away
};

/// The initial state of a simulation.
struct WorldConfig {
    engine::Inventory inventory;
    std::shared_ptr<const engine::Inventory> configured;  ///< the configured inventory, if it differs from the true one
    journal::Contents contents;  ///< the coordinator's knowledge; the world begins in the same state
    engine::EngineSettings engine;
    std::shared_ptr<const traps::TrapRules> rules;  ///< null: a few that know `failure KIND` and `recovery` traps
    Timings timings;
    std::uint64_t seed = 1;
};

/// How a world of servers and spares is laid out.
struct Layout {
    int servers = 1;
    int spares = 1;
    domain::FencePolicy policy = domain::FencePolicy::Port;
    domain::JobData data = domain::JobData::Local;
    domain::EvidencePolicy evidence = domain::EvidencePolicy::Silence;
    int vm_hosts = 1;    ///< servers are spread over them
    bool lent = false;   ///< the first spare lends its capacity to the last VM host (S106)
    bool uuids = false;  ///< servers and spares declare the UUIDs of their machines
    unsigned brake =
        0;  ///< so many failovers within a minute; 0: the brake is out of the way, for it is not the matter
    bool is_protected =
        true;  ///< each server has a row with a spare of its own (while there are any) and a ready stand-in
};

/// So much earlier than a simulation begins were the images captured with which it does.
inline constexpr std::chrono::hours age_of_images{29 * 24};

/// `server01`…, `spare01`…, one agent of each other kind (`vmhost1`, `store1`, `switch1`, `holder1`), images
/// `server01-1`…
WorldConfig layOut(const Layout& layout);

/// `server07`.
std::string numbered(const char* noun, int number);

}  // namespace standin::simulation
