#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/name_map.hpp"
#include "coordinator/simulation/event_log.hpp"
#include "coordinator/simulation/invariants.hpp"
#include "coordinator/simulation/journal_disk.hpp"
#include "coordinator/simulation/world/clients.hpp"
#include "coordinator/simulation/world/image_store.hpp"
#include "coordinator/simulation/world/job_writes.hpp"
#include "coordinator/simulation/world/lan_switch.hpp"
#include "coordinator/simulation/world/machine.hpp"
#include "coordinator/simulation/world/network.hpp"
#include "coordinator/simulation/world/request_holder.hpp"
#include "coordinator/simulation/world/script_marks.hpp"
#include "coordinator/simulation/world/vm_host.hpp"
#include "coordinator/simulation/world_config.hpp"

namespace standin::simulation {

/// Everything that a coordinator acts upon, and its disk. It continues when the coordinator dies.
class World {
  public:
    /// Furnished as the config says: servers and their jobs run, spares are on and idle, images are in the store, and
    /// what the journal's contents name is there.
    World(const WorldConfig& given, bool log);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    const WorldConfig& config;
    EventQueue queue;
    SimulatedClock clock{queue};
    EventLog log;
    ScriptMarks script_marks;
    Network network;
    JournalDisk disk;
    JournalDisk backup;  ///< a copy of it; a coordinator may run from that (`start two journal=backup`)
    std::vector<JournalDisk> moved_away;  ///< earlier journals; their commands may still be under way

    base::NameMap<std::string, Machine> machines;  ///< servers and spares
    base::NameMap<std::string, Bmc> bmcs;          ///< by their machines' names
    std::map<std::string, VmHost> vm_hosts;
    std::map<std::string, LanSwitch> switches;
    std::map<std::string, ImageStore> stores;
    std::map<std::string, RequestHolder> holders;
    Clients clients{*this};
    JobWrites writes;
    std::vector<std::string> told;  ///< messages to the operator
    VirtualTime led_since{};        ///< the last time that a coordinator was started or continued
    Invariants invariants{*this};

    [[nodiscard]] VirtualTime now() const { return queue.now(); }
    /// The journal of the coordinator that commands, or has commanded, as this instance.
    [[nodiscard]] const JournalDisk& diskOf(const std::string& instance) const;
    /// Its job, its parts. Precondition: there is one.
    [[nodiscard]] const domain::Server& serverOf(const std::string& segment) const { return *servers_.at(segment); }
    [[nodiscard]] LanSwitch& switchOf(const domain::Server& server) { return switches.at(server.switch_agent.text()); }
    /// Null: no VM host knows such a stand-in.
    VirtualMachine* standIn(std::string_view name);
    /// The one that an order names as the server's.
    const VirtualMachine* standInOf(const protocol::SegmentOrder& order);
    /// The machine or stand-in at a switch port: its name; empty: there is none. Lives as long as the port's name.
    [[nodiscard]] std::string_view at(const base::PortName& port) const;
    /// The machine that a frame for the job reaches at this member of its segment; empty: none. Lives as long
    /// as the order is in force.
    [[nodiscard]] std::string_view behind(const std::string& segment, const base::MemberName& member);
    [[nodiscard]] std::string_view behind(const protocol::SegmentOrder& order, const base::MemberName& member) const;
    /// A machine or stand-in of this name executes requests now.
    [[nodiscard]] bool answers(std::string_view executor);
    /// The machine whose disk it is; null: none.
    Machine* machineWith(const base::DiskName& disk);
    /// The VM host that uses an idle spare's capacity (S106); null: none does.
    VmHost* hostOn(const std::string& machine);

    /// As an operator does with a journal that is damaged.
    void moveJournalAway() { moved_away.push_back(disk.moveAway()); }
    /// A stand-in vanishes from its VM host, without a report.
    void lose(const std::string& stand_in);
    enum class SwitchedBy { Coordinator, Hand };
    void power(Machine& machine, bool on, SwitchedBy by = SwitchedBy::Coordinator);
    /// A server's BMC has something to say of its own accord.
    std::function<void(const std::string& server)> restarts = [](const auto&) {};
    /// Its hardware fails; `serves`: it continues to execute its job nevertheless.
    void breakDown(Machine& machine, bool serves);
    void repair(Machine& machine);
    /// Its job stops, or continues, while the machine runs.
    void hang(Machine& machine, bool hangs);

  private:
    void addMachines();
    void addStandIns();
    void addSegment(const domain::Server& server, const domain::SpareTableRow* row);

    base::NameMap<std::string, const domain::Server*> servers_;  ///< by segment
    base::NameMap<std::string, VmHost*> host_of_stand_in_;       ///< where it was found last
    base::NameMap<std::string, std::string> machine_of_disk_;
    base::NameMap<std::string, std::string> machine_at_port_;
};

}  // namespace standin::simulation
