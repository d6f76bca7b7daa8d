#include "coordinator/domain/detect_event.hpp"

namespace standin::domain {

const std::string& subjectOf(const Operation& operation, StepName step) {
    static const std::string none;
    switch (step) {
        case StepName::FencePort:
        case StepName::FencePower:
        case StepName::ClearSegment:
        case StepName::StopServer:
        case StepName::StartServer:
            return operation.server.text();
        case StepName::ResumeStandIn:
        case StepName::ReviveStandIn:
        case StepName::GiveSegment:
        case StepName::DrainStandIn:
        case StepName::FreezeStandIn:
        case StepName::StopStandIn:
        case StepName::RetireStandIn:
        case StepName::ReturnRequests:
        case StepName::GrowStandIn:
        case StepName::DeleteOldStandIn:
        case StepName::KeepStandIn:
            return operation.stand_in.text();
        case StepName::DeleteStandIn:
            return operation.kind == OperationKind::Failover ? operation.stand_in.text()
                                                             : operation.new_stand_in.text();
        case StepName::LeaseSpare:
        case StepName::PowerOffSpare:
        case StepName::ReleaseSpare:
        case StepName::RestoreSpare:
        case StepName::IsolateSpare:
        case StepName::StartSpare:
        case StepName::ProbeSpare:
        case StepName::HoldRequests:
        case StepName::ReleaseHeld:
        case StepName::GiveSegmentToSpare:
        case StepName::RetireHolder:
        case StepName::PowerOffFailedSpare:
            return operation.spare.text();
        case StepName::CheckCapacity:
        case StepName::MakeStandIn:
        case StepName::IsolateStandIn:
        case StepName::StartStandIn:
        case StepName::ProbeStandIn:
        case StepName::SuspendStandIn:
        case StepName::AdoptStandIn:
            return operation.new_stand_in.text();
        case StepName::CaptureImage:
        case StepName::CompareImages:
        case StepName::DiscardImage:
            return operation.image.text();
        case StepName::TellOperator:
            return none;  // its subject is a note's topic
    }
    STANDIN_ASSERT(!"every step has a subject");
    return none;
}

bool isFenced(const Operation& operation, const Server& server) {
    auto done = [&operation](StepName step) {
        const Step* found = operation.find(step, operation.server.text());
        return found != nullptr && found->state == StepState::Done;
    };
    if (server.fence_policy == FencePolicy::Power) return done(StepName::FencePower);
    return done(StepName::FencePort) || done(StepName::FencePower);
}

namespace {

using enum StepName;

/// Collects the steps of a plan by name.
class Plan {
  public:
    explicit Plan(const OperationProgress& progress) : progress_(progress) {
        steps_.reserve(8);
    }  // more than most plans have
    Plan& add(StepName step) {
        steps_.push_back({step, subjectOf(progress_.operation(), step)});
        return *this;
    }
    /// `then` only once `first` is done.
    Plan& inOrder(std::initializer_list<StepName> steps) {
        for (StepName step : steps) {
            add(step);
            if (!progress_.done(step)) break;
        }
        return *this;
    }
    Plan& fences() { return add(FencePort).add(FencePower); }
    /// The power is cut beside the takeover, not in its way: where the port fence is what the policy demands, the
    /// power's devices (processes that start slowly, on processors that the takeover needs) are asked as soon as `step`
    /// has come to an end, or the port fence to none.
    Plan& powerAfter(StepName step) {
        const bool port_is_enough = progress_.observation().server.fence_policy == FencePolicy::Port;
        const bool port_failed = progress_.attempted(FencePort) && !progress_.done(FencePort);
        if (!port_is_enough || port_failed || progress_.attempted(step)) add(FencePower);
        return *this;
    }
    std::vector<StepId> take() { return std::move(steps_); }

  private:
    const OperationProgress& progress_;
    std::vector<StepId> steps_;
};

/// Leased, then released by the VM host that it carried (a machine that carries stand-ins is not switched off), then
/// off and confirmed, all before it is written; in quarantine before it is started.
void addSparePreparation(Plan& plan, const OperationProgress& progress) {
    if (progress.operation().spare.empty()) return;
    plan.add(LeaseSpare);
    if (!progress.done(LeaseSpare)) return;
    plan.inOrder({ReleaseSpare, PowerOffSpare, RestoreSpare});
    if (!progress.done(ReleaseSpare) || !progress.done(PowerOffSpare)) return;
    // The back leg is with the stand-in until everything that was held has been returned to it.
    if (progress.find(ReturnRequests) != nullptr && !progress.done(ReturnRequests)) {
        plan.add(ReturnRequests);
        return;
    }
    // Until the image is on the disk the holder's back leg is better with the stand-in, which may yet answer.
    if (mayRevive(progress) && !progress.done(RestoreSpare)) return;
    // The port fence and the spare's quarantine are orders for the same segment: one after the other.
    if (progress.operation().job_runs || progress.concluded(FencePort)) plan.add(IsolateSpare);
}

/// The holder has one back leg: it is the spare's, and the stand-in's as long as that is probed. Who answers while it
/// is moved could be either, so one of them is probed at a time.
void addColdStart(Plan& plan, const OperationProgress& progress) {
    const auto isUnderWay = [&progress](StepName step) {
        const Step* found = progress.find(step);
        return found != nullptr && found->state == StepState::Running;
    };
    if (!wantsBackLeg(progress)) {
        if (mayRevive(progress)) plan.add(ReviveStandIn);
        plan.inOrder({IsolateSpare, StartSpare, ProbeSpare});
    } else if (isUnderWay(IsolateSpare) || isUnderWay(ProbeSpare)) {
        plan.add(isUnderWay(ProbeSpare) ? ProbeSpare : IsolateSpare);
    } else {
        plan.add(ReviveStandIn);
    }
}

void planFailover(Plan& plan, const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const bool stand_in_left_over = !operation.stand_in.empty() && progress.find(ResumeStandIn) != nullptr;
    switch (operation.state) {
        case State::TakingOver:
            plan.add(FencePort);
            // After a retry the segment may be its own: before it runs again, nobody else may.
            if (!isHalfWay(progress) &&
                (progress.find(GiveSegment) == nullptr || isFenced(operation, progress.observation().server)))
                plan.add(ResumeStandIn);
            plan.powerAfter(ResumeStandIn);
            break;
        case State::GivingSegment:
            if (progress.done(ResumeStandIn)) plan.add(GiveSegment);
            plan.powerAfter(GiveSegment);
            break;
        case State::PreparingSpare:
            plan.add(FencePower);
            addSparePreparation(plan, progress);
            break;
        case State::StartingSpare:
            plan.add(FencePower).inOrder({StartSpare, ProbeSpare});
            break;
        case State::HoldingRequests:
            plan.add(FencePower).add(HoldRequests);
            break;
        case State::DrainingStandIn:
            plan.add(FencePower).add(DrainStandIn);
            break;
        case State::FreezingStandIn:
            plan.add(FencePower).add(FreezeStandIn);
            break;
        case State::ReleasingRequests:
            plan.add(FencePower).add(ReleaseHeld);
            break;
        case State::GivingSegmentToSpare:
            plan.add(FencePower).add(GiveSegmentToSpare);
            break;
        case State::ReturningRequests:
            plan.add(FencePower).add(ReturnRequests);
            break;
        case State::LeavingSpare:
            plan.add(FencePower).add(GrowStandIn);
            if (isTaken(progress)) plan.add(PowerOffFailedSpare);
            break;
        case State::ColdPreparingSpare:
            plan.fences();
            if (mayRevive(progress)) plan.add(ReviveStandIn);
            addSparePreparation(plan, progress);
            break;
        case State::ColdStartingSpare:
            plan.fences();
            addColdStart(plan, progress);
            break;
        case State::ColdGivingSegment:
            // Where the switch keeps it away it is stopped later: until the spare has the segment, it is all there is.
            if (stand_in_left_over && progress.observation().server.fence_policy == FencePolicy::Power)
                plan.add(StopStandIn);
            if (!isFenced(operation, progress.observation().server)) {
                plan.fences();
            } else if (standInIsOutOfTheWay(progress)) {
                plan.add(FencePower).add(GiveSegmentToSpare);
            }
            break;
        case State::ColdLeavingSpare:
            plan.fences();
            if (mayRevive(progress)) plan.add(ReviveStandIn);
            if (isTaken(progress)) plan.add(PowerOffFailedSpare);
            break;
        case State::Settling:
            plan.add(FencePower);
            if (operation.cold && progress.find(ReviveStandIn) != nullptr) plan.add(StopStandIn);
            break;
        case State::Succeeded:  // beside the operation's rest: nobody waits for clients that keep connections open
            if (progress.find(HoldRequests) != nullptr) plan.add(RetireHolder);
            if (progress.find(FreezeStandIn) != nullptr) plan.add(RetireStandIn);
            break;
        case State::Closing:
            if (keepsStandIn(operation, progress.observation().server)) {
                plan.add(KeepStandIn);
            } else if (!operation.stand_in.empty()) {
                plan.add(DeleteStandIn);
            }
            break;
        default:
            break;
    }
}

void planImage(Plan& plan, const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const bool restart = progress.observation().capture_way == CaptureWay::Restart;
    switch (operation.state) {
        case State::StoppingServer:
            plan.add(StopServer);
            break;
        case State::CapturingImage:
            plan.add(CaptureImage);
            break;
        case State::StartingServer:
        case State::RestartingServer:
            if (restart) plan.add(StartServer);
            break;
        case State::ComparingImages:
            if (!operation.previous_image.empty()) plan.add(CompareImages);
            break;
        case State::DiscardingImage:
            plan.add(DiscardImage);
            break;
        case State::CheckingCapacity:
            plan.add(CheckCapacity);
            break;
        case State::RemovingOldStandIn:
        case State::RemovingReplacedStandIn:
            if (!operation.stand_in.empty()) plan.add(DeleteOldStandIn);
            if (operation.kind == OperationKind::Unset && !operation.discard_data) plan.add(ClearSegment);
            break;
        case State::MakingStandIn:
            plan.add(MakeStandIn);
            break;
        case State::ProvingStandIn:
            plan.inOrder({StartStandIn, IsolateStandIn, ProbeStandIn});
            break;
        case State::SuspendingStandIn:
            plan.add(SuspendStandIn);
            break;
        case State::AdoptingStandIn:
            plan.add(AdoptStandIn);
            break;
        case State::DiscardingStandIn:
            plan.add(DeleteStandIn);
            break;
        default:
            break;
    }
}

}  // namespace

std::vector<StepId> plan(const OperationProgress& progress) {
    Plan plan(progress);
    const Operation& operation = progress.operation();
    if (operation.kind == OperationKind::Failover) {
        planFailover(plan, progress);
    } else {
        planImage(plan, progress);
    }
    std::vector<StepId> steps = plan.take();
    for (const Note& note : operation.notes) steps.push_back({TellOperator, note.topic});
    return steps;
}

}  // namespace standin::domain
