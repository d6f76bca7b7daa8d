// The keeper's own thread: puts right what others change, and repeats announcements.
#include "agent/base/boundary.hpp"
#include "agent/switch/segment/segment_keeper.hpp"

namespace standin::lan_switch {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t warning_limit = 16;  // per segment: the latest say what matters
// A restarted forwarding plane loses its flows without a report, so they are checked while connections are steered.
constexpr auto steering_check_every = 500ms;
constexpr auto retry_after = 500ms;
constexpr int most_repairs = 5;  // another program changes the switch in the same milliseconds
constexpr auto far_away = 1h;

}  // namespace

void SegmentKeeper::start() {
    fabric_.start([this] { poke(); });
    worker_.start("segments", [this](const auto& stop) { run(stop); });
}

void SegmentKeeper::stop() {
    worker_.stop();
    fabric_.stop();
}

void SegmentKeeper::poke() {
    std::lock_guard lock(mutex_);
    changed_ = true;
    wake_.notify_all();
    switch_changed_.notify_all();
}

void SegmentKeeper::run(const std::stop_token& stop) {
    for (;;) {
        std::vector<base::SegmentId> due;
        bool changed = false;
        {
            std::unique_lock lock(mutex_);
            const auto now = clock_.steady();
            auto until = now + (failing_ ? retry_after : !steered_.empty() ? steering_check_every : far_away);
            if (const auto next = schedule_.next()) until = std::min<base::SteadyTime>(until, *next);
            wake_.wait_until(lock, stop, until, [this] {
                const auto next = schedule_.next();
                return changed_ || (next && *next <= clock_.steady());
            });
            if (stop.stop_requested()) return;
            due = schedule_.take(clock_.steady());
            changed = changed_ || due.empty();
            changed_ = false;
        }
        const auto done = base::contained([&] {
            if (changed) reconcile();
            for (const auto& id : due) repeatAnnouncement(id);
        });
        if (!done) log_.error("the segments were not looked after: {}", done.error().message);
    }
}

void SegmentKeeper::reconcile() {
    auto now = fabric_.view();
    if (!now) return;  // the switch reports a change when it is back
    // Mostly our own transaction was the reason to wake, and then no command should wait for us.
    auto repaired = planRepair(**now).empty() ? base::Result<void>() : repair();
    for (int attempt = 1; attempt < most_repairs && !repaired && repaired.error().code == base::ErrorCode::Conflict;
         ++attempt) {
        repaired = repair();
    }
    if (!repaired) log_.error("could not put ports right: {}", repaired.error().message);
    for (const auto& [id, record] : (*now)->segments) reconcileSegment(id);
    std::lock_guard lock(mutex_);
    failing_ = !repaired;
}

base::Result<void> SegmentKeeper::repair() {
    std::lock_guard commit(commit_mutex_);
    auto now = fabric_.view();
    if (!now) return {};
    const FabricView& view = **now;
    const auto change = planRepair(view);
    if (change.empty()) return {};
    for (const auto& [name, wanted] : change.ports) {
        const PortView* port = view.port(name);
        const bool access = port != nullptr && port->mode == PortView::Mode::Access && port->tag;
        const auto where = access ? fmt::format("in VLAN {}", *port->tag) : std::string("carrying several VLANs");
        warn(view, name, fmt::format("port '{}' was found {}; put back into VLAN {}", name, where, wanted.vlan));
    }
    return fabric_.commit(view, change);
}

void SegmentKeeper::warn(const FabricView& view, const std::string& port, const std::string& sentence) {
    log_.warning("{}", sentence);
    if (observer_.on_repair) observer_.on_repair(port);
    for (const auto& [id, record] : view.segments) {
        if (record.quarantine.count(port) == 0) continue;
        const auto entry = known(id);
        std::lock_guard lock(mutex_);
        entry->warnings.push_back(sentence);
        if (entry->warnings.size() > warning_limit) entry->warnings.pop_front();
    }
}

// Steering and announcement after a restart of ours or of the switch, or when a port has come back.
void SegmentKeeper::reconcileSegment(const base::SegmentId& id) {
    const auto entry = known(id);
    std::unique_lock busy(entry->busy, std::try_to_lock);
    if (!busy.owns_lock()) return;  // an order is being carried out, which sees to it itself
    auto now = fabric_.view();
    if (!now) return;
    const FabricView& view = **now;
    const auto found = view.segments.find(id);
    if (found == view.segments.end()) return;
    if (entry->steering) {
        auto steered = fabric_.steered(found->second.order.vlan);
        if (steered && !*steered) {
            log_.warning("segment {}: the switch has lost its flows; setting them again", id.text());
            entry->steering_known = false;
        }
    }
    auto steered = ensureSteering(id, found->second, view, *entry);
    if (!steered) log_.error("segment {}: {}", id.text(), steered.error().message);
    auto announced = announceIfNew(id, found->second, *entry);
    if (!announced) log_.debug("segment {}: {}", id.text(), announced.error().message);
}

void SegmentKeeper::repeatAnnouncement(const base::SegmentId& id) {
    auto now = fabric_.view();
    if (!now) return;
    const FabricView& view = **now;
    const auto found = view.segments.find(id);
    if (found == view.segments.end()) return;
    const auto announcement = planAnnouncement(found->second);
    if (!announcement) return;
    auto announced = fabric_.announce(*announcement);
    if (!announced) log_.warning("segment {}: {}", id.text(), announced.error().message);
}

}  // namespace standin::lan_switch
