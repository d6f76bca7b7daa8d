#include "coordinator/domain/restart_claim.hpp"

#include <algorithm>

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

std::optional<base::WallTime> restartEnds(const Operation& capture, std::chrono::milliseconds boot_within) {
    if (capture.kind != OperationKind::Refresh && capture.kind != OperationKind::Backup) return std::nullopt;
    const Step* stop = capture.find(StepName::StopServer, capture.server.text());
    const Step* start = capture.find(StepName::StartServer, capture.server.text());
    const bool stop_begun = stop != nullptr && stop->attempts > 0;
    const bool start_ended = start != nullptr && start->ended != base::WallTime{};
    if (stop_begun && !isResting(capture.state) && !start_ended) return base::WallTime::max();
    if (start == nullptr || start->attempts == 0) return std::nullopt;
    return std::max(start->ended, start->started) + boot_within;
}

ClaimVerdict judge(JobAnswer answer, unsigned asked) {
    if (answer == JobAnswer::Answered) return ClaimVerdict::Dropped;
    if (answer == JobAnswer::Silent) return ClaimVerdict::FailsOver;
    return asked < claim_asked_at_most ? ClaimVerdict::AskedAgain : ClaimVerdict::NotKnown;
}

}  // namespace standin::domain
