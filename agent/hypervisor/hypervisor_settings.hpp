#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "agent/base/yaml_reader.hpp"
#include "agent/hypervisor/libvirt/acceleration_probe.hpp"

namespace standin::hypervisor {

/// How guests' instructions are executed. `Auto` examines the host (see Acceleration).
enum class AccelerationChoice { Auto, Kvm, Tcg };

/// The section `hypervisor:` of an agent's configuration.
struct HypervisorSettings {
    std::string uri;                 ///< libvirt's, e.g. `qemu:///system`
    std::string stand_in_dir;        ///< one directory per stand-in, see stand_in_directory.hpp
    std::string bridge;              ///< the Open vSwitch bridge that carries the taps
    std::uint16_t landing_vlan = 0;  ///< of a new tap, as the only tagged VLAN, so that it reaches nothing until the
                                     ///< switch agent has put it into quarantine
    std::uint64_t reserve_memory_bytes = 0;  ///< left for the host
    bool network_offloads =
        false;  ///< only where the bridge's datapath completes checksums (Open vSwitch in the kernel does)
    AccelerationChoice acceleration = AccelerationChoice::Auto;
    /// Under `Auto`, how long a guest started under KVM may take to show a sign of life: firmware, a boot loader's menu
    /// (30 s after an interrupted start), the kernel's drivers. After that it is started again under software
    /// emulation.
    std::chrono::milliseconds sign_of_life_within{60'000};
    std::chrono::milliseconds stop_within{10'000};  ///< for the guest to shut down before it is destroyed
    unsigned vcpus_per_cpu =
        4;  ///< virtual CPUs that may be promised per CPU; 4 is what most clouds sell for general work
    std::string qemu_log_dir =
        "/var/log/libvirt/qemu";  ///< where libvirt keeps QEMU's output (Debian's path, and others')
    AccelerationProbe probe;      ///< for tests; `cache_file` is in `stand_in_dir` if empty
    std::string kvm_program;      ///< for tests: a replacement for QEMU under KVM, on hosts without KVM
    unsigned run_at_once = 0;     ///< how many stand-ins may have to run at once (S116); 0: all of them
};

/// Reads the section strictly; problems are recorded in the reader's YamlProblems.
HypervisorSettings hypervisorSettingsFrom(base::YamlReader& reader);

}  // namespace standin::hypervisor
