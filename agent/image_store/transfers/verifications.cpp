#include "agent/image_store/transfers/verifications.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/boundary.hpp"
#include "agent/image_store/transfers/verification.hpp"

namespace standin::image_store {

using protocol::ImageVerification;
using protocol::VerificationState;

namespace {

constexpr std::size_t waiting_most = 256;              // all images of a large store, asked for one after the other
constexpr std::size_t ended_verifications_kept = 256;  // for those who ask later; each holds a few hundred bytes

constexpr const char* cure = "delete it and capture its server again; a stand-in made from it may be damaged, too";

}  // namespace

struct Verifications::Task {
    Task(base::ImageId image, const base::Clock& clock, Throttle& throttle) : watch(clock, throttle) {
        outcome.image = std::move(image);
    }
    ImageVerification outcome;  // guarded by Verifications::mutex_
    bool started = false;       // likewise
    bool active = true;         // likewise
    TransferWatch watch;
    std::unique_ptr<ImageContent> content;  // belongs to the thread that runs the task
};

Verifications::Verifications(TransferPool& transfers, Throttle& throttle, const base::Clock& clock, base::Log log)
    : transfers_(transfers), throttle_(throttle), clock_(clock), log_(std::move(log)), pool_(1, waiting_most) {}

void Verifications::stop() {
    {
        std::lock_guard lock(mutex_);
        for (auto& [id, task] : tasks_) task->watch.cancel();
    }
    pool_.stop();
}

base::Result<ImageVerification> Verifications::begin(const base::ImageId& id, std::unique_ptr<ImageContent> content) {
    std::lock_guard lock(mutex_);
    if (auto known = tasks_.find(id); known != tasks_.end() && known->second->active) return describe(*known->second);
    auto task = std::make_shared<Task>(id, clock_, throttle_);
    task->content = std::move(content);
    auto submitted = pool_.submit([this, task] {
        const auto done = base::contained([&] { run(task); });
        if (done) return;
        task->content.reset();
        auto outcome = task->outcome;
        outcome.state = VerificationState::Failed;
        outcome.problem = fmt::format("could not verify image '{}': {}", outcome.image.text(), done.error().message);
        end(task, std::move(outcome));
    });
    if (!submitted) return base::failure(submitted.error());
    tasks_[id] = task;
    forgetOld();
    return describe(*task);
}

void Verifications::run(const std::shared_ptr<Task>& task) {
    {
        std::lock_guard lock(mutex_);
        if (!task->active) return;  // removed while it waited
        task->started = true;
    }
    const auto since = clock_.steady();
    auto damage = verify(*task->content, task->watch, [&] { transfers_.awaitRest(task->watch.stopToken()); });
    task->content.reset();
    ImageVerification outcome = task->outcome;
    const auto image = fmt::format("image '{}'", outcome.image.text());
    if (damage && damage->blocks == 0) {
        outcome.state = VerificationState::Intact;
    } else if (damage || damage.error().code == base::ErrorCode::Corrupt) {
        outcome.state = VerificationState::Damaged;
        outcome.damaged_blocks = damage ? damage->blocks : 0;
        outcome.problem = damage ? fmt::format("damaged blocks of {}: {}, the first: {}; {}", image, damage->blocks,
                                               damage->first, cure)
                                 : fmt::format("{}; {}", damage.error().message, cure);
    } else {
        outcome.state = VerificationState::Failed;
        outcome.problem = task->watch.cancelled()
                              ? fmt::format("the verification of {} was broken off; begin it again", image)
                              : fmt::format("could not verify {}: {}", image, damage.error().message);
    }
    if (finished_) finished_(outcome.state == VerificationState::Intact, clock_.steady() - since);
    end(task, std::move(outcome));
}

void Verifications::end(const std::shared_ptr<Task>& task, ImageVerification outcome) {
    log_.write(outcome.state == VerificationState::Damaged ? base::LogLevel::Error : base::LogLevel::Notice,
               fmt::format("image '{}' verified: {}", outcome.image.text(),
                           outcome.problem.empty() ? nameOf(outcome.state) : outcome.problem));
    std::lock_guard lock(mutex_);
    outcome.progress = task->watch.progress();
    outcome.ended_at = base::rfc3339(clock_.wall());
    task->outcome = std::move(outcome);
    task->active = false;
    ended_.notify_all();
}

base::Result<ImageVerification> Verifications::find(const base::ImageId& id) const {
    std::lock_guard lock(mutex_);
    auto known = tasks_.find(id);
    if (known != tasks_.end()) return describe(*known->second);
    return base::failure(
        base::ErrorCode::NotFound,
        fmt::format("image '{}' has not been verified since this agent was started; begin it", id.text()));
}

void Verifications::remove(const base::ImageId& id) {
    std::unique_lock lock(mutex_);
    auto known = tasks_.find(id);
    if (known == tasks_.end()) return;
    auto task = known->second;
    task->watch.cancel();
    if (task->started) {
        ended_.wait(lock, [&] { return !task->active; });
    } else {
        task->active = false;
        task->content.reset();
    }
    if (auto now = tasks_.find(id); now != tasks_.end() && now->second == task) tasks_.erase(now);
}

ImageVerification Verifications::describe(const Task& task) {
    auto outcome = task.outcome;
    if (!task.active) return outcome;
    outcome.state = task.watch.begun() ? VerificationState::Reading : VerificationState::Waiting;
    outcome.progress = task.watch.progress();
    return outcome;
}

void Verifications::forgetOld() {
    while (tasks_.size() > ended_verifications_kept) {
        auto oldest = tasks_.end();
        for (auto entry = tasks_.begin(); entry != tasks_.end(); ++entry) {
            if (entry->second->active) continue;
            if (oldest == tasks_.end() || entry->second->outcome.ended_at < oldest->second->outcome.ended_at)
                oldest = entry;
        }
        if (oldest == tasks_.end()) return;
        tasks_.erase(oldest);
    }
}

}  // namespace standin::image_store
