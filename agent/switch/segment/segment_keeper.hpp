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

/// What happened, for those who count.
struct KeeperObserver {
    std::function<void(const std::string& outcome, double transaction_ms, double announce_ms)> on_order;
    std::function<void(const std::string& port)> on_repair;
};

/// Keeps every segment as it was ordered: carries orders out, and puts right what others change afterwards (a machine
/// that starts again brings its port back with the VLAN of its definition; a restarted forwarding plane has forgotten
/// its flows).
class SegmentKeeper {
  public:
    SegmentKeeper(SwitchFabric& fabric, VlanRange quarantine, KeeperObserver observer, const base::Clock& clock,
                  base::Log log);
    ~SegmentKeeper();
    SegmentKeeper(const SegmentKeeper&) = delete;
    SegmentKeeper& operator=(const SegmentKeeper&) = delete;

    void start();
    void stop();

    /// Makes the order come true: VLANs and record in one transaction, applied and read back; then steering; then, if
    /// the owner is new, the announcement, which is repeated later on. The same order with the same number changes
    /// nothing; one with a lower number than the last is refused. Errors: those of planSegment() and of the fabric;
    /// after TimedOut the order may come into force as long as no later one was given.
    base::Result<protocol::Segment> order(const base::SegmentId& id, const protocol::SegmentOrder& order,
                                          const OrderNumber& number);

    /// NotFound: never ordered.
    base::Result<protocol::Segment> segment(const base::SegmentId& id);
    base::Result<std::vector<protocol::Segment>> segments();

    /// Announces the owner again, now and a few times more. WrongState: nobody owns the segment.
    base::Result<protocol::Segment> announce(const base::SegmentId& id);

    /// Drops the segment; its ports stay in quarantine.
    base::Result<void> forget(const base::SegmentId& id);

    /// The switch now. While it takes a change over (usually a millisecond), that is awaited for a moment.
    base::Result<FabricSnapshot> view();

  private:
    struct Known {
        std::mutex busy;                        ///< one order or reconciliation of a segment at a time
        std::optional<Steering> steering;       ///< in force as far as we know
        bool steering_known = false;            ///< false after our start: flows of a former life may be there
        std::optional<Announcement> announced;  ///< made last
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

    std::mutex commit_mutex_;  ///< from looking at the switch until it is changed

    std::mutex mutex_;  ///< guards everything below but the worker
    std::condition_variable_any wake_;
    std::condition_variable switch_changed_;
    bool changed_ = true;
    bool failing_ = false;               ///< the last reconciliation did not succeed: try again soon
    std::set<base::SegmentId> steered_;  ///< segments with flows in the switch
    std::map<base::SegmentId, std::shared_ptr<Known>> known_;
    AnnouncementSchedule schedule_;

    base::Worker worker_;
};

}  // namespace standin::lan_switch
