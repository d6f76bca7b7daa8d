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

/// For `command_mutex`: a stop takes up to 10 s. Waited for by the wall clock: the thread sanitizer of g++ 12 does not
/// know the steady one's way to lock.
constexpr std::chrono::seconds longest_wait_for_command{15};

/// A guest that was started, until it is suspended or stopped: it has still to prove that it runs here.
struct GuestTrial {
    base::SteadyTime since;
    bool alive = false;     ///< it has shown a sign of life
    std::string suspicion;  ///< why it was started again without KVM, where only its life without it proves the reason
};

/// One stand-in as this agent knows it. `mutex` guards what follows it; `command_mutex` is held while a command acts on
/// the domain, so that two commands to one stand-in never interleave.
struct StandInEntry {
    std::timed_mutex command_mutex;

    mutable std::mutex mutex;
    StandInRecord record;
    protocol::Progress progress;
    protocol::GuestClock clock;                       ///< since the last resume
    std::string clock_warning;                        ///< what is wrong with it, and the cure
    bool settled = false;                             ///< it was suspended since its start: it has given memory back
    base::SteadyTime suspended_at{};                  ///< by a command to this agent; epoch: none
    DomainState last_seen = DomainState::Unknown;     ///< when it was last looked at; never taken for what is now
    bool guest_agent = false;                         ///< connected then
    std::string problem;                              ///< why its guest did not do then what was commanded
    std::optional<protocol::StandInState> commanded;  ///< where the last command brought it; none while one is at work
    std::optional<GuestTrial> trial;
    bool remade = false;             ///< it is being started again under software emulation
    std::uint64_t commands = 0;      ///< begun and ended: says whether one came between two looks
    bool being_made = false;         ///< a maker holds it
    std::condition_variable let_go;  ///< the maker is through with it
    std::atomic<bool> cancelled{false};

    [[nodiscard]] StandInRecord snapshot() const {
        std::lock_guard lock(mutex);
        return record;
    }
    /// A command begins, or has ended with the stand-in in `state`. Returns what was noted before.
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

/// All stand-ins of this host, in memory and in their directory. Safe to call from any thread.
class StandInRegistry {
  public:
    explicit StandInRegistry(StandInDirectory& directory);

    /// Reads the directory. What was half made or half removed when the agent ended becomes `failed` and says so.
    base::Result<void> load();
    [[nodiscard]] StandInEntryPtr find(const base::StandInName& name) const;
    [[nodiscard]] std::vector<StandInEntryPtr> all() const;
    /// Directories that hold no readable record: they are left alone and reported in health.
    [[nodiscard]] std::vector<std::string> unreadable() const;

    /// Adds a stand-in, durably.
    base::Result<StandInEntryPtr> add(StandInRecord record);
    /// Changes a record, durably; in memory only if that succeeded.
    base::Result<void> change(StandInEntry& stand_in, const std::function<void(StandInRecord&)>& edit);
    /// Forgets it; its files must be gone already.
    void erase(const base::StandInName& name);

    /// What every stand-in but `except` takes if it runs (S116).
    [[nodiscard]] std::vector<ResourceRequest> requests(const base::StandInName& except = {}) const;

  private:
    StandInDirectory& directory_;
    mutable std::mutex mutex_;
    std::map<base::StandInName, StandInEntryPtr> stand_ins_;
    std::vector<std::string> unreadable_;
};

}  // namespace standin::hypervisor
