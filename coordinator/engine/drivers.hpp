#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/base/identifier.hpp"
#include "agent/base/name_map.hpp"
#include "agent/protocol/command_order.hpp"
#include "coordinator/domain/restraint/brake.hpp"
#include "coordinator/domain/server.hpp"
#include "coordinator/drivers/holder_driver.hpp"
#include "coordinator/drivers/hypervisor_driver.hpp"
#include "coordinator/drivers/image_store_driver.hpp"
#include "coordinator/drivers/notifier.hpp"
#include "coordinator/drivers/power_driver.hpp"
#include "coordinator/drivers/switch_driver.hpp"
#include "coordinator/engine/silence_windows.hpp"

namespace standin::engine {

/// The engine's interfaces to the outside world. Each driver is used from several threads. A missing name is a defect
/// of the configuration and ends the step with NotFound.
struct Drivers {
    std::map<base::AgentName, std::shared_ptr<drivers::HypervisorDriver>> hypervisors;
    std::map<base::AgentName, std::shared_ptr<drivers::SwitchDriver>> switches;
    std::map<base::AgentName, std::shared_ptr<drivers::ImageStoreDriver>> image_stores;
    std::map<base::AgentName, std::shared_ptr<drivers::HolderDriver>> holders;
    std::shared_ptr<drivers::PowerDriver> power;
    std::shared_ptr<drivers::Notifier> notifier;
    /// Reads an agent's GET /v1/health; the checks are also read from a 503. Used by the watch.
    std::function<base::Result<protocol::Health>(const base::AgentName&, drivers::Deadline)> health;
    /// Reads the highest epoch that an agent has obeyed; 0: none.
    std::function<base::Result<std::uint64_t>(const base::AgentName&, drivers::Deadline)> epoch;
    /// Claims an agent (`PUT /v1/epoch`). Success means that no newer coordinator has commanded it, and that no older
    /// one can from now on. StaleEpoch: another coordinator leads.
    std::function<base::Result<void>(const base::AgentName&, const protocol::Leader& as, drivers::Deadline)> claim;
    /// Learned by the watch, used by steps that ask a job.
    std::shared_ptr<SilenceWindows> silence_windows = std::make_shared<SilenceWindows>();
};

/// More than an image store transfers at a time (`transfers_at_once`, 2 unless configured), so that its disks are never
/// idle. The others wait in the coordinator, which knows their order.
inline constexpr std::size_t default_restores_at_once = 4;

/// Each capture has its server switched off. One at a time, so that a problem is noticed before the next capture.
inline constexpr std::size_t default_captures_at_once = 1;

/// The configured machines and agents; constant while the coordinator runs.
struct Inventory {
    base::NameMap<base::ServerName, domain::Server> servers;
    base::NameMap<base::SpareName, domain::Spare> spares;
    base::NameMap<base::ServerName, drivers::PowerLadder> server_power;
    base::NameMap<base::SpareName, drivers::PowerLadder> spare_power;
    std::map<base::AgentName, std::string>
        agent_urls;  ///< `https://127.77.0.12:8441`; the VM host gets the image store's
    /// Per image store: the limit of concurrent restores; default_restores_at_once where not given.
    std::map<base::AgentName, std::size_t> restores_at_once;
    /// Per image store: the limit of servers that are off for a capture; default_captures_at_once where not given.
    std::map<base::AgentName, std::size_t> captures_at_once;
    domain::CaptureWay capture_way = domain::CaptureWay::Restart;
    domain::BrakeLimits brake;
};

}  // namespace standin::engine
