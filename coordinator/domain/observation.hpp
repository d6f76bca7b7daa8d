#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "coordinator/domain/restraint/restraint.hpp"
#include "coordinator/domain/server.hpp"

namespace standin::domain {

/// What decide() has to know of the world besides the operation. All other observations are in the operation's steps,
/// each of which has observed its own part of the world.
struct Observation {
    Server server;
    /// Spares that this server's failover may use now, in order: its row's own, then free ones of the pool.
    std::vector<base::SpareName> spares;
    /// Spares leased to this operation. A spare that is not among them is not written (rule 5).
    std::vector<base::SpareName> leased;
    /// False: the image store's limit of concurrent restores is reached, so the restore to this operation's spare has
    /// to wait.
    bool restore_turn = true;
    /// Another operation has commanded the server's power on, and its outcome is not known yet: power that reads as off
    /// now may be on a moment later (rule 6).
    bool power_on_under_way = false;
    std::chrono::milliseconds spare_boot_within{120000};
    std::chrono::milliseconds spare_power_within{20000};
    CaptureWay capture_way = CaptureWay::Restart;
    /// False: the image store's limit of servers that are off for a capture is reached, so this capture has to wait.
    bool capture_turn = true;
    /// Another server of this rack is in this failover, so no further server of it is switched off. Empty: there is
    /// none.
    std::string rack_failover;
    SiteRestraint site;  ///< freeze and brake, as far as they concern this operation
};

}  // namespace standin::domain
