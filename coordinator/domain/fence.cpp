#include "coordinator/domain/fence.hpp"

#include <fmt/format.h>

namespace standin::domain {

using enum StepName;

bool isFenced(const Operation& operation, const Server& server) {
    auto done = [&operation](StepName step) {
        const Step* found = operation.find(step, operation.server.text());
        return found != nullptr && found->state == StepState::Done;
    };
    if (server.fence_policy == FencePolicy::Power) return done(FencePower);
    return done(FencePort) || done(FencePower);
}

bool fenceFailed(const OperationProgress& progress) {
    if (progress.observation().server.fence_policy == FencePolicy::Power) return progress.gaveUp(FencePower);
    return progress.gaveUp(FencePort) && progress.gaveUp(FencePower);
}

DetectedEvent fenceFailure(const OperationProgress& progress) {
    const auto& server = progress.operation().server.text();
    const std::string why = fmt::format(
        "server '{}' could not be fenced as its policy '{}' demands: port: {}; power: {}", server,
        nameOf(progress.observation().server.fence_policy),
        progress.done(FencePort) ? "fenced" : progress.problemOf(FencePort), progress.problemOf(FencePower));
    const std::string cure = fmt::format(
        "cut the power of server '{}' by hand, then confirm it: standinctl operation confirm-fence {}; "
        "or mend its BMC or switch and retry: standinctl operation retry {}",
        server, progress.operation().id, progress.operation().id);
    return {Event::FenceFailed, why, Note{"fence_failed", Note::Level::Error, why, cure}, cure};
}

bool mayCutPower(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const Step* begun = progress.find(FencePower);
    if (progress.observation().server.fence_always || (begun != nullptr && begun->state != StepState::Planned))
        return true;
    const Step* resume = progress.find(ResumeStandIn);
    const Step* restore = progress.find(RestoreSpare);
    // A guest that was woken counts until its job was asked without success.
    const bool awaited =
        progress.done(WakeStandIn) && !operation.cold &&
        (resume == nullptr || resume->state == StepState::Planned || resume->state == StepState::Running);
    const bool runs = operation.job_runs || operation.handovers > 0 || awaited || progress.done(ResumeStandIn) ||
                      progress.done(ReviveStandIn) || (resume != nullptr && resume->finding == Finding::Unled);
    const bool restores =
        restore != nullptr && (restore->state == StepState::Polling || restore->state == StepState::Done);
    return runs || restores;
}

bool standInIsOutOfTheWay(const OperationProgress& progress) {
    if (progress.operation().stand_in.empty() || progress.find(ResumeStandIn) == nullptr) return true;
    return progress.observation().server.fence_policy == FencePolicy::Port || progress.done(StopStandIn);
}

}  // namespace standin::domain
