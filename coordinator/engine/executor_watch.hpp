#pragma once

#include <functional>
#include <mutex>

#include "agent/base/name_map.hpp"
#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/placement_order.hpp"

namespace standin::engine {

/// Checks the machines that execute jobs in place of their servers: a stand-in at its VM host, a spare by its power. A
/// problem that is found twice in a row is reported to the conductor, once until the machine is well again.
class ExecutorWatch {
  public:
    using Post = std::function<void(Request)>;

    ExecutorWatch(const Drivers& drivers, const Inventory& inventory, const base::Clock& clock, const Post& post)
        : drivers_(drivers), inventory_(inventory), clock_(clock), post_(post) {}

    /// True if a look is due. BMCs are slow and are asked through processes, so they are asked less often than agents.
    /// The look then counts as started.
    bool isDue(const WatchedPlacement& placed);
    /// Called on a thread of the executor.
    void look(const WatchedPlacement& placed);
    /// Whether the machine that executes the job runs now; nullopt: not known.
    [[nodiscard]] std::optional<bool> runs(const WatchedPlacement& placed) const;

  private:
    enum class Kind { Well, Lost, Silent, NotKnown };
    struct Sight {
        Kind kind = Kind::NotKnown;
        std::string why;
    };
    struct Looks {
        domain::Placement placement;
        unsigned wrong = 0;  ///< looks in a row with a problem
        bool was_silent = false;
        bool told = false;
        bool told_after_silence = false;
        base::SteadyTime asked{};
        bool looking = false;  ///< the last look has not returned
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
