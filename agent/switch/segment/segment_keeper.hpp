#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/log.hpp"
#include "agent/base/worker.hpp"
#include "agent/switch/segment/announcement_schedule.hpp"
#include "agent/switch/segment/segment_plan.hpp"
#include "agent/switch/segment/switch_fabric.hpp"

namespace standin::lan_switch {

/// Callbacks for metrics.
struct KeeperObserver {
    std::function<void(const std::string& outcome, double transaction_ms, double announce_ms)> on_order;
    std::function<void(const std::string& port)> on_repair;
};

/// Keeps every segment as it was ordered. It executes orders and corrects later changes by others: a machine that
/// starts again brings its port back with the VLAN of its definition; a restarted forwarding plane has lost its flows.
class SegmentKeeper {
  public:
    SegmentKeeper(SwitchFabric& fabric, VlanRange quarantine, KeeperObserver observer, const base::Clock& clock,
                  base::Log log);
    ~SegmentKeeper();
    SegmentKeeper(const SegmentKeeper&) = delete;
    SegmentKeeper& operator=(const SegmentKeeper&) = delete;

    void start();
    void stop();

    /// Executes an order: VLANs and record in one transaction, applied and read back; then steering; then, if the owner
    /// is new, the announcement, which is repeated later. The same order with the same number changes nothing; an order
    /// with a lower number than the last one is refused. Errors: those of planSegment() and of the fabric. After
    /// TimedOut the order may still come into force, unless a later one is given.
    base::Result<protocol::Segment> order(const base::SegmentId& id, const protocol::SegmentOrder& order,
                                          const OrderNumber& number);

    /// NotFound: never ordered.
    base::Result<protocol::Segment> segment(const base::SegmentId& id);
    base::Result<std::vector<protocol::Segment>> segments();

    /// Announces the owner again, now and a few times later. WrongState: the segment has no owner.
    base::Result<protocol::Segment> announce(const base::SegmentId& id);

    /// Removes the segment's record; its ports stay in quarantine.
    base::Result<void> forget(const base::SegmentId& id);

    /// The present view of the switch. While the switch applies a change (usually a millisecond), this waits for it
    /// briefly.
    base::Result<FabricSnapshot> view();

  private:
    struct Known {
        std::mutex busy;                   ///< one order or reconciliation of a segment at a time
        std::optional<Steering> steering;  ///< in force as far as we know
        bool steering_known = false;       ///< false after the agent's start: there may be flows of an earlier process
        std::optional<Announcement> announced;  ///< the last announcement
        double transaction_ms = 0;
        double announce_ms = 0;
        std::deque<std::string> warnings;  ///< since the last order
    };

    [[nodiscard]] double since(base::SteadyTime begin) const;
    std::shared_ptr<Known> known(const base::SegmentId& id);
    void dropUnknown(const base::SegmentId& id);
    base::Result<SegmentRecord> carryOut(const base::SegmentId& id, const protocol::SegmentOrder& order,
                                         const OrderNumber& number, Known& known);
    base::Result<SegmentRecord> carryOutOnce(const base::SegmentId& id, const protocol::SegmentOrder& order,
                                             const OrderNumber& number, Known& known);
    base::Result<void> installTransitionFlows(const base::SegmentId& id, const protocol::SegmentOrder& order,
                                              const OrderNumber& number, Known& known);
    base::Result<void> ensureSteering(const base::SegmentId& id, const SegmentRecord& record, const FabricView& view,
                                      Known& known);
    base::Result<void> setSteering(const base::SegmentId& id, Vlan vlan, const std::optional<Steering>& steering,
                                   Known& known);
    base::Result<void> announceIfNew(const base::SegmentId& id, const SegmentRecord& record, Known& known);
    protocol::Segment describe(const base::SegmentId& id, const SegmentRecord& record, const FabricView& view,
                               bool applied);

    void run(const std::stop_token& stop);
    void reconcile();
    base::Result<void> repair();
    void warn(const FabricView& view, const std::string& port, const std::string& sentence);
    void reconcileSegment(const base::SegmentId& id);
    void repeatAnnouncement(const base::SegmentId& id);
    void poke();

    SwitchFabric& fabric_;
    const VlanRange quarantine_;
    const KeeperObserver observer_;
    const base::Clock& clock_;
    const base::Log log_;

    std::mutex commit_mutex_;  ///< held from reading the view until the switch is changed

    std::mutex mutex_;  ///< guards everything below but the worker
    std::condition_variable_any wake_;
    std::condition_variable switch_changed_;
    bool changed_ = true;
    bool failing_ = false;               ///< the last reconciliation failed: try again soon
    std::set<base::SegmentId> steered_;  ///< segments with flows in the switch
    std::map<base::SegmentId, std::shared_ptr<Known>> known_;
    AnnouncementSchedule schedule_;

    base::Worker worker_;
};

}  // namespace standin::lan_switch
