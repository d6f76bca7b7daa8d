#include "agent/hypervisor/stand_ins/guest_clocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "agent/base/boundary.hpp"
#include "agent/http/metrics.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;
using State = protocol::GuestClock::State;

// An agent that was suspended with its guest answers at once; one that is just being started by its guest needs some
// seconds.
constexpr std::array<std::chrono::milliseconds, 5> pauses{250ms, 1s, 2s, 4s, 8s};

constexpr std::size_t threads = 4;  // one guest whose agent hangs does not keep the others waiting

// The delay that a guest's agent and its connection may cause; a larger difference is wrong.
constexpr double largest_offset_ms = 500;

constexpr auto metric = "standin_guest_clock_total";
constexpr auto explanation = "guests' clocks to be set after a resume, by outcome";

}  // namespace

GuestClocks::GuestClocks(Domains& domains, const base::Clock& clock, http::Metrics& metrics, base::Log log)
    : domains_(domains), clock_(clock), metrics_(metrics), log_(std::move(log)) {}

void GuestClocks::start() {
    workers_.start(
        "clocks", [this](const auto& stop) { run(stop); }, threads);
}

void GuestClocks::set(StandInEntryPtr stand_in) {
    {
        std::lock_guard lock(stand_in->mutex);
        stand_in->clock = {protocol::GuestClock::State::Setting, 0, ""};
    }
    const auto now = clock_.steady();
    std::lock_guard lock(mutex_);
    std::erase_if(tasks_, [&](const Task& task) { return task.stand_in == stand_in; });
    tasks_.push_back({std::move(stand_in), 0, now, now});
    changed_.notify_one();
}

protocol::GuestClock GuestClocks::await(const StandInEntry& stand_in, std::chrono::milliseconds within) {
    const auto clock = [&] {
        std::lock_guard lock(stand_in.mutex);
        return stand_in.clock;
    };
    std::unique_lock lock(mutex_);
    decided_.wait_for(lock, workers_.stopToken(), within, [&] { return clock().state != State::Setting; });
    return clock();
}

std::deque<GuestClocks::Task>::iterator GuestClocks::next() {
    return std::min_element(tasks_.begin(), tasks_.end(), [](const Task& a, const Task& b) { return a.due < b.due; });
}

void GuestClocks::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        const auto first = next();
        if (first == tasks_.end()) {
            changed_.wait(lock, stop, [&] { return !tasks_.empty(); });
        } else if (const auto due = first->due; due > clock_.steady()) {
            changed_.wait_for(lock, stop, due - clock_.steady(), [&] { return tasks_.empty() || next()->due != due; });
        } else {
            auto task = std::move(*first);
            tasks_.erase(first);
            lock.unlock();
            static_cast<void>(base::contained([&] { attempt(std::move(task)); }));  // a warning where it was not set
            lock.lock();
        }
    }
}

void GuestClocks::attempt(Task task) {
    const auto record = task.stand_in->snapshot();
    if (task.attempt > 0) {
        auto status = domains_.status(record.uuid);
        if (!status || status->state != DomainState::Running) return;  // resumed again, it comes back
    }
    auto set = domains_.setClock(record.uuid, clock_.wall());
    const bool again = !set && base::isTransient(set.error().code) && task.attempt < pauses.size();
    {
        std::lock_guard lock(task.stand_in->mutex);
        task.stand_in->clock = {set ? State::Set : State::NotSet, 0, set ? "" : set.error().message};
        task.stand_in->clock_warning =
            set ? ""
                : "clock: the guest's clock was not set after the resume (" + set.error().message +
                      "); install and start qemu-guest-agent in the server, then refresh the stand-in";
    }
    {
        std::lock_guard lock(mutex_);
        decided_.notify_all();
    }
    if (again) {
        std::lock_guard lock(mutex_);
        const bool asked_anew = std::any_of(tasks_.begin(), tasks_.end(),
                                            [&](const Task& other) { return other.stand_in == task.stand_in; });
        if (!asked_anew)
            tasks_.push_back(
                {task.stand_in, task.attempt + 1, clock_.steady() + pauses.at(task.attempt), task.resumed});
        changed_.notify_one();
        return;
    }
    metrics_.count(metric, explanation, {{"outcome", set ? "set" : "not_set"}});
    if (!set) {
        log_.warning("stand-in {}: its clock was not set: {}", record.name.text(), set.error().message);
        return;
    }
    metrics_.observeSeconds("standin_guest_clock_set_seconds", "from a resume until the guest has confirmed its clock",
                            std::chrono::duration<double>(clock_.steady() - task.resumed).count(), {});
    checkAgain(task, record.uuid);
}

// The clock is read again: a guest may accept the command and set another time.
void GuestClocks::checkAgain(const Task& task, const std::string& uuid) {
    const auto before = clock_.wall();
    const auto shown = domains_.readClock(uuid);
    if (!shown) return;
    const auto offset_ms = base::milliseconds(*shown - (before + (clock_.wall() - before) / 2));
    std::lock_guard lock(task.stand_in->mutex);
    auto& stand_in = *task.stand_in;
    stand_in.clock.offset_ms = offset_ms;
    log_.note("stand-in {}: its clock was set offset_ms={:.1f}", stand_in.record.name.text(), offset_ms);
    if (std::abs(offset_ms) <= largest_offset_ms) return;
    stand_in.clock_warning = fmt::format(
        "clock: the guest's clock is {:.0f} ms {} the host's after it was set; see that its time service does not undo "
        "it",
        std::abs(offset_ms), offset_ms > 0 ? "ahead of" : "behind");
    log_.warning("stand-in {}: {}", stand_in.record.name.text(), stand_in.clock_warning);
}

}  // namespace standin::hypervisor
