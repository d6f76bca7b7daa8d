#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/name_map.hpp"
#include "agent/protocol/hold.hpp"
#include "coordinator/simulation/world/clients.hpp"
#include "coordinator/simulation/world/command.hpp"

namespace standin::simulation {

class LanSwitch;
class World;

/// Takes a job's requests while nobody may process them, and hands them on in the order of their arrival to the machine
/// behind its back leg, one after the other.
class RequestHolder {
  public:
    explicit RequestHolder(World& world) : world_(world) {}

    base::Result<protocol::Hold> hold(const base::JobName& job);
    base::Result<protocol::Hold> setHold(const base::JobName& job, protocol::HoldState state);
    /// Asks until a machine answers or the time is over.
    void probe(const base::JobName& job, const protocol::ProbeRequest& request,
               const Reply<protocol::ProbeAnswer>& reply);

    /// A client's request arrives at the front leg. False: nothing listens, or there is no room.
    bool accept(const JobRequestPtr& request);
    /// The agent is started again: its connections end visibly.
    void restarted();
    [[nodiscard]] std::size_t held(const std::string& job) const;
    /// Its report about a job, for a test that stages a situation.
    protocol::Hold& staged(const std::string& job) { return at(job).hold; }

  private:
    struct Held {
        JobRequestPtr request;
        VirtualTime arrived{};
        std::uint64_t number = 0;
    };
    struct Job {
        const LanSwitch* lan_switch = nullptr;
        protocol::Hold hold;
        std::deque<Held> queue;
        bool delivering = false;
        std::uint64_t arrivals = 0;
        std::uint64_t last_delivered = 0;
        unsigned life = 0;  ///< events that belong to an earlier one are dropped
    };
    struct Probe {
        const Job& job;
        VirtualTime begun{};
        VirtualTime until{};
        unsigned attempts = 0;
        Reply<protocol::ProbeAnswer> reply;
    };
    Job& at(const std::string& job);
    void deliver(const std::string& job);
    void handedOn(const std::string& job, const Held& held, bool answered);
    void turnAwayOld(const std::string& job);
    void look(const std::shared_ptr<Probe>& probe);
    /// The machine that executes released requests; empty: none.
    [[nodiscard]] std::string_view behindBackLeg(const Job& job) const;

    World& world_;
    base::NameMap<std::string, Job> jobs_;
};

}  // namespace standin::simulation
