#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "agent/hypervisor/hypervisor_settings.hpp"
#include "agent/hypervisor/libvirt/acceleration_probe.hpp"
#include "agent/hypervisor/libvirt/domain_xml.hpp"

namespace standin::hypervisor {

/// How this host executes guests, and why not faster.
struct Acceleration {
    DomainType type = DomainType::Qemu;
    std::string reason;                      ///< why KVM runs no guests here; empty if it does
    [[nodiscard]] const char* name() const;  ///< `kvm`, `tcg` or `test`
};

/// Determines the acceleration. `Auto` boots a tiny guest under KVM (boot_probe.S), because a device that opens, and
/// even creates a virtual machine, may still never run one. Done once per boot of the host. `Kvm` is used even if it
/// runs no guests, with the reason, so that health can report it.
Acceleration findAcceleration(AccelerationChoice choice, const std::string& uri, const AccelerationProbe& probe);

/// How guests are executed from now on. The probe's result is corrected by real guests: one may stop or hang under KVM
/// although the probe did not. Thread-safe.
class HostAcceleration {
  public:
    HostAcceleration(AccelerationChoice choice, AccelerationProbe probe);

    /// Runs the probe, or reads its result since the host's boot.
    void find(const std::string& uri);
    [[nodiscard]] Acceleration current() const;
    /// Whether a guest that fails under KVM is started again without it.
    [[nodiscard]] bool mayFallBack() const { return choice_ == AccelerationChoice::Auto; }

    /// A guest has shown a sign of life under KVM, so failures of other guests are not attributed to the host.
    void kvmRanGuest();
    /// A guest has failed under KVM for `reason`. This is stored until the host's next boot. True if guests are
    /// emulated from now on; false if others have run under KVM, or if KVM is not in use anyway.
    bool kvmFailedGuest(const std::string& reason);

  private:
    const AccelerationChoice choice_;
    const AccelerationProbe probe_;
    mutable std::mutex mutex_;
    Acceleration current_;
    bool ran_guest_ = false;
};

}  // namespace standin::hypervisor
