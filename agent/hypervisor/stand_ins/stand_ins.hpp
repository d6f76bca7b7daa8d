#pragma once

#include <mutex>
#include <vector>

#include "agent/hypervisor/libvirt/acceleration.hpp"
#include "agent/hypervisor/stand_ins/admission_control.hpp"
#include "agent/hypervisor/stand_ins/guest_clocks.hpp"
#include "agent/hypervisor/stand_ins/kvm_trial.hpp"
#include "agent/hypervisor/stand_ins/stand_in_inspector.hpp"
#include "agent/hypervisor/stand_ins/stand_in_maker.hpp"
#include "agent/hypervisor/stand_ins/stand_in_reconciler.hpp"
#include "agent/hypervisor/stand_ins/stand_in_states.hpp"

namespace standin::hypervisor {

/// The stand-ins of one VM host. Every verb is absolute and idempotent. Thread-safe.
class StandIns {
  public:
    StandIns(HostContext host, ImageSource& images);
    ~StandIns();

    /// Loads the existing stand-ins and determines how guests are executed. libvirt need not answer yet.
    base::Result<void> start();
    void stop();

    [[nodiscard]] std::vector<protocol::StandIn> list();
    base::Result<protocol::StandIn> get(const base::StandInName& name);
    /// Starts making the stand-in (`making`); an existing one of the same definition is returned unchanged. Refused:
    /// the host has no room (S116) or the image is not ready. Conflict: another stand-in has that name. A failed one is
    /// made again.
    base::Result<protocol::StandIn> make(const base::StandInName& name, const protocol::StandInDefinition& definition);
    base::Result<protocol::StandIn> setState(const base::StandInName& name, protocol::StandInState wanted);
    /// Changes the resources (S226). InvalidInput: beyond the maximum. Refused: beyond the host's room.
    base::Result<protocol::StandIn> setResources(const base::StandInName& name,
                                                 const protocol::StandInResources& resources);
    /// Destroys it if it runs, and removes it completely. Success if absent.
    base::Result<void> remove(const base::StandInName& name);
    /// Waits up to `within` while the clock is being set.
    base::Result<protocol::GuestClock> clock(const base::StandInName& name, std::chrono::milliseconds within);
    base::Result<protocol::StandInRequests> requests(const base::StandInName& name);
    base::Result<protocol::Capacity> capacity();
    /// Returns within a second, whatever libvirt does.
    void checkHealth(protocol::Health& health);

  private:
    base::Result<StandInEntryPtr> existing(const base::StandInName& name) const;
    base::Result<StandInEntryPtr> made(const base::StandInName& name,
                                       std::unique_lock<std::timed_mutex>& command_lock) const;
    base::Result<protocol::StandIn> admit(const base::StandInName& name, const protocol::StandInDefinition& definition,
                                          std::uint64_t disk_bytes);
    /// Shuts it down in order if it runs. Its disk stays; its domain and its claim to memory and CPUs are removed
    /// permanently.
    base::Result<protocol::StandIn> keep(const base::StandInName& name);
    base::Result<void> clear(StandInEntry& stand_in);

    const HostContext host_;
    ImageSource& images_;
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
