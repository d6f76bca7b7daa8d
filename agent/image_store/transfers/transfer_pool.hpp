#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>

#include "agent/base/result.hpp"
#include "agent/base/worker.hpp"

namespace standin::image_store {

/// A few threads that run transfers, and a bounded queue; more concurrent transfers would only make the disks seek.
class TransferPool {
  public:
    TransferPool(std::size_t at_once, std::size_t waiting_most) : at_once_(at_once), waiting_most_(waiting_most) {}
    ~TransferPool() { stop(); }

    void start() {
        workers_.start(
            "transfers", [this](const auto& stop) { run(stop); }, at_once_);
    }
    /// Drops waiting transfers and joins the threads; the caller has cancelled the running ones.
    void stop();
    /// Refused: too many are waiting, or the pool has stopped.
    base::Result<void> submit(std::function<void()> transfer);
    [[nodiscard]] std::size_t waiting() const;
    /// Waits until nothing runs or waits, or until a stop is requested.
    void awaitRest(const std::stop_token& stop) const;

  private:
    void run(const std::stop_token& stop);

    const std::size_t at_once_;
    const std::size_t waiting_most_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    mutable std::condition_variable_any rested_;
    std::deque<std::function<void()>> waiting_;
    std::size_t running_ = 0;
    base::Worker workers_;
};

}  // namespace standin::image_store
