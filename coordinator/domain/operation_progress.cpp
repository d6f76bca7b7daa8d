#include "coordinator/domain/operation_progress.hpp"

#include <algorithm>

#include "coordinator/domain/step_descriptors.hpp"

namespace standin::domain {

namespace {

/// Progress that is reported less often than this looks as if there were none.
constexpr std::chrono::milliseconds longest_pause{500};

/// Not for another attempt at once, as a time-out is; but somebody may be busy, hold it, or be about to stop.
bool mayPass(base::ErrorCode error) {
    using enum base::ErrorCode;
    return error == Refused || error == Conflict || error == WrongState || error == Internal;
}

/// Every failure makes an attempt; polls that are answered make none.
std::chrono::milliseconds pauseAfter(const Step& failed, const StepLimits& limits) {
    constexpr unsigned most_doublings = 16;
    const auto doubled =
        limits.pause * (1U << std::min(failed.attempts - std::min(failed.attempts, 1U), most_doublings));
    return std::max(limits.pause, std::min(doubled, limits.longest_pause));
}

}  // namespace

const Step* OperationProgress::find(StepName step) const {
    return operation_.find(step, subjectOf(operation_, step));
}

bool OperationProgress::done(StepName step) const {
    const Step* found = find(step);
    return found != nullptr && found->state == StepState::Done;
}

bool OperationProgress::attempted(StepName step) const {
    const Step* found = find(step);
    return found != nullptr && found->attempts > 0 && (found->attempts > 1 || found->state != StepState::Running);
}

bool OperationProgress::gaveUp(StepName step) const {
    const Step* found = find(step);
    return found != nullptr && gaveUp(*found);
}

bool OperationProgress::gaveUp(const Step& step) const {
    const auto limits = limitsOf(step.id.name, observation_);
    const bool patience_ended = now_ >= step.patience_from + limits.patience;
    switch (step.state) {
        case StepState::Planned:
        case StepState::Running:
        case StepState::Done:
            return false;
        case StepState::Polling:
        case StepState::Unknown:
            return patience_ended;
        case StepState::Failed:
            if (limits.conflict_is_final && step.error == base::ErrorCode::Conflict) return true;
            if (step.error == base::ErrorCode::Unsupported) return true;  // nor will it be the next time
            return patience_ended || step.finding == Finding::Untaken ||
                   !(limits.retry_refusals || base::isTransient(step.error) ||
                     (mayPass(step.error) && step.refusals < limits.refusals));
    }
    return false;
}

std::optional<base::WallTime> OperationProgress::dueAt(const StepId& id) const {
    const Step* step = operation_.find(id);
    if (id.name == StepName::FencePower && observation_.power_on_under_way) return std::nullopt;
    if (step == nullptr || step->state == StepState::Planned) {
        if (id.name == StepName::RestoreSpare && !observation_.restore_turn) return std::nullopt;
        if (id.name == StepName::StopServer && !observation_.capture_turn) return std::nullopt;
        return base::WallTime{};
    }
    if (step->state == StepState::Running || step->state == StepState::Done || gaveUp(*step)) return std::nullopt;
    const auto limits = limitsOf(id.name, observation_);
    const auto pause = limits.pause;
    if (step->state != StepState::Polling) return step->ended + pauseAfter(*step, limits);
    if (step->finding == Finding::Unled && done(StepName::FencePort)) return step->ended;
    // What has taken long already is asked after less often: it is known only a little later for it.
    const auto grown = std::min((step->ended - step->patience_from) / 20, base::WallTime::duration(longest_pause));
    return step->ended + std::max(base::WallTime::duration(pause), grown);
}

std::string OperationProgress::problemOf(StepName step) const {
    const Step* found = find(step);
    if (found == nullptr) return "it was not tried";
    if (!found->message.empty()) return found->message;
    return found->state == StepState::Unknown ? "no answer in time" : "it did not succeed in time";
}

}  // namespace standin::domain
