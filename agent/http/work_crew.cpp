#include "agent/http/work_crew.hpp"

#include <algorithm>

#include "agent/base/boundary.hpp"
#include "agent/base/log.hpp"

namespace standin::http {

WorkCrew::WorkCrew(Limits limits) : limits_(limits) {
    for (std::size_t i = 0; i < std::min(limits_.ready, limits_.threads); ++i) threads_.emplace_back([this] { run(); });
}

WorkCrew::~WorkCrew() {
    stop();
}

bool WorkCrew::fits(const Job& job) const {
    if (placed_ >= limits_.threads) return false;
    if (job.comes_first) return true;
    const auto found = of_peer_.find(job.peer);
    return ordinary_ + limits_.reserved < limits_.threads && (found == of_peer_.end() || found->second < limits_.share);
}

void WorkCrew::takePlace(const Job& job) {
    ++placed_;
    if (job.comes_first) return;
    ++ordinary_;
    ++of_peer_[job.peer];
}

void WorkCrew::givePlaceBack(const Job& job) {
    --placed_;
    if (job.comes_first) return;
    --ordinary_;
    const auto peer = of_peer_.find(job.peer);
    if (--peer->second == 0) of_peer_.erase(peer);
}

bool WorkCrew::post(Job job) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    add({std::move(job), false});
    return true;
}

bool WorkCrew::tryPost(Job job) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || !fits(job)) return false;
    takePlace(job);
    add({std::move(job), true});
    return true;
}

void WorkCrew::add(Waiting waiting) {
    waiting_.push_back(std::move(waiting));
    if (idle_ < waiting_.size() && threads_.size() < limits_.threads) {
        // Where the host has no threads left, those that are there see to it later.
        const auto added = base::contained([this] { threads_.emplace_back([this] { run(); }); });
        if (!added && threads_.empty()) base::Log("http").error("no thread for requests: {}", added.error().message);
    }
    wanted_.notify_one();
}

std::deque<WorkCrew::Waiting>::iterator WorkCrew::nextJob() {
    const auto mayBegin = [this](const Waiting& waiting) { return waiting.has_place || fits(waiting.job); };
    const auto first = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
        return waiting.job.comes_first && mayBegin(waiting);
    });
    return first != waiting_.end() ? first : std::find_if(waiting_.begin(), waiting_.end(), mayBegin);
}

void WorkCrew::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        auto next = waiting_.end();
        ++idle_;
        wanted_.wait(lock, [&] { return stopping_ || (next = nextJob()) != waiting_.end(); });
        --idle_;
        if (stopping_) return;
        Waiting its = std::move(*next);
        waiting_.erase(next);
        if (!its.has_place) takePlace(its.job);
        lock.unlock();
        static_cast<void>(base::contained(its.job.run));  // the job has answered already, or the connection ends
        its.job.run = nullptr;
        lock.lock();
        givePlaceBack(its.job);
    }
}

void WorkCrew::stop() {
    std::vector<std::thread> threads;
    std::deque<Waiting> dropped;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        dropped.swap(waiting_);
        threads.swap(threads_);
        wanted_.notify_all();
    }
    for (auto& thread : threads) thread.join();
}

}  // namespace standin::http
