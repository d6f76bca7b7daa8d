#include "coordinator/domain/occurrences.hpp"

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
    explicit Plan(const Course& course) : course_(course) { steps_.reserve(8); }  // more than most plans have
    Plan& add(StepName step) {
        steps_.push_back({step, subjectOf(course_.operation(), step)});
        return *this;
    }
    /// `then` only once `first` is done.
    Plan& inOrder(std::initializer_list<StepName> steps) {
        for (StepName step : steps) {
            add(step);
            if (!course_.done(step)) break;
        }
        return *this;
    }
    Plan& fences() { return add(FencePort).add(FencePower); }
    /// The power is cut beside the takeover, not in its way: where the port fence is what the policy demands, the
    /// power's devices (processes that start slowly, on processors that the takeover needs) are asked as soon as `step`
    /// has come to an end, or the port fence to none.
    Plan& powerAfter(StepName step) {
        const bool port_is_enough = course_.observation().server.fence_policy == FencePolicy::Port;
        const bool port_failed = course_.attempted(FencePort) && !course_.done(FencePort);
        if (!port_is_enough || port_failed || course_.attempted(step)) add(FencePower);
        return *this;
    }
    std::vector<StepId> take() { return std::move(steps_); }

  private:
    const Course& course_;
    std::vector<StepId> steps_;
};

/// Leased, then released by the VM host that it carried (a machine that carries stand-ins is not switched off), then
/// off and confirmed, all before it is written; in quarantine before it is started.
void addSparePreparation(Plan& plan, const Course& course) {
    if (course.operation().spare.empty()) return;
    plan.add(LeaseSpare);
    if (!course.done(LeaseSpare)) return;
    plan.inOrder({ReleaseSpare, PowerOffSpare, RestoreSpare});
    if (!course.done(ReleaseSpare) || !course.done(PowerOffSpare)) return;
    // The back leg is with the stand-in until everything that was held has been returned to it.
    if (course.find(ReturnRequests) != nullptr && !course.done(ReturnRequests)) {
        plan.add(ReturnRequests);
        return;
    }
    // Until the image is on the disk the holder's back leg is better with the stand-in, which may yet answer.
    if (mayRevive(course) && !course.done(RestoreSpare)) return;
    // The port fence and the spare's quarantine are orders for the same segment: one after the other.
    if (course.operation().job_runs || course.concluded(FencePort)) plan.add(IsolateSpare);
}

/// The holder has one back leg: it is the spare's, and the stand-in's as long as that is probed. Who answers while it
/// is moved could be either, so one of them is probed at a time.
void addColdStart(Plan& plan, const Course& course) {
    const auto isUnderWay = [&course](StepName step) {
        const Step* found = course.find(step);
        return found != nullptr && found->state == StepState::Running;
    };
    if (!wantsBackLeg(course)) {
        if (mayRevive(course)) plan.add(ReviveStandIn);
        plan.inOrder({IsolateSpare, StartSpare, ProbeSpare});
    } else if (isUnderWay(IsolateSpare) || isUnderWay(ProbeSpare)) {
        plan.add(isUnderWay(ProbeSpare) ? ProbeSpare : IsolateSpare);
    } else {
        plan.add(ReviveStandIn);
    }
}

void planFailover(Plan& plan, const Course& course) {
    const Operation& operation = course.operation();
    const bool stand_in_left_over = !operation.stand_in.empty() && course.find(ResumeStandIn) != nullptr;
    switch (operation.state) {
        case State::TakingOver:
            plan.add(FencePort);
            // After a retry the segment may be its own: before it runs again, nobody else may.
            if (!isHalfWay(course) &&
                (course.find(GiveSegment) == nullptr || isFenced(operation, course.observation().server)))
                plan.add(ResumeStandIn);
            plan.powerAfter(ResumeStandIn);
            break;
        case State::GivingSegment:
            if (course.done(ResumeStandIn)) plan.add(GiveSegment);
            plan.powerAfter(GiveSegment);
            break;
        case State::PreparingSpare:
            plan.add(FencePower);
            addSparePreparation(plan, course);
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
            if (isTaken(course)) plan.add(PowerOffFailedSpare);
            break;
        case State::ColdPreparingSpare:
            plan.fences();
            if (mayRevive(course)) plan.add(ReviveStandIn);
            addSparePreparation(plan, course);
            break;
        case State::ColdStartingSpare:
            plan.fences();
            addColdStart(plan, course);
            break;
        case State::ColdGivingSegment:
            // Where the switch keeps it away it is stopped later: until the spare has the segment, it is all there is.
            if (stand_in_left_over && course.observation().server.fence_policy == FencePolicy::Power)
                plan.add(StopStandIn);
            if (!isFenced(operation, course.observation().server)) {
                plan.fences();
            } else if (standInIsOutOfTheWay(course)) {
                plan.add(FencePower).add(GiveSegmentToSpare);
            }
            break;
        case State::ColdLeavingSpare:
            plan.fences();
            if (mayRevive(course)) plan.add(ReviveStandIn);
            if (isTaken(course)) plan.add(PowerOffFailedSpare);
            break;
        case State::Settling:
            plan.add(FencePower);
            if (operation.cold && course.find(ReviveStandIn) != nullptr) plan.add(StopStandIn);
            break;
        case State::Succeeded:  // beside the operation's rest: nobody waits for clients that keep connections open
            if (course.find(HoldRequests) != nullptr) plan.add(RetireHolder);
            if (course.find(FreezeStandIn) != nullptr) plan.add(RetireStandIn);
            break;
        case State::Closing:
            if (keepsStandIn(operation, course.observation().server)) {
                plan.add(KeepStandIn);
            } else if (!operation.stand_in.empty()) {
                plan.add(DeleteStandIn);
            }
            break;
        default:
            break;
    }
}

void planImage(Plan& plan, const Course& course) {
    const Operation& operation = course.operation();
    const bool restart = course.observation().capture_way == CaptureWay::Restart;
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

std::vector<StepId> plan(const Course& course) {
    Plan plan(course);
    const Operation& operation = course.operation();
    if (operation.kind == OperationKind::Failover) {
        planFailover(plan, course);
    } else {
        planImage(plan, course);
    }
    std::vector<StepId> steps = plan.take();
    for (const Note& note : operation.notes) steps.push_back({TellOperator, note.topic});
    return steps;
}

}  // namespace standin::domain
