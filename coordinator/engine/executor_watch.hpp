#pragma once

#include <functional>
#include <mutex>

#include "agent/base/name_map.hpp"
#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/placement_order.hpp"

namespace standin::engine {

/// Asks after the machines that execute jobs in their servers' place: a stand-in's VM host, a spare's power. What is
/// wrong twice in a row is reported to the conductor, once until it was well again.
class ExecutorWatch {
  public:
    using Post = std::function<void(Request)>;

    ExecutorWatch(const Drivers& drivers, const Inventory& inventory, const base::Clock& clock, const Post& post)
        : drivers_(drivers), inventory_(inventory), clock_(clock), post_(post) {}

    /// BMCs are slow, and asked through processes: less often than agents. Counts as asked.
    bool isDue(const WatchedPlacement& placed);
    /// On a thread of the executor.
    void look(const WatchedPlacement& placed);
    /// Whether the machine that executes the job runs now; nothing: that is not known.
    [[nodiscard]] std::optional<bool> runs(const WatchedPlacement& placed) const;

  private:
    enum class Kind { Well, Lost, Silent, NotKnown };
    struct Sight {
        Kind kind = Kind::NotKnown;
        std::string why;
    };
    struct Looks {
        domain::Placement placement;
        unsigned wrong = 0;  ///< looks in a row
        bool was_silent = false;
        bool told = false;
        bool told_after_silence = false;
        base::SteadyTime asked{};
        bool looking = false;  ///< the last look has not come back
    };
    [[nodiscard]] bool isOff(const base::ServerName& server) const;
    [[nodiscard]] Sight at(const WatchedPlacement& placed) const;
    [[nodiscard]] Sight atStandIn(const WatchedPlacement& placed) const;
    [[nodiscard]] Sight atSpare(const WatchedPlacement& placed) const;
    Looks& looksOf(const WatchedPlacement& placed);
    void judge(const WatchedPlacement& placed, const Sight& sight);

    const Drivers& drivers_;
    const Inventory& inventory_;
    const base::Clock& clock_;
    const Post& post_;
    std::mutex mutex_;
    base::NameMap<base::ServerName, Looks> looks_;
};

}  // namespace standin::engine
