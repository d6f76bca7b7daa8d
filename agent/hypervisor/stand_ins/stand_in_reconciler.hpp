#pragma once

#include <string>

#include "agent/base/worker.hpp"
#include "agent/hypervisor/stand_ins/kvm_trial.hpp"
#include "agent/hypervisor/stand_ins/stand_in_inspector.hpp"
#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"
#include "agent/hypervisor/stand_ins/stand_in_states.hpp"
#include "agent/hypervisor/traffic/tap_observer.hpp"

namespace standin::hypervisor {

/// Inspects every stand-in after each event of libvirt, and every few seconds. It records problems, reports each once,
/// starts again what KVM stopped, and resumes guests that stopped for lack of disk space. Has a thread of its own.
class StandInReconciler {
  public:
    StandInReconciler(const HostContext& host, StandInRegistry& registry, StandInInspector& inspector,
                      StandInStates& states, KvmTrial& trial, TapObserver& taps);
    void start();
    void stop() { worker_.stop(); }

  private:
    void run(const std::stop_token& stop);
    bool wait(std::uint64_t seen, const std::stop_token& stop);
    void reconcileAll();
    void reconcile(const StandInEntryPtr& stand_in, const base::Result<DomainStatus>& status,
                   const std::string& problem);

    const HostContext& host_;
    StandInRegistry& registry_;
    StandInInspector& inspector_;
    StandInStates& states_;
    KvmTrial& trial_;
    TapObserver& taps_;
    base::Worker worker_;
};

}  // namespace standin::hypervisor
