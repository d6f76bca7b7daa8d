#pragma once

#include <string>

#include "agent/hypervisor/libvirt/acceleration.hpp"
#include "agent/hypervisor/stand_ins/stand_in_maker.hpp"
#include "agent/hypervisor/stand_ins/stand_in_states.hpp"

namespace standin::hypervisor {

/// What the acceleration probe can't know: whether a real guest runs under KVM here. Between its start and its
/// suspension a stand-in has to show a sign of life; one that KVM stops, or that shows none, is started again under
/// software emulation (`acceleration: auto`), and so is every one that is made after it. Its disk is then as after a
/// power cut. A hang is the host's fault only if the same guest lives without KVM: it may as well be the image's.
class KvmTrial {
  public:
    KvmTrial(const HypervisorSettings& settings, std::string agent, HostAcceleration& acceleration, Domains& domains,
             StandInMaker& maker, StandInStates& states, const base::Clock& clock, base::Log log);

    /// Looks at a stand-in whose domain is in `status`, and starts it again if it has to be.
    void look(const StandInEntryPtr& stand_in, const DomainStatus& status, const std::string& problem);
    /// Whether what stopped it will be answered by starting it again without KVM.
    [[nodiscard]] bool startsAgain(const StandInEntry& stand_in, const DomainStatus& status,
                                   const std::string& problem) const;
    /// QEMU did not even start under KVM, or its guest stopped in that moment: true if the stand-in is defined without
    /// it now and may be started once more. The caller holds its `command_mutex`.
    bool emulateAfterFailedStart(const StandInEntryPtr& stand_in, const base::Error& error);

  private:
    [[nodiscard]] bool onTrial(const StandInRecord& record) const;
    [[nodiscard]] bool alive(const StandInRecord& record) const;
    void lookForLife(const StandInEntryPtr& stand_in, const StandInRecord& record, const GuestTrial& trial);
    base::Result<void> emulate(const StandInEntryPtr& stand_in, const std::string& reason, bool certain);
    void startAgain(const StandInEntryPtr& stand_in, const std::string& reason, bool certain);

    const std::string agent_;
    const std::chrono::milliseconds sign_of_life_within_;
    HostAcceleration& acceleration_;
    Domains& domains_;
    StandInMaker& maker_;
    StandInStates& states_;
    const base::Clock& clock_;
    base::Log log_;
};

}  // namespace standin::hypervisor
