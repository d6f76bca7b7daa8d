#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace standin::base {

/// Threads that run one function until they are asked to stop. The destructor asks them and joins, so it is the last
/// member of its class: the first to go. Waits are std::condition_variable_any's with the stop token, which wakes them.
class Worker {
  public:
    using Body = std::function<void(const std::stop_token& stop)>;

    Worker() = default;
    ~Worker() { stop(); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// `name` is shown by ps and in core dumps, its first 15 bytes. Precondition: it does not run.
    void start(const std::string& name, const Body& body, std::size_t threads = 1);
    /// Does not wait: from within a lock, for instance.
    void requestStop() { stop_.request_stop(); }
    /// Asks, and joins. Idempotent.
    void stop();

    [[nodiscard]] bool runs() const { return !threads_.empty(); }
    [[nodiscard]] bool isStopping() const { return stop_.stop_requested(); }
    [[nodiscard]] std::stop_token stopToken() const { return stop_.get_token(); }

  private:
    std::stop_source stop_;
    std::vector<std::jthread> threads_;
};

/// Waits for so long; false: at once, for it is asked to stop.
bool rest(const std::stop_token& stop, std::chrono::nanoseconds time);

}  // namespace standin::base
