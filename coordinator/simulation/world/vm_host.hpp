#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "agent/protocol/stand_in.hpp"
#include "coordinator/simulation/virtual_time.hpp"
#include "coordinator/simulation/world/command.hpp"

namespace standin::simulation {

class ImageStore;
class World;

/// A stand-in, with the facts that only the world knows.
struct VirtualMachine {
    protocol::StandIn stand_in;
    VirtualTime answers_from{};  ///< while it runs: its job answers from then on
    bool mute = false;           ///< it runs, and its job does not answer
    VirtualTime mute_since{};
    bool will_not_resume = false;  ///< the hypervisor says so when it is asked to
    bool halts = false;            ///< an error stops it in the moment after it has begun to execute
    unsigned unanswered = 0;       ///< requests that it works on
    unsigned just_answered = 0;    ///< of `unanswered`, those that have an answer already, and may continue
    unsigned idle = 0;             ///< connections that clients keep open without asking anything
    unsigned unseen = 0;           ///< of `unanswered`, those that were there when the agent was started again
    VirtualTime seen_from{};       ///< its connections are all known from then on
    unsigned power_cycle = 0;      ///< events that belong to an earlier run are dropped

    /// A request that it worked on has ended.
    void ended() {
        if (unanswered > 0) --unanswered;
        unseen = std::min(unseen, unanswered);
    }
    [[nodiscard]] bool answers(VirtualTime now) const {
        return stand_in.state == protocol::StandInState::Running && !mute && now >= answers_from;
    }
};

/// A machine with a hypervisor, which carries stand-ins. When it dies, they die with it: their definitions and disks
/// stay, what was in memory is gone.
class VmHost {
  public:
    using StandIns = std::map<std::string, VirtualMachine, std::less<>>;

    VmHost(World& world, std::string name);

    base::Result<protocol::StandIn> standIn(const base::StandInName& name) const;
    void make(const base::StandInName& name, const protocol::StandInDefinition& definition,
              const Reply<protocol::StandIn>& reply);
    void setState(const base::StandInName& name, protocol::StandInState state, const Reply<protocol::StandIn>& reply);
    base::Result<protocol::StandIn> setResources(const base::StandInName& name,
                                                 const protocol::StandInResources& resources);
    base::Result<void> remove(const base::StandInName& name);
    base::Result<protocol::StandInRequests> requests(const base::StandInName& name) const;
    [[nodiscard]] protocol::Capacity capacity() const;

    void lose(const std::string& stand_in) { stand_ins_.erase(stand_in); }
    /// The agent is started again: the connections that there are it has not seen begin.
    void restarted();
    /// An error stops it, as an internal error of the hypervisor does; it never answers its pending requests.
    void halt(VirtualMachine& machine);
    void die();
    void comeBack();
    [[nodiscard]] bool lives() const { return lives_; }
    /// Null: there is none.
    VirtualMachine* find(std::string_view stand_in);
    [[nodiscard]] const StandIns& standIns() const { return stand_ins_; }
    /// As the world begins: suspended, and its job would answer at once.
    void placeStandIn(const base::StandInName& name, const protocol::StandInDefinition& definition,
                      protocol::StandInState state);

  private:
    [[nodiscard]] ImageStore& storeOf(const protocol::StandInDefinition& definition) const;
    void change(VirtualMachine& machine, protocol::StandInState state);
    void haltSoon(const base::StandInName& name);
    void stop(const base::StandInName& name, protocol::StandInState to, const Reply<protocol::StandIn>& reply);
    void made(const std::string& name, const base::Result<void>& fetched);

    World& world_;
    const std::string name_;
    bool lives_ = true;
    StandIns stand_ins_;
};

}  // namespace standin::simulation
