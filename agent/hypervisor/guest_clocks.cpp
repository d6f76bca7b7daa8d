#include "agent/hypervisor/guest_clocks.hpp"

#include <algorithm>
#include <array>

#include "agent/base/boundary.hpp"
#include "agent/http/metrics.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;

// An agent that was suspended with its guest answers at once; one that is just being started by its guest needs some
// seconds.
constexpr std::array<std::chrono::milliseconds, 5> pauses{250ms, 1s, 2s, 4s, 8s};

// The guest's first answers and what else a takeover does go before it.
constexpr auto first_pause = 100ms;

constexpr auto metric = "standin_guest_clock_total";
constexpr auto explanation = "guests' clocks to be set after a resume, by outcome";

}  // namespace

GuestClocks::GuestClocks(Domains& domains, const base::Clock& clock, http::Metrics& metrics, base::Log log)
    : domains_(domains), clock_(clock), metrics_(metrics), log_(std::move(log)) {}

GuestClocks::~GuestClocks() {
    stop();
}

void GuestClocks::start() {
    thread_ = std::thread([this] { run(); });
}

void GuestClocks::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void GuestClocks::set(ShelvedPtr stand_in) {
    std::lock_guard lock(mutex_);
    std::erase_if(tasks_, [&](const Task& task) { return task.stand_in == stand_in; });
    tasks_.push_back({std::move(stand_in), 0, clock_.steady() + first_pause});
    changed_.notify_all();
}

void GuestClocks::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        auto next =
            std::min_element(tasks_.begin(), tasks_.end(), [](const Task& a, const Task& b) { return a.due < b.due; });
        if (next == tasks_.end()) {
            changed_.wait(lock);
        } else if (next->due > clock_.steady()) {
            changed_.wait_for(lock, next->due - clock_.steady());
        } else {
            auto task = std::move(*next);
            tasks_.erase(next);
            lock.unlock();
            static_cast<void>(base::contained([&] { attempt(std::move(task)); }));  // a warning where it was not set
            lock.lock();
        }
    }
}

void GuestClocks::attempt(Task task) {
    const auto record = task.stand_in->snapshot();
    auto status = domains_.status(record.uuid);
    if (!status || status->state != DomainState::Running) return;  // resumed again, it comes back
    auto set = domains_.setClock(record.uuid, clock_.wall());
    const bool again = !set && base::isTransient(set.error().code) && task.attempt < pauses.size();
    {
        std::lock_guard lock(task.stand_in->mutex);
        task.stand_in->clock_warning =
            set ? ""
                : "clock: the guest's clock was not set after the resume (" + set.error().message +
                      "); install and start qemu-guest-agent in the server, then refresh the stand-in";
    }
    if (again) {
        std::lock_guard lock(mutex_);
        const bool asked_anew = std::any_of(tasks_.begin(), tasks_.end(),
                                            [&](const Task& other) { return other.stand_in == task.stand_in; });
        if (!asked_anew) tasks_.push_back({task.stand_in, task.attempt + 1, clock_.steady() + pauses.at(task.attempt)});
        return;
    }
    metrics_.count(metric, explanation, {{"outcome", set ? "set" : "not_set"}});
    if (set) {
        log_.note("stand-in {}: its clock was set", record.name.text());
    } else {
        log_.warning("stand-in {}: its clock was not set: {}", record.name.text(), set.error().message);
    }
}

}  // namespace standin::hypervisor
