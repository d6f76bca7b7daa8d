#pragma once

#include <string>

#include "agent/hypervisor/libvirt/acceleration.hpp"
#include "agent/hypervisor/stand_ins/stand_in_maker.hpp"
#include "agent/hypervisor/stand_ins/stand_in_states.hpp"

namespace standin::hypervisor {

/// Checks whether a real guest runs under KVM here, which the acceleration probe cannot know. Between its start and its
/// suspension a stand-in has to show a sign of life. If KVM stops it, or it shows none, it is started again under
/// software emulation (`acceleration: auto`), as are all stand-ins made later. Its disk is then as after a power cut. A
/// hang is attributed to the host only if the same guest runs without KVM, because the image may be the cause.
class KvmTrial {
  public:
    KvmTrial(const HostContext& host, HostAcceleration& acceleration, StandInMaker& maker, StandInStates& states);

    /// Checks a stand-in whose domain is in `status`, and starts it again if necessary.
    void look(const StandInEntryPtr& stand_in, const DomainStatus& status, const std::string& problem);
    /// True if the guest's stop will lead to a start without KVM.
    [[nodiscard]] bool startsAgain(const StandInEntry& stand_in, const DomainStatus& status,
                                   const std::string& problem) const;
    /// Handles a QEMU that did not start under KVM, or whose guest stopped at that moment. True if the stand-in is now
    /// defined without KVM and may be started once more. The caller holds its `command_mutex`.
    bool emulateAfterFailedStart(const StandInEntryPtr& stand_in, const base::Error& error);

  private:
    [[nodiscard]] bool onTrial(const StandInRecord& record) const;
    [[nodiscard]] bool alive(const StandInRecord& record) const;
    void lookForLife(const StandInEntryPtr& stand_in, const StandInRecord& record, const GuestTrial& trial);
    base::Result<void> emulate(const StandInEntryPtr& stand_in, const std::string& reason, bool certain);
    void startAgain(const StandInEntryPtr& stand_in, const std::string& reason, bool certain);

    const HostContext& host_;
    HostAcceleration& acceleration_;
    StandInMaker& maker_;
    StandInStates& states_;
};

}  // namespace standin::hypervisor
