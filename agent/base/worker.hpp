#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace standin::base {

/// Threads that run one function until they are asked to stop. The destructor asks them and joins them, so a Worker is
/// the last member of its class: it is destroyed first. Waits use std::condition_variable_any with the stop token,
/// which wakes them.
class Worker {
  public:
    using Body = std::function<void(const std::stop_token& stop)>;

    Worker() = default;
    ~Worker() { stop(); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// `name` is shown by ps and in core dumps (its first 15 bytes). Precondition: no thread is running.
    void start(const std::string& name, const Body& body, std::size_t threads = 1);
    /// Requests the stop without waiting; may be called with a lock held.
    void requestStop() { stop_.request_stop(); }
    /// Requests the stop and joins. Idempotent.
    void stop();

    [[nodiscard]] bool runs() const { return !threads_.empty(); }
    [[nodiscard]] bool isStopping() const { return stop_.stop_requested(); }
    [[nodiscard]] std::stop_token stopToken() const { return stop_.get_token(); }

  private:
    std::stop_source stop_;
    std::vector<std::jthread> threads_;
};

/// Waits for `time`; false: returns at once, because a stop was requested.
bool rest(const std::stop_token& stop, std::chrono::nanoseconds time);

}  // namespace standin::base
