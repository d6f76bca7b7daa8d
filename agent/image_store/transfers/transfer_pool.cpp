#include "agent/image_store/transfers/transfer_pool.hpp"

#include <fmt/format.h>

#include "agent/base/boundary.hpp"
#include "agent/base/log.hpp"
#include "agent/base/readiness.hpp"

namespace standin::image_store {

void TransferPool::stop() {
    std::deque<std::function<void()>> dropped;  // what they hold (disks, drafts) is let go outside the lock
    {
        std::lock_guard lock(mutex_);
        workers_.requestStop();
        dropped.swap(waiting_);
    }
    rested_.notify_all();
    workers_.stop();
}

base::Result<void> TransferPool::submit(std::function<void()> transfer) {
    {
        std::lock_guard lock(mutex_);
        if (workers_.isStopping()) return base::failure(base::ErrorCode::Refused, "the image store is stopping");
        if (waiting_.size() >= waiting_most_) {
            return base::failure(
                base::ErrorCode::Refused,
                fmt::format("{} transfers are waiting already; try again when some have ended", waiting_.size()));
        }
        waiting_.push_back(std::move(transfer));
    }
    changed_.notify_one();
    return {};
}

std::size_t TransferPool::waiting() const {
    std::lock_guard lock(mutex_);
    return waiting_.size();
}

void TransferPool::awaitRest(const std::stop_token& stop) const {
    std::unique_lock lock(mutex_);
    rested_.wait(lock, stop, [this] { return workers_.isStopping() || (waiting_.empty() && running_ == 0); });
}

void TransferPool::run(const std::stop_token& stop) {
    base::resetThreadPriority();
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
        if (stop.stop_requested()) return;
        auto transfer = std::move(waiting_.front());
        waiting_.pop_front();
        ++running_;
        lock.unlock();
        const auto done = base::contained(transfer);  // what submitted it reports the result
        if (!done) base::Log("image_store").error("a transfer was given up: {}", done.error().message);
        transfer = nullptr;
        lock.lock();
        if (--running_ == 0 && waiting_.empty()) rested_.notify_all();
    }
}

}  // namespace standin::image_store
