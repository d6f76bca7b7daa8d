#pragma once

#include <mutex>
#include <vector>

#include "agent/hypervisor/hypervisor_settings.hpp"
#include "agent/hypervisor/libvirt/acceleration.hpp"
#include "agent/hypervisor/stand_ins/admission_control.hpp"
#include "agent/hypervisor/stand_ins/guest_clocks.hpp"
#include "agent/hypervisor/stand_ins/kvm_trial.hpp"
#include "agent/hypervisor/stand_ins/stand_in_inspector.hpp"
#include "agent/hypervisor/stand_ins/stand_in_maker.hpp"
#include "agent/hypervisor/stand_ins/stand_in_reconciler.hpp"
#include "agent/hypervisor/stand_ins/stand_in_states.hpp"

namespace standin::hypervisor {

/// The stand-ins of one VM host. Every verb is absolute and idempotent. Safe to call from any thread.
class StandIns {
  public:
    StandIns(HypervisorSettings settings, base::AgentName agent, Domains& domains, ImageSource& images,
             const base::Clock& clock, http::Metrics& metrics, const base::Log& log);
    ~StandIns();

    /// Reads what is there and finds out how guests are executed. libvirt need not answer yet.
    base::Result<void> start();
    void stop();

    [[nodiscard]] std::vector<protocol::StandIn> list();
    base::Result<protocol::StandIn> get(const base::StandInName& name);
    /// Begins to make it (`making`); one of the same definition that is there already is returned as it is. Refused:
    /// the host has no room (S116) or the image isn't ready. Conflict: another of that name is there. A failed one is
    /// made again.
    base::Result<protocol::StandIn> make(const base::StandInName& name, const protocol::StandInDefinition& definition);
    base::Result<protocol::StandIn> setState(const base::StandInName& name, protocol::StandInState wanted);
    /// S226. InvalidInput beyond its maximum, Refused beyond the host's room.
    base::Result<protocol::StandIn> setResources(const base::StandInName& name,
                                                 const protocol::StandInResources& resources);
    /// Ends it at once if it runs; nothing of it is left. Absent is success.
    base::Result<void> remove(const base::StandInName& name);
    /// Waits up to `within` while the clock is being set.
    base::Result<protocol::GuestClock> clock(const base::StandInName& name, std::chrono::milliseconds within);
    base::Result<protocol::StandInRequests> requests(const base::StandInName& name);
    base::Result<protocol::Capacity> capacity();
    /// Within a second, whatever libvirt does.
    void checkHealth(protocol::Health& health);

  private:
    base::Result<StandInEntryPtr> existing(const base::StandInName& name) const;
    base::Result<StandInEntryPtr> made(const base::StandInName& name,
                                       std::unique_lock<std::timed_mutex>& command_lock) const;
    base::Result<protocol::StandIn> admit(const base::StandInName& name, const protocol::StandInDefinition& definition,
                                          std::uint64_t disk_bytes);
    /// Stopped in order where it runs; its disk stays, its domain and its claim to memory and CPUs go. For good.
    base::Result<protocol::StandIn> keep(const base::StandInName& name);
    base::Result<void> clear(StandInEntry& stand_in);

    const HypervisorSettings settings_;
    const base::AgentName agent_;
    Domains& domains_;
    ImageSource& images_;
    const base::Clock& clock_;
    http::Metrics& metrics_;
    base::Log log_;
    HostAcceleration acceleration_;
    StandInDirectory directory_;
    StandInRegistry registry_;
    TapObserver taps_;
    GuestClocks clocks_;
    StandInStates states_;
    StandInMaker maker_;
    KvmTrial trial_;
    AdmissionControl admission_;
    StandInInspector inspector_;
    StandInReconciler reconciler_;
};

}  // namespace standin::hypervisor
