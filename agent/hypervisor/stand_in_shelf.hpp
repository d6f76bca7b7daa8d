#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/hypervisor/capacity_check.hpp"
#include "agent/hypervisor/domains.hpp"
#include "agent/hypervisor/stand_in_directory.hpp"

namespace standin::hypervisor {

/// For `verbs`: a stop takes up to 10 s. Waited for by the wall clock: the thread sanitizer of g++ 12 does not know the
/// steady one's way to lock.
constexpr std::chrono::seconds longest_wait_for_verbs{15};

/// One stand-in as this agent knows it. `mutex` guards what follows it; `verbs` is held by whoever acts on the domain,
/// so that two commands to one stand-in never interleave.
struct ShelvedStandIn {
    std::timed_mutex verbs;

    mutable std::mutex mutex;
    StandInRecord record;
    protocol::Progress progress;
    protocol::GuestClock clock;                    ///< since the last resume
    std::string clock_warning;                     ///< what is wrong with it, and the cure
    bool settled = false;                          ///< it was suspended since its start: it has given memory back
    base::SteadyTime suspended_at{};               ///< by a command to this agent; epoch: none
    DomainState last_seen = DomainState::Unknown;  ///< when it was last looked at; never taken for what is now
    bool guest_agent = false;                      ///< connected then
    bool being_made = false;                       ///< a maker holds it
    std::condition_variable let_go;                ///< the maker is through with it
    std::atomic<bool> cancelled{false};

    [[nodiscard]] StandInRecord snapshot() const {
        std::lock_guard lock(mutex);
        return record;
    }
};

using ShelvedPtr = std::shared_ptr<ShelvedStandIn>;

/// All stand-ins of this host, in memory and in their directory. Safe to call from any thread.
class StandInShelf {
  public:
    explicit StandInShelf(StandInDirectory& directory);

    /// Reads the directory. What was half made or half removed when the agent ended becomes `failed` and says so.
    base::Result<void> load();
    [[nodiscard]] ShelvedPtr find(const base::StandInName& name) const;
    [[nodiscard]] std::vector<ShelvedPtr> all() const;
    /// Directories that hold no readable record: they are left alone and told in health.
    [[nodiscard]] std::vector<std::string> unreadable() const;

    /// Puts a stand-in onto the shelf, durably.
    base::Result<ShelvedPtr> add(StandInRecord record);
    /// Changes a record, durably; in memory only if that succeeded.
    base::Result<void> change(ShelvedStandIn& stand_in, const std::function<void(StandInRecord&)>& edit);
    /// Takes it off the shelf; its files must be gone already.
    void erase(const base::StandInName& name);

    /// What every stand-in but `except` takes if it runs (S116).
    [[nodiscard]] std::vector<Demand> demands(const base::StandInName& except = {}) const;

  private:
    StandInDirectory& directory_;
    mutable std::mutex mutex_;
    std::map<base::StandInName, ShelvedPtr> stand_ins_;
    std::vector<std::string> unreadable_;
};

}  // namespace standin::hypervisor
