#include "agent/image_store/transfers/transfer.hpp"

#include <algorithm>

namespace standin::image_store {

void Throttle::spend(std::uint64_t bytes, const std::stop_token& stop) {
    if (bytes_per_second_ == 0) return;
    using Steady = std::chrono::steady_clock;
    std::unique_lock lock(mutex_);
    // Unused time is not saved up beyond a moment: after an idle minute nobody may run a minute at full speed.
    next_ = std::max(next_, Steady::now() - std::chrono::milliseconds(100));
    auto mine = next_;
    next_ += std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(bytes_per_second_)));
    waiting_.wait_until(lock, stop, mine, [] { return false; });
}

void TransferWatch::begin(std::uint64_t total_bytes) {
    total_bytes_ = total_bytes;
    since_ = last_ = clock_.steady().time_since_epoch();
    begun_ = true;
}

base::Result<void> TransferWatch::moved(std::uint64_t bytes) {
    throttle_.spend(bytes, stop_.get_token());
    if (stop_.stop_requested()) return base::failure(base::ErrorCode::Refused, "cancelled");
    done_bytes_ += bytes;
    moved_bytes_ += bytes;
    last_ = clock_.steady().time_since_epoch();
    return {};
}

protocol::Progress TransferWatch::progress() const {
    protocol::Progress progress{std::min(done_bytes_.load(), total_bytes_.load()), total_bytes_, 0};
    auto seconds = std::chrono::duration<double>(last_.load() - since_.load()).count();
    if (seconds > 0) progress.bytes_per_second = static_cast<double>(moved_bytes_) / seconds;
    return progress;
}

}  // namespace standin::image_store
