#pragma once

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// Runs calls into a library that may block forever, and returns at the deadline in any case. An overdue call keeps its
/// thread until it returns; the number of threads is limited, so that a hanging library exhausts nothing else.
class BoundedCalls {
  public:
    /// `callee` is for messages, e.g. `libvirt`.
    BoundedCalls(std::string callee, std::size_t most_threads);
    /// Waits briefly for overdue calls, then abandons their threads: they own everything that they use.
    ~BoundedCalls();
    BoundedCalls(const BoundedCalls&) = delete;
    BoundedCalls& operator=(const BoundedCalls&) = delete;

    /// `action` must own everything that it uses. TimedOut: it has begun and may still take effect. Unreachable: it
    /// never began.
    template <typename T>
    base::Result<T> call(const std::string& what, std::chrono::milliseconds deadline,
                         std::function<base::Result<T>()> action) {
        auto promise = std::make_shared<std::promise<base::Result<T>>>();
        auto future = promise->get_future();
        auto ticket = enqueue([promise, action = std::move(action)] { promise->set_value(action()); });
        if (future.wait_for(deadline) == std::future_status::ready) return future.get();
        return overdue(*ticket, what, deadline);
    }

    /// How many calls are past their deadline and have not returned.
    [[nodiscard]] std::size_t overdueCalls() const;

  private:
    struct Ticket;
    struct Shared;
    std::shared_ptr<Ticket> enqueue(std::function<void()> task);
    base::Unexpected overdue(Ticket& ticket, const std::string& what, std::chrono::milliseconds deadline);

    std::string callee_;
    std::shared_ptr<Shared> shared_;
};

}  // namespace standin::hypervisor
