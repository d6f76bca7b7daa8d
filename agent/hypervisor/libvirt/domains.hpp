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
    Paused,      ///< because somebody asked for it
    Halted,      ///< stopped by an error (internal error, crash, watchdog, I/O error): it can't be resumed
    OutOfSpace,  ///< stopped when it wrote to a full disk: it can be resumed when there is space
    Unknown      ///< in between (shutting down, say), or the hypervisor can't tell
};

struct DomainStatus {
    DomainState state = DomainState::Unknown;
    std::string oddity{};  ///< why it is in this state if that is out of the ordinary, e.g. `paused after an I/O error`
    std::string reason{};  ///< how it came to be off, e.g. `its guest shut down`; empty in other states
    bool crashed = false;  ///< off, and neither its guest nor anybody else had asked for that
    bool internal_error = false;  ///< halted by the hypervisor itself, not by what its guest or a device does
};

/// What a domain has just now; zero and false where it is not running.
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

/// The hypervisor's machines, named by UUID. Verbs are the hypervisor's own: a verb that does not fit the state fails,
/// and a caller that wants 'absolute' observes, acts and observes. Every call returns within a bounded time (TimedOut:
/// observe again).
class Domains {
  public:
    virtual ~Domains() = default;
    /// Defines or redefines; changes nothing of a running machine.
    virtual base::Result<void> define(const std::string& xml) = 0;
    /// Nothing is left of the definition, firmware variables included. Absent is success; WrongState while it runs.
    virtual base::Result<void> undefine(const std::string& uuid) = 0;
    virtual base::Result<DomainStatus> status(const std::string& uuid) = 0;
    /// The status read back after the verb has had its effect (or, for AskToStop, was taken).
    virtual base::Result<DomainStatus> change(const std::string& uuid, DomainVerb verb) = 0;
    virtual base::Result<DomainView> view(const std::string& uuid) = 0;
    /// Memory by balloon, virtual CPUs by hot-plug, weight by scheduler; at once for a machine that is not off.
    virtual base::Result<void> setResources(const std::string& uuid, const protocol::StandInResources& resources) = 0;
    /// Sets the guest's clock through its agent. Unreachable: there is no agent in it (any more, yet).
    virtual base::Result<void> setClock(const std::string& uuid, base::WallTime time) = 0;
    /// What the guest's clock shows, through its agent. Unreachable: as above.
    virtual base::Result<base::WallTime> readClock(const std::string& uuid) = 0;
    /// Hot-plugged virtual CPUs are offline in most guests: brings so many online through the guest's agent, and
    /// returns how many are, read back in the guest. Unreachable: there is no agent in it.
    virtual base::Result<unsigned> bringCpusOnline(const std::string& uuid, unsigned wanted) = 0;

    /// Whether an operating system's drivers are at work in a running machine: its agent is connected, it has answered
    /// the balloon, or it has flushed its disk. Firmware and boot loaders do none of that.
    virtual base::Result<bool> showsLife(const std::string& uuid) = 0;

    /// A number that grows with every event of any machine; waitForEvent() returns when it is no longer `seen`, or
    /// after `longest`.
    [[nodiscard]] virtual std::uint64_t eventsSeen() const = 0;
    virtual void waitForEvent(std::uint64_t seen, std::chrono::milliseconds longest) = 0;

    /// Also says whether the hypervisor answers at all.
    virtual base::Result<HypervisorHost> host() = 0;
};

}  // namespace standin::hypervisor
