#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "coordinator/domain/server.hpp"

namespace standin::domain {

/// What decide() has to know of the world besides the operation. Everything else is in the operation's steps, each of
/// which has observed its own part of the world.
struct Observation {
    Server server;
    /// Spares that this server's failover may use now, in order: its row's own, then free ones of the pool.
    std::vector<base::SpareName> spares;
    /// Spares leased to this operation. A spare that is not among them is not written (rule 5).
    std::vector<base::SpareName> leased;
    /// Its image store restores so many at a time; this operation's spare is among them, or comes next.
    bool restore_turn = true;
    /// Another operation has commanded the server's power on, and what comes of it is not known yet: a power that is
    /// read back as off now may be on in a moment (rule 6).
    bool power_on_under_way = false;
    std::chrono::milliseconds spare_boot_within{120000};
    std::chrono::milliseconds spare_power_within{20000};
    CaptureWay capture_way = CaptureWay::Restart;
    /// Of the servers whose disks go to one image store, so many are off at a time; this one is among them, or is next.
    bool capture_turn = true;
    /// Another server of the rack is in this failover: no further one is switched off. Empty: none is.
    std::string rack_failover;
};

}  // namespace standin::domain
