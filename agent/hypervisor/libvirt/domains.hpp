#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/protocol/stand_in.hpp"

namespace standin::hypervisor {

enum class DomainState {
    Absent,  ///< not defined
    Off,
    Running,
    Paused,      ///< by a command
    Halted,      ///< stopped by an error (internal error, crash, watchdog, I/O error): it cannot be resumed
    OutOfSpace,  ///< stopped by a write to a full disk: it can be resumed when there is space
    Unknown      ///< in transition (e.g. shutting down), or the hypervisor does not know
};

struct DomainStatus {
    DomainState state = DomainState::Unknown;
    std::string oddity{};         ///< why it is in this state, if that is unusual, e.g. `paused after an I/O error`
    std::string reason{};         ///< why it is off, e.g. `its guest shut down`; empty in other states
    bool crashed = false;         ///< off, although neither its guest nor a command requested that
    bool internal_error = false;  ///< halted by the hypervisor itself, not by its guest or a device
};

/// Present properties of a domain; zero and false if it is not running.
struct DomainView {
    protocol::StandInResources resources;
    bool guest_agent = false;  ///< connected
};

struct HypervisorHost {
    std::uint64_t memory_mib = 0;
    unsigned cpus = 0;
};

enum class DomainVerb { Start, Resume, Suspend, AskToStop, Destroy };
const char* nameOf(DomainVerb verb);

/// The hypervisor's virtual machines, identified by UUID. The verbs are the hypervisor's own: a verb that does not fit
/// the state fails, and a caller that needs an absolute verb observes, acts and observes. Every call returns within a
/// bounded time (TimedOut: observe again).
class Domains {
  public:
    virtual ~Domains() = default;
    /// Defines or redefines a machine; does not affect a running machine.
    virtual base::Result<void> define(const std::string& xml) = 0;
    /// Removes the definition completely, including firmware variables. Success if absent; WrongState while it runs.
    virtual base::Result<void> undefine(const std::string& uuid) = 0;
    virtual base::Result<DomainStatus> status(const std::string& uuid) = 0;
    /// Executes the verb. Returns the status read back after its effect (for AskToStop: after it was accepted).
    virtual base::Result<DomainStatus> change(const std::string& uuid, DomainVerb verb) = 0;
    virtual base::Result<DomainView> view(const std::string& uuid) = 0;
    /// Memory by balloon, virtual CPUs by hot-plug, weight by scheduler; at once for a machine that is not off.
    virtual base::Result<void> setResources(const std::string& uuid, const protocol::StandInResources& resources) = 0;
    /// Sets the guest's clock through its agent. Unreachable: no guest agent is connected.
    virtual base::Result<void> setClock(const std::string& uuid, base::WallTime time) = 0;
    /// Reads the guest's clock through its agent. Unreachable: no guest agent is connected.
    virtual base::Result<base::WallTime> readClock(const std::string& uuid) = 0;
    /// Brings hot-plugged virtual CPUs, which are offline in most guests, online through the guest's agent. Returns how
    /// many are online, read back in the guest. Unreachable: no guest agent is connected.
    virtual base::Result<unsigned> bringCpusOnline(const std::string& uuid, unsigned wanted) = 0;

    /// True if an operating system's drivers run in a running machine: its agent is connected, it has answered the
    /// balloon, or it has flushed its disk. Firmware and boot loaders do none of these.
    virtual base::Result<bool> showsLife(const std::string& uuid) = 0;

    /// A counter of the events of all machines. waitForEvent() returns when it differs from `seen`, or after `longest`.
    [[nodiscard]] virtual std::uint64_t eventsSeen() const = 0;
    virtual void waitForEvent(std::uint64_t seen, std::chrono::milliseconds longest) = 0;

    /// The host's properties; an error if the hypervisor does not answer.
    virtual base::Result<HypervisorHost> host() = 0;
};

}  // namespace standin::hypervisor
