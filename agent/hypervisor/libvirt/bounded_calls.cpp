#include "agent/hypervisor/libvirt/bounded_calls.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "agent/base/boundary.hpp"

namespace standin::hypervisor {

struct BoundedCalls::Ticket {
    enum class Phase { Queued, Begun, Overdue, Done, Abandoned };
    std::function<void()> task;
    Phase phase = Phase::Queued;
};

struct BoundedCalls::Shared {
    std::mutex mutex;
    std::condition_variable work;
    std::condition_variable ended;
    std::deque<std::shared_ptr<Ticket>> queue;
    std::size_t most_threads = 0;
    std::size_t threads = 0;
    std::size_t idle = 0;
    std::size_t overdue = 0;
    bool stopping = false;
};

namespace {

constexpr std::chrono::seconds farewell{2};  // an ordinary call takes milliseconds

}  // namespace

BoundedCalls::BoundedCalls(std::string callee, std::size_t most_threads)
    : callee_(std::move(callee)), shared_(std::make_shared<Shared>()) {
    shared_->most_threads = most_threads;
}

BoundedCalls::~BoundedCalls() {
    std::unique_lock lock(shared_->mutex);
    shared_->stopping = true;
    shared_->work.notify_all();
    shared_->ended.wait_for(lock, farewell, [&] { return shared_->threads == 0; });
}

std::shared_ptr<BoundedCalls::Ticket> BoundedCalls::enqueue(std::function<void()> task) {
    auto ticket = std::make_shared<Ticket>();
    ticket->task = std::move(task);
    std::lock_guard lock(shared_->mutex);
    shared_->queue.push_back(ticket);
    if (shared_->idle >= shared_->queue.size() || shared_->threads == shared_->most_threads) {
        shared_->work.notify_one();
        return ticket;
    }
    ++shared_->threads;
    // Detached, because a blocked call can't be joined; the destructor waits for all that do return.
    std::thread([shared = shared_] {
        std::unique_lock inner(shared->mutex);
        while (true) {
            ++shared->idle;
            shared->work.wait(inner, [&] { return shared->stopping || !shared->queue.empty(); });
            --shared->idle;
            if (shared->queue.empty()) break;
            auto next = std::move(shared->queue.front());
            shared->queue.pop_front();
            next->phase = Ticket::Phase::Begun;
            inner.unlock();
            static_cast<void>(base::contained(next->task));  // its caller finds no answer
            next->task = nullptr;
            inner.lock();
            if (next->phase == Ticket::Phase::Overdue) --shared->overdue;
            next->phase = Ticket::Phase::Done;
        }
        --shared->threads;
        shared->ended.notify_all();
    }).detach();
    return ticket;
}

base::Unexpected BoundedCalls::overdue(Ticket& ticket, const std::string& what, std::chrono::milliseconds deadline) {
    std::lock_guard lock(shared_->mutex);
    if (ticket.phase == Ticket::Phase::Queued) {
        ticket.phase = Ticket::Phase::Abandoned;
        std::erase_if(shared_->queue, [&](const auto& queued) { return queued.get() == &ticket; });
        return base::failure(base::ErrorCode::Unreachable,
                             fmt::format("could not {}: it was not begun within {} ms, for {} calls into {} hang; "
                                         "see what they wait for, or restart it",
                                         what, deadline.count(), shared_->overdue, callee_));
    }
    if (ticket.phase == Ticket::Phase::Begun) {
        ticket.phase = Ticket::Phase::Overdue;
        ++shared_->overdue;
    }
    return base::failure(
        base::ErrorCode::TimedOut,
        fmt::format("could not {}: {} did not answer within {} ms; see whether it hangs, and restart it", what, callee_,
                    deadline.count()));
}

std::size_t BoundedCalls::overdueCalls() const {
    std::lock_guard lock(shared_->mutex);
    return shared_->overdue;
}

}  // namespace standin::hypervisor
