#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "agent/base/boundary.hpp"
#include "agent/image_store/transfers/transfer.hpp"
#include "agent/image_store/transfers/transfer_pool.hpp"

namespace standin::image_store {

using TransferFinished = std::function<void(bool succeeded, std::chrono::nanoseconds took)>;

/// The parts that all kinds of transfers share. A kind also has
///     View show(const View&, const TransferWatch&)    the present view of a transfer that waits or runs
///     std::optional<Result<View>> repeated(View known, about…)    the answer to a second request; nullopt: begin again
///     Result<std::pair<View, Work>> prepare(id, about…)    what is locked and checked before it is accepted
///     Result<Outcome> move(Work&, TransferWatch&)    the transfer, on a thread of the pool, without the jobs' lock
///     void end(View&, const Result<Outcome>&, const TransferWatch&, took)
///     Error unknown(id)
/// and the constants `ended_kept` (how many ended transfers are kept) and `keeps_successes`.
template <typename TheId, typename TheView, typename TheOutcome>
struct TransferKind {
    using Id = TheId;
    using View = TheView;
    using Outcome = TheOutcome;
    /// Makes the view durable before anything is transferred.
    base::Result<void> record(const View&) { return {}; }
    void begun(const View&) {}
    void cancelledUnbegun(View&) {}
    void forgotten(const Id&) {}
    /// Called before all transfers are cancelled because the agent stops.
    void stopping() {}
    static bool succeeded(const base::Result<Outcome>& outcome) { return outcome.has_value(); }
};

/// Transfers of one kind that wait, run or have ended, by id. Thread-safe.
template <typename Kind>
class TransferJobs {
  public:
    using Id = typename Kind::Id;
    using View = typename Kind::View;

    TransferJobs(Kind kind, TransferPool& pool, Throttle& throttle, const base::Clock& clock)
        : kind_(std::move(kind)), pool_(pool), throttle_(throttle), clock_(clock) {}

    /// Begins a transfer, or returns the existing one that the kind treats as the same. Refused: too many are waiting.
    template <typename... About>
    base::Result<View> begin(const Id& id, About&&... about) {
        const std::lock_guard lock(mutex_);
        if (const auto known = jobs_.find(id); known != jobs_.end()) {
            if (auto answer = kind_.repeated(viewOf(*known->second), about...)) return *answer;
        }
        auto prepared = kind_.prepare(id, std::forward<About>(about)...);
        if (!prepared) return base::failure(prepared.error());
        const auto job = std::make_shared<Job>(id, std::move(prepared->first), ++begun_, clock_, throttle_);
        job->work = std::move(prepared->second);
        if (auto recorded = kind_.record(job->view); !recorded) return base::failure(recorded.error());
        if (auto submitted = pool_.submit([this, job] { run(*job); }); !submitted) {
            kind_.forgotten(id);
            return base::failure(submitted.error());
        }
        jobs_[id] = job;
        forgetOldest();
        kind_.begun(job->view);
        return viewOf(*job);
    }
    /// Adds a transfer that ended before the agent's start.
    void remember(const Id& id, const View& ended) {
        const std::lock_guard lock(mutex_);
        jobs_[id] = std::make_shared<Job>(id, ended, ++begun_, clock_, throttle_);
        jobs_[id]->stage = Stage::Ended;
        forgetOldest();
    }
    [[nodiscard]] base::Result<View> find(const Id& id) const {
        const std::lock_guard lock(mutex_);
        const auto known = jobs_.find(id);
        return known == jobs_.end() ? base::Result<View>(base::failure(kind_.unknown(id))) : viewOf(*known->second);
    }
    [[nodiscard]] std::vector<View> list() const {
        const std::lock_guard lock(mutex_);
        std::vector<View> views;
        for (const auto& [id, job] : jobs_) views.push_back(viewOf(*job));
        return views;
    }
    /// Ends a waiting or running transfer, and waits until it has stopped.
    void cancel(const Id& id) {
        std::unique_lock lock(mutex_);
        if (const auto known = jobs_.find(id); known != jobs_.end()) cancel(lock, known->second);
    }
    /// Cancels a transfer and forgets it.
    void remove(const Id& id) {
        std::unique_lock lock(mutex_);
        const auto known = jobs_.find(id);
        if (known == jobs_.end()) return;
        const auto job = known->second;
        cancel(lock, job);
        erase(*job);
    }
    /// Ends all transfers soon, because the agent stops.
    void cancelAll() {
        const std::lock_guard lock(mutex_);
        kind_.stopping();
        for (const auto& [id, job] : jobs_) job->watch.cancel();
    }
    /// Set before the pool is started.
    void onFinished(TransferFinished finished) { finished_ = std::move(finished); }

  private:
    enum class Stage { Waiting, Running, Ended };
    struct Job {
        Job(Id its, View what, std::uint64_t order, const base::Clock& clock, Throttle& throttle)
            : id(std::move(its)), number(order), view(std::move(what)), watch(clock, throttle) {}
        const Id id;
        const std::uint64_t number;    ///< order of its begin
        View view;                     ///< guarded by mutex_; as prepared until it has ended
        Stage stage = Stage::Waiting;  ///< likewise
        TransferWatch watch;
        /// Belongs to the thread that runs it; released before its end is reported, so that the disk is free by then.
        std::optional<typename Kind::Work> work;
    };

    void run(Job& job) {
        {
            const std::lock_guard lock(mutex_);
            if (job.stage != Stage::Waiting) return;  // cancelled while it waited
            job.stage = Stage::Running;
        }
        const auto since = clock_.steady();
        std::optional<base::Result<typename Kind::Outcome>> outcome;
        if (const auto done = base::contained([&] { outcome.emplace(kind_.move(*job.work, job.watch)); }); !done)
            outcome.emplace(base::failure(done.error()));
        job.work.reset();
        const auto took = clock_.steady() - since;
        const bool succeeded = Kind::succeeded(*outcome);
        if (finished_) finished_(succeeded, took);
        const std::lock_guard lock(mutex_);
        job.view.progress = job.watch.progress();
        kind_.end(job.view, *outcome, job.watch, took);
        job.stage = Stage::Ended;
        if (succeeded && !Kind::keeps_successes) erase(job);
        forgetOldest();
        ended_.notify_all();
    }
    void cancel(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Job>& job) {
        if (job->stage == Stage::Ended) return;
        job->watch.cancel();
        if (job->stage == Stage::Running) return ended_.wait(lock, [&] { return job->stage == Stage::Ended; });
        job->work.reset();
        job->stage = Stage::Ended;
        kind_.cancelledUnbegun(job->view);
    }
    /// Has no effect if another job has the id by now.
    void erase(const Job& job) {
        const auto now = jobs_.find(job.id);
        if (now != jobs_.end() && now->second.get() == &job) jobs_.erase(now);
    }
    [[nodiscard]] View viewOf(const Job& job) const {
        return job.stage == Stage::Ended ? job.view : kind_.show(job.view, job.watch);
    }
    void forgetOldest() {
        const auto ended = [](const auto& entry) { return entry.second->stage == Stage::Ended; };
        for (auto left = std::count_if(jobs_.begin(), jobs_.end(), ended); left > Kind::ended_kept; --left) {
            const auto oldest = std::min_element(jobs_.begin(), jobs_.end(), [&](const auto& one, const auto& other) {
                return std::pair(!ended(one), one.second->number) < std::pair(!ended(other), other.second->number);
            });
            kind_.forgotten(oldest->first);
            jobs_.erase(oldest);
        }
    }

    Kind kind_;
    TransferPool& pool_;
    Throttle& throttle_;
    const base::Clock& clock_;
    TransferFinished finished_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    std::uint64_t begun_ = 0;
    std::map<Id, std::shared_ptr<Job>> jobs_;
};

}  // namespace standin::image_store
