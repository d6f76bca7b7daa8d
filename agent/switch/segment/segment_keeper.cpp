#include "agent/switch/segment/segment_keeper.hpp"

namespace standin::lan_switch {

using base::ErrorCode;
using base::failure;
using protocol::SegmentOrder;

namespace {

// Somebody else's change between our look and our transaction is rare; five times in a row means that he does it all
// the time.
constexpr int conflict_limit = 5;
// Applying a change takes a millisecond; a question in between must not be answered with a false alarm.
constexpr std::chrono::milliseconds settling_limit{100};

}  // namespace

SegmentKeeper::SegmentKeeper(SwitchFabric& fabric, VlanRange quarantine, KeeperObserver observer,
                             const base::Clock& clock, base::Log log)
    : fabric_(fabric), quarantine_(quarantine), observer_(std::move(observer)), clock_(clock), log_(std::move(log)) {}

SegmentKeeper::~SegmentKeeper() {
    stop();
}

double SegmentKeeper::since(base::SteadyTime begin) const {
    return base::milliseconds(clock_.steady() - begin);
}

std::shared_ptr<SegmentKeeper::Known> SegmentKeeper::known(const base::SegmentId& id) {
    std::lock_guard lock(mutex_);
    auto& entry = known_[id];
    if (!entry) entry = std::make_shared<Known>();
    return entry;
}

// Names that were only ever refused are not remembered.
void SegmentKeeper::dropUnknown(const base::SegmentId& id) {
    auto now = fabric_.view();
    if (!now || (*now)->segments.count(id) > 0) return;
    std::lock_guard lock(mutex_);
    known_.erase(id);
}

base::Result<protocol::Segment> SegmentKeeper::order(const base::SegmentId& id, const SegmentOrder& order,
                                                     const OrderNumber& number) {
    const auto entry = known(id);
    std::lock_guard busy(entry->busy);
    auto record = carryOut(id, order, number, *entry);
    if (!record) {
        dropUnknown(id);
        if (observer_.on_order)
            observer_.on_order(base::isTransient(record.error().code) ? "unknown" : "refused", 0, 0);
        return failure(record.error().within("could not give segment '" + id.text() + "'"));
    }
    if (observer_.on_order) observer_.on_order("done", entry->transaction_ms, entry->announce_ms);
    auto now = fabric_.view();
    if (!now) return failure(now.error());
    const FabricView& view = **now;
    auto segment = describe(id, *record, view, true);  // else carryOut() had failed
    segment.transaction_ms = entry->transaction_ms;
    segment.announce_ms = entry->announce_ms;
    return segment;
}

base::Result<SegmentRecord> SegmentKeeper::carryOut(const base::SegmentId& id, const SegmentOrder& order,
                                                    const OrderNumber& number, Known& known) {
    known.transaction_ms = 0;
    known.announce_ms = 0;
    auto passed = installTransitionFlows(id, order, number, known);
    if (!passed) return failure(passed.error());
    base::Result<SegmentRecord> record = failure(ErrorCode::Conflict, "");
    for (int attempt = 0; attempt < conflict_limit; ++attempt) {
        record = carryOutOnce(id, order, number, known);
        if (record || record.error().code != ErrorCode::Conflict) break;
    }
    if (!record) return record;
    {
        std::lock_guard lock(mutex_);
        known.warnings.clear();
    }
    auto now = fabric_.view();
    if (!now) return failure(now.error());
    const FabricView& view = **now;
    auto steered = ensureSteering(id, *record, view, known);
    if (!steered) return failure(steered.error());
    auto announced = announceIfNew(id, *record, known);
    if (!announced)
        return failure(
            announced.error().within("the segment's VLANs are as ordered, but its neighbours do not know it yet"));
    return record;
}

base::Result<SegmentRecord> SegmentKeeper::carryOutOnce(const base::SegmentId& id, const SegmentOrder& order,
                                                        const OrderNumber& number, Known& known) {
    std::lock_guard commit(commit_mutex_);
    auto now = fabric_.view();
    if (!now) return failure(now.error());
    const FabricView& view = **now;
    auto change = planSegment(id, order, number, view, quarantine_);
    if (!change) return failure(change.error());
    const auto found = view.segments.find(id);
    const SegmentRecord before = found == view.segments.end() ? SegmentRecord{} : found->second;
    const SegmentRecord after = change->record ? *change->record->second : before;
    if (change->empty() && view.applied) return after;

    const auto begin = clock_.steady();
    auto committed = fabric_.commit(view, *change);
    known.transaction_ms = since(begin);
    if (!committed) return failure(committed.error());
    if (before.order.owner != order.owner || before.order.established != order.established) {
        log_.notice("{} (was: owner {}) transaction_ms={:.2f}", change->reason,
                    before.order.owner.empty() ? "nobody" : before.order.owner.text(), known.transaction_ms);
    }
    return after;
}

base::Result<void> SegmentKeeper::announceIfNew(const base::SegmentId& id, const SegmentRecord& record, Known& known) {
    auto announcement = planAnnouncement(record);
    if (!announcement) {
        known.announced.reset();
        std::lock_guard lock(mutex_);
        schedule_.cancel(id);
        return {};
    }
    announcement->stale.clear();  // seen to with the first repetition, off the takeover path
    const bool same = known.announced && known.announced->port == announcement->port &&
                      known.announced->mac == announcement->mac && known.announced->address == announcement->address &&
                      known.announced->vlan == announcement->vlan;
    if (same) return {};
    const auto begin = clock_.steady();
    auto announced = fabric_.announce(*announcement);
    if (!announced && announced.error().code != ErrorCode::Unsupported) return announced;
    known.announce_ms = since(begin);
    known.announced = announcement;
    std::lock_guard lock(mutex_);
    schedule_.plan(id, begin);
    wake_.notify_all();
    return {};
}

protocol::Segment SegmentKeeper::describe(const base::SegmentId& id, const SegmentRecord& record,
                                          const FabricView& view, bool applied) {
    auto segment = describeSegment(id, record, view, applied);
    std::lock_guard lock(mutex_);
    const auto found = known_.find(id);
    if (found != known_.end()) {
        segment.warnings.insert(segment.warnings.end(), found->second->warnings.begin(), found->second->warnings.end());
    }
    return segment;
}

base::Result<FabricSnapshot> SegmentKeeper::view() {
    base::Result<FabricSnapshot> now = fabric_.view();
    std::unique_lock lock(mutex_);
    switch_changed_.wait_for(lock, settling_limit, [&] {
        now = fabric_.view();
        return !now || (*now)->applied;
    });
    return now;
}

base::Result<protocol::Segment> SegmentKeeper::segment(const base::SegmentId& id) {
    auto now = this->view();
    if (!now) return failure(now.error());
    const FabricView& view = **now;
    const auto found = view.segments.find(id);
    if (found == view.segments.end())
        return failure(ErrorCode::NotFound, "segment '" + id.text() + "' is not known to this switch");
    return describe(id, found->second, view, view.applied);
}

base::Result<std::vector<protocol::Segment>> SegmentKeeper::segments() {
    auto now = this->view();
    if (!now) return failure(now.error());
    const FabricView& view = **now;
    std::vector<protocol::Segment> segments;
    for (const auto& [id, record] : view.segments) segments.push_back(describe(id, record, view, view.applied));
    return segments;
}

base::Result<protocol::Segment> SegmentKeeper::announce(const base::SegmentId& id) {
    if (auto there = segment(id); !there) return there;  // nothing is remembered of names that are not
    const auto entry = known(id);
    std::lock_guard busy(entry->busy);
    auto now = fabric_.view();
    if (!now) return failure(now.error());
    const FabricView& view = **now;
    const auto found = view.segments.find(id);
    if (found == view.segments.end())
        return failure(ErrorCode::NotFound, "segment '" + id.text() + "' is not known to this switch");
    if (!planAnnouncement(found->second)) {
        return failure(ErrorCode::WrongState,
                       "nobody owns segment '" + id.text() + "', so there is nothing to announce");
    }
    entry->announced.reset();
    entry->announce_ms = 0;
    auto announced = announceIfNew(id, found->second, *entry);
    if (!announced) return failure(announced.error());
    auto segment = describe(id, found->second, view, view.applied);
    segment.announce_ms = entry->announce_ms;
    return segment;
}

base::Result<void> SegmentKeeper::forget(const base::SegmentId& id) {
    auto there = segment(id);
    if (!there) return failure(there.error());
    const auto entry = known(id);
    std::lock_guard busy(entry->busy);
    std::lock_guard commit(commit_mutex_);
    auto now = fabric_.view();
    if (!now) return failure(now.error());
    const FabricView& view = **now;
    auto change = planForgetting(id, view);
    if (!change) return failure(change.error());
    const Vlan vlan = view.segments.at(id).order.vlan;
    auto committed = fabric_.commit(view, *change);
    if (!committed) return committed;
    auto steered = setSteering(id, vlan, std::nullopt, *entry);
    log_.notice("{}", change->reason);
    std::lock_guard lock(mutex_);
    schedule_.cancel(id);
    known_.erase(id);
    return steered;
}

}  // namespace standin::lan_switch
