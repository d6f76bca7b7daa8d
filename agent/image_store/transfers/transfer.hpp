#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"
#include "agent/protocol/common.hpp"

namespace standin::image_store {

/// Limits the rate of transfers, so that the disks and the network stay usable for others. Thread-safe; shared by all
/// transfers.
class Throttle {
  public:
    /// 0 = no limit.
    explicit Throttle(std::uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}
    /// Waits until `bytes` more may be transferred; returns at once if a stop is requested.
    void spend(std::uint64_t bytes, const std::stop_token& stop);

  private:
    std::uint64_t bytes_per_second_;
    std::mutex mutex_;
    std::condition_variable_any waiting_;
    std::chrono::steady_clock::time_point next_{};
};

/// The progress of a transfer, and its cancellation. One thread transfers; others read.
class TransferWatch {
  public:
    TransferWatch(const base::Clock& clock, Throttle& throttle) : clock_(clock), throttle_(throttle) {}

    void begin(std::uint64_t total_bytes);
    /// Counts and throttles. Refused 'cancelled' if a stop is requested.
    base::Result<void> moved(std::uint64_t bytes);
    /// Counts bytes that needed no work (holes).
    void skipped(std::uint64_t bytes) { done_bytes_ += bytes; }
    void enterReadBack() { reading_back_ = true; }
    void finish() { done_bytes_ = total_bytes_.load(); }
    void cancel() { stop_.request_stop(); }

    [[nodiscard]] std::stop_token stopToken() const { return stop_.get_token(); }
    [[nodiscard]] bool cancelled() const { return stop_.stop_requested(); }
    [[nodiscard]] bool begun() const { return begun_; }
    [[nodiscard]] bool readingBack() const { return reading_back_; }
    [[nodiscard]] protocol::Progress progress() const;

  private:
    const base::Clock& clock_;
    Throttle& throttle_;
    std::stop_source stop_;
    std::atomic<bool> begun_ = false;
    std::atomic<bool> reading_back_ = false;
    std::atomic<std::uint64_t> total_bytes_ = 0;
    std::atomic<std::uint64_t> done_bytes_ = 0;
    std::atomic<std::uint64_t> moved_bytes_ = 0;
    std::atomic<std::chrono::nanoseconds> since_{};
    std::atomic<std::chrono::nanoseconds> last_{};
};

}  // namespace standin::image_store
