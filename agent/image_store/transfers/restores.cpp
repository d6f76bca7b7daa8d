#include "agent/image_store/transfers/restores.hpp"

#include <fmt/format.h>

#include "agent/base/boundary.hpp"
#include "agent/image_store/transfers/restore.hpp"

namespace standin::image_store {

using protocol::RestoreState;

namespace {

constexpr std::size_t ended_restores_kept = 256;  // so that a coordinator that was away can still ask

bool isActive(RestoreState state) {
    return state == RestoreState::Waiting || state == RestoreState::Restoring || state == RestoreState::Verifying;
}

}  // namespace

struct Restores::Task {
    Task(protocol::Restore what, std::uint64_t order, const base::Clock& clock, Throttle& throttle)
        : restore(std::move(what)), number(order), watch(clock, throttle) {}
    protocol::Restore restore;   // guarded by Restores::mutex_; id, image and disk never change
    const std::uint64_t number;  // of its beginning
    bool started = false;        // likewise guarded
    TransferWatch watch;
    // Belong to the thread that runs the task; let go before its end is reported, so that the disk is free by then.
    std::optional<DiskAccess> access;
    std::unique_ptr<ImageContent> content;
    void letGo() {
        content.reset();
        access.reset();
    }
};

Restores::Restores(ImageRepository& repository, RestoreRecords records, TransferPool& pool, Throttle& throttle,
                   const base::Clock& clock, base::Log log)
    : repository_(repository),
      records_(std::move(records)),
      pool_(pool),
      throttle_(throttle),
      clock_(clock),
      log_(std::move(log)) {}

base::Result<void> Restores::start() {
    if (auto opened = records_.open(); !opened) return opened;
    std::lock_guard lock(mutex_);
    for (auto& restore : records_.load()) {
        if (isActive(restore.state)) {
            restore.state = RestoreState::Failed;
            restore.problem = fmt::format(
                "interrupted when the agent stopped; disk '{}' is incomplete, restore it again", restore.disk.text());
            restore.cause = base::ErrorCode::Unreachable;  // nobody was there: another attempt may well succeed
            log_.warning("restore '{}': {}", restore.id.text(), restore.problem);
            if (auto saved = records_.save(restore); !saved) return saved;
        }
        auto id = restore.id;
        tasks_[id] = std::make_shared<Task>(std::move(restore), ++begun_, clock_, throttle_);
    }
    forgetOldest();
    return {};
}

base::Result<protocol::Restore> Restores::begin(const base::RestoreId& id, const base::ImageId& image,
                                                const DiskPlace& place) {
    std::lock_guard lock(mutex_);
    if (auto known = tasks_.find(id); known != tasks_.end()) {
        const auto& restore = known->second->restore;
        bool same = restore.image == image && restore.disk == place.name;
        bool repeat = restore.state == RestoreState::Failed || restore.state == RestoreState::Cancelled;
        if (same && !repeat) return restoreOf(*known->second);
        if (!same && !repeat) {
            return base::failure(base::ErrorCode::Conflict,
                                 fmt::format("restore '{}' is that of image '{}' to disk '{}'; take another id",
                                             id.text(), restore.image.text(), restore.disk.text()));
        }
    }
    auto task = prepare(id, image, place);
    if (!task) return base::failure(task.error());
    // The record before the effect: after a crash it must be known that the disk may be half written.
    if (auto saved = records_.save((*task)->restore); !saved) return base::failure(saved.error());
    auto submitted = pool_.submit([this, work = *task] {
        const auto done = base::contained([&] { run(work); });
        if (done) return;
        work->letGo();
        end(work, done);
    });
    if (!submitted) {
        records_.remove(id);
        return base::failure(submitted.error());
    }
    tasks_[id] = *task;
    forgetOldest();
    log_.notice("restore '{}': 'none' -> 'waiting' (image '{}' to disk '{}')", id.text(), image.text(),
                place.name.text());
    return restoreOf(**task);
}

base::Result<std::shared_ptr<Restores::Task>> Restores::prepare(const base::RestoreId& id, const base::ImageId& image,
                                                                const DiskPlace& place) {
    auto content = repository_.open(image);
    if (!content) return base::failure(content.error());
    auto access = DiskAccess::open(place, DiskAccess::Purpose::Write);
    if (!access) return base::failure(access.error());
    if (auto fits = checkFits((*content)->manifest(), *access); !fits) return base::failure(fits.error());
    auto task = std::make_shared<Task>(protocol::Restore{id, image, place.name, RestoreState::Waiting, {}, {}},
                                       ++begun_, clock_, throttle_);
    task->content = std::move(*content);
    task->access = std::move(*access);
    return task;
}

void Restores::run(const std::shared_ptr<Task>& task) {
    {
        std::lock_guard lock(mutex_);
        if (!isActive(task->restore.state)) return;  // cancelled while it waited
        task->started = true;
    }
    const auto since = clock_.steady();
    auto outcome = restore(*task->content, *task->access, task->watch);
    task->letGo();
    if (finished_) finished_(outcome.has_value(), clock_.steady() - since);
    end(task, outcome);
}

void Restores::end(const std::shared_ptr<Task>& task, const base::Result<void>& outcome) {
    std::lock_guard lock(mutex_);
    auto& restore = task->restore;
    if (outcome) {
        restore.state = RestoreState::Done;
    } else if (task->watch.cancelled()) {
        restore.state = RestoreState::Cancelled;
        restore.problem = fmt::format("cancelled; disk '{}' is incomplete", restore.disk.text());
    } else {
        restore.state = RestoreState::Failed;
        restore.cause = outcome.error().code;
        restore.problem = fmt::format("{}; disk '{}' is incomplete", outcome.error().message, restore.disk.text());
    }
    restore.progress = task->watch.progress();
    if (!interrupted_ || outcome) {
        if (auto saved = records_.save(restore); !saved)
            log_.error("restore '{}': {}", restore.id.text(), saved.error().message);
    }
    auto sentence = fmt::format(
        "restore '{}': 'restoring' -> '{}' ({})", restore.id.text(), nameOf(restore.state),
        outcome ? fmt::format("read back and equal, {:.0f} MiB/s", restore.progress.bytes_per_second / (1 << 20))
                : restore.problem);
    log_.write(outcome || task->watch.cancelled() ? base::LogLevel::Notice : base::LogLevel::Error, sentence);
    ended_.notify_all();
}

base::Result<protocol::Restore> Restores::find(const base::RestoreId& id) const {
    std::lock_guard lock(mutex_);
    auto known = tasks_.find(id);
    if (known != tasks_.end()) return restoreOf(*known->second);
    return base::failure(base::ErrorCode::NotFound, fmt::format("restore '{}' does not exist", id.text()));
}

std::vector<protocol::Restore> Restores::list() const {
    std::lock_guard lock(mutex_);
    std::vector<protocol::Restore> restores;
    for (const auto& [id, task] : tasks_) restores.push_back(restoreOf(*task));
    return restores;
}

void Restores::cancel(const base::RestoreId& id) {
    std::unique_lock lock(mutex_);
    auto known = tasks_.find(id);
    if (known == tasks_.end() || !isActive(known->second->restore.state)) return;
    auto task = known->second;
    task->watch.cancel();
    if (task->started) {
        ended_.wait(lock, [&] { return !isActive(task->restore.state); });
        return;
    }
    task->letGo();
    task->restore.state = RestoreState::Cancelled;
    task->restore.problem = "cancelled before anything was written";
    if (auto saved = records_.save(task->restore); !saved)
        log_.error("restore '{}': {}", id.text(), saved.error().message);
}

void Restores::interruptAll() {
    std::lock_guard lock(mutex_);
    interrupted_ = true;
    for (auto& [id, task] : tasks_) task->watch.cancel();
}

protocol::Restore Restores::restoreOf(const Task& task) {
    auto restore = task.restore;
    if (!isActive(restore.state)) return restore;
    if (task.watch.begun())
        restore.state = task.watch.readingBack() ? RestoreState::Verifying : RestoreState::Restoring;
    restore.progress = task.watch.progress();
    return restore;
}

void Restores::forgetOldest() {
    while (tasks_.size() > ended_restores_kept) {
        auto oldest = tasks_.end();
        for (auto entry = tasks_.begin(); entry != tasks_.end(); ++entry) {
            if (isActive(entry->second->restore.state)) continue;
            if (oldest == tasks_.end() || entry->second->number < oldest->second->number) oldest = entry;
        }
        if (oldest == tasks_.end()) return;
        records_.remove(oldest->first);
        tasks_.erase(oldest);
    }
}

}  // namespace standin::image_store
