#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "agent/hypervisor/hypervisor_settings.hpp"
#include "agent/hypervisor/libvirt/acceleration_probe.hpp"
#include "agent/hypervisor/libvirt/domain_xml.hpp"

namespace standin::hypervisor {

/// How this host executes guests, and why not faster if it doesn't.
struct Acceleration {
    DomainType type = DomainType::Qemu;
    std::string reason;                      ///< why KVM runs no guests here; empty where it does
    [[nodiscard]] const char* name() const;  ///< `kvm`, `tcg` or `test`
};

/// `Auto` boots a tiny guest under KVM (boot_probe.S), since a device that opens and even makes a virtual machine may
/// still never run one. Asked once per boot of the host. `Kvm` is obeyed even where it runs no guests, with the reason,
/// so that health can report it.
Acceleration findAcceleration(AccelerationChoice choice, const std::string& uri, const AccelerationProbe& probe);

/// How guests are executed from now on. What the probe has found out is corrected by what guests show: one that stops
/// or hangs under KVM although the probe did not. Safe to call from any thread.
class HostAcceleration {
  public:
    HostAcceleration(AccelerationChoice choice, AccelerationProbe probe);

    /// Asks, or remembers what was found out since the host was booted.
    void find(const std::string& uri);
    [[nodiscard]] Acceleration current() const;
    /// Whether a guest that fails under KVM is started again without it.
    [[nodiscard]] bool mayFallBack() const { return choice_ == AccelerationChoice::Auto; }

    /// A guest has shown signs of life under KVM: what becomes of others is not the host's fault.
    void kvmRanGuest();
    /// A guest has failed under KVM for `reason`. Remembered until the host is booted again. True if guests are
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
