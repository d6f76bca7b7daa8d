#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"
#include "agent/hypervisor/stand_ins/capacity_check.hpp"
#include "agent/hypervisor/stand_ins/stand_in_directory.hpp"

namespace standin::hypervisor {

/// Timeout for `command_mutex`: a stop takes up to 10 s. Measured by the wall clock, because the thread sanitizer of
/// g++ 12 does not support locking by the steady clock.
constexpr std::chrono::seconds longest_wait_for_command{15};

/// The trial of a started guest, until it is suspended or stopped: it still has to show that it runs here.
struct GuestTrial {
    base::SteadyTime since;
    bool alive = false;  ///< it has shown a sign of life
    std::string
        suspicion;  ///< why it was started again without KVM, if only its running without KVM would prove the reason
};

/// A stand-in in this agent's memory. `mutex` guards the members after it; `command_mutex` is held while a command acts
/// on the domain, so that two commands to one stand-in never interleave.
struct StandInEntry {
    std::timed_mutex command_mutex;

    mutable std::mutex mutex;
    StandInRecord record;
    protocol::Progress progress;
    protocol::GuestClock clock;                       ///< since the last resume
    std::string clock_warning;                        ///< what is wrong with the clock, and the cure
    bool settled = false;                             ///< it was suspended since its start, so it has given memory back
    base::SteadyTime suspended_at{};                  ///< by a command to this agent; epoch: none
    DomainState last_seen = DomainState::Unknown;     ///< at the last inspection; never used as the present state
    bool guest_agent = false;                         ///< was connected then
    std::string problem;                              ///< why its guest did not do what was commanded, at that time
    std::optional<protocol::StandInState> commanded;  ///< result of the last command; nullopt while one is running
    std::optional<GuestTrial> trial;
    bool remade = false;             ///< it is being started again under software emulation
    std::uint64_t commands = 0;      ///< commands begun and ended: shows whether one came between two inspections
    bool being_made = false;         ///< a maker holds it
    std::condition_variable let_go;  ///< the maker has released it
    std::atomic<bool> cancelled{false};

    [[nodiscard]] StandInRecord snapshot() const {
        std::lock_guard lock(mutex);
        return record;
    }
    /// Records that a command begins, or has ended with the stand-in in `state`. Returns the previous value.
    std::optional<protocol::StandInState> note(std::optional<protocol::StandInState> state) {
        std::lock_guard lock(mutex);
        ++commands;
        return std::exchange(commanded, state);
    }
    [[nodiscard]] bool isRemade() const {
        std::lock_guard lock(mutex);
        return remade;
    }
    void beginTrial(base::SteadyTime now) {
        std::lock_guard lock(mutex);
        trial = GuestTrial{now, false, trial ? trial->suspicion : ""};
    }
    void endTrial() {
        std::lock_guard lock(mutex);
        trial.reset();
    }
    void note(std::optional<protocol::StandInState> state, DomainState seen) {
        std::lock_guard lock(mutex);
        ++commands;
        commanded = state;
        last_seen = seen;
    }
};

using StandInEntryPtr = std::shared_ptr<StandInEntry>;

/// All stand-ins of this host, in memory and in their directory. Thread-safe.
class StandInRegistry {
  public:
    explicit StandInRegistry(StandInDirectory& directory);

    /// Reads the directory. A stand-in that was partly made or removed when the agent stopped becomes `failed`, with
    /// the reason.
    base::Result<void> load();
    [[nodiscard]] StandInEntryPtr find(const base::StandInName& name) const;
    [[nodiscard]] std::vector<StandInEntryPtr> all() const;
    /// Directories without a readable record; they are left unchanged and reported in health.
    [[nodiscard]] std::vector<std::string> unreadable() const;

    /// Adds a stand-in, durably.
    base::Result<StandInEntryPtr> add(StandInRecord record);
    /// Changes a record, durably; in memory only if that succeeded.
    base::Result<void> change(StandInEntry& stand_in, const std::function<void(StandInRecord&)>& edit);
    /// Removes it from memory; its files must already be gone.
    void erase(const base::StandInName& name);

    /// The resources that every stand-in but `except` uses when it runs (S116).
    [[nodiscard]] std::vector<ResourceRequest> requests(const base::StandInName& except = {}) const;

  private:
    StandInDirectory& directory_;
    mutable std::mutex mutex_;
    std::map<base::StandInName, StandInEntryPtr> stand_ins_;
    std::vector<std::string> unreadable_;
};

}  // namespace standin::hypervisor
