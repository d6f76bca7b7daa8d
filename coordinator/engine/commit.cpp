#include <algorithm>

#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

namespace {

/// Long enough that outcomes of one burst share a commit, short enough that nobody misses them after a crash.
constexpr std::chrono::milliseconds flush_after{250};
/// A journal that could not be written is tried again this often: a file system that was full does not fill up again at
/// once.
constexpr std::chrono::milliseconds commit_again_after{1000};

}  // namespace

void Conductor::finishBatch() {
    const bool flush_due = flush_at_ && *flush_at_ <= now();
    bool durable = leads();
    if (durable && (must_commit_ || flush_due)) {
        durable = commit();
    } else if (durable && !flush_at_ && !(dirty_.empty() && entry_.empty())) {
        flush_at_ = now() + flush_after;
    }
    if (auto queues = restore_turns_.takeChanged()) board_.post(std::move(*queues));
    if (auto queues = capture_turns_.takeChanged()) board_.postCaptures(std::move(*queues));
    if (durable) {
        if (!first_look_.who_leads) {
            dispatchStarts();
            dispatchReturns();
            dispatchClaims();
        }
        for (auto& line : std::exchange(lines_, {})) log_.write(line.level, line.text);
        for (auto& event : std::exchange(published_, {})) events_.publish(std::move(event));
    }
    const auto result = durable ? base::Result<void>{} : refused();
    for (auto& reply : std::exchange(replies_, {})) {
        if (reply) reply(result);
    }
}

/// On failure everything stays gathered and is tried again; no step is begun before.
bool Conductor::commit() {
    entry_.operations.clear();
    entry_.operations.reserve(dirty_.size());
    for (const auto id : dirty_) {
        recorder_.settle(id);
        if (auto found = operations_.find(id); found != operations_.end()) {
            noteEnd(found->second);
            entry_.operations.emplace_back(found->second);
        }
    }
    auto done = journal_.commit(entry_);
    if (!done && done.error().code == base::ErrorCode::StaleEpoch) {
        depose(done.error().message);
        return false;
    }
    if (!done) {
        if (board_.problem() != done.error().message) {
            const auto sentence = done.error().message + "; until then nothing is begun, and no failover either";
            log_.error("{}", sentence);
            drivers_.notifier->notify({drivers::Notification::Kind::NeedsOperator, {}, {}, sentence});
            board_.setProblem(done.error().message);
        }
        must_commit_ = true;
        flush_at_ = now() + commit_again_after;
        return false;
    }
    if (!board_.problem().empty()) {
        log_.note("the journal can be written again");
        board_.setProblem({});
    }
    tellWarning(journal_.warning());
    board_.post(std::exchange(entry_, {}));  // the recorder refers to its records
    dirty_.clear();
    must_commit_ = false;
    flush_at_.reset();
    forgetOldest();
    return true;
}

/// Told once, and again when it has come back.
void Conductor::tellWarning(std::string warning) {
    if (std::exchange(journal_warning_, warning) == warning) return;
    if (warning.empty()) {
        log_.note("the journal has its reserve again");
        return;
    }
    log_.warning("{}", warning);
    drivers_.notifier->notify({drivers::Notification::Kind::Warning, {}, {}, std::move(warning)});
}

/// What has ended may still have a step to begin or to hear of: that the operator is told, e.g.
void Conductor::noteEnd(const domain::Operation& operation) {
    const bool has_ended = !isOpen(operation) &&
                           std::none_of(operation.steps.begin(), operation.steps.end(), [](const domain::Step& step) {
                               return step.state == domain::StepState::Running;
                           });
    if (has_ended) {
        ended_.insert(operation.id);
    } else {
        ended_.erase(operation.id);
    }
}

void Conductor::forgetOldest() {
    while (operations_.size() > settings_.keep_operations && !ended_.empty()) {
        const auto it = operations_.find(*ended_.begin());
        ended_.erase(ended_.begin());
        board_.forget(it->first);
        recorder_.forget(it->first);
        timers_.erase(it->first);
        operations_of_[it->second.server].erase(it->first);
        operations_.erase(it);
    }
}

std::optional<base::WallTime> Conductor::nextWake() const {
    auto next = timers_.next();
    if (flush_at_ && (!next || *flush_at_ < *next)) next = flush_at_;
    if (const auto at = attempts_.next(); at && (!next || *at < *next)) next = at;
    if (const auto at = firstLookEnds(); at && (!next || *at < *next)) next = at;
    // What could not be made durable is begun with the next commit.
    const bool begins = !must_commit_ && !first_look_.who_leads;
    if (const auto at = nextReturn(); at && begins && (!next || *at < *next)) next = at;
    if (const auto at = nextClaim(); at && begins && (!next || *at < *next)) next = at;
    return next;
}

}  // namespace standin::engine
