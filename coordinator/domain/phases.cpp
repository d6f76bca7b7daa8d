#include "coordinator/domain/phases.hpp"

namespace standin::domain {

namespace {

/// Reads what the steps of one attempt have measured.
class Measured {
  public:
    explicit Measured(const Operation& operation) : operation_(operation) {}

    /// The last that is done, if that was in this attempt.
    [[nodiscard]] const Step* step(StepName name) const {
        const Step* found = nullptr;
        for (const Step& step : operation_.steps) {
            const bool is_done = step.id.name == name && step.state == StepState::Done;
            if (is_done && step.ended >= operation_.attempt_from) found = &step;
        }
        return found;
    }
    void duration(const char* phase, StepName name) {
        if (const Step* done = step(name)) phases[phase] = done->duration_ms;
    }
    void part(const char* phase, StepName name, const char* part_name) {
        const Step* done = step(name);
        if (done == nullptr) return;
        const auto found = done->phases_ms.find(part_name);
        if (found != done->phases_ms.end()) phases[phase] = found->second;
    }
    void between(const char* phase, StepName first, StepName last) {
        const Step* from = step(first);
        const Step* to = step(last);
        if (from != nullptr && to != nullptr && to->ended >= from->first_started)
            phases[phase] = base::milliseconds(to->ended - from->first_started);
    }

    std::map<std::string, double> phases;

  private:
    const Operation& operation_;
};

const Step* given(const Operation& operation) {
    const StepName giving = operation.cold ? StepName::GiveSegmentToSpare : StepName::GiveSegment;
    for (const Step& step : operation.steps) {
        if (step.id.name == giving && step.state == StepState::Done) return &step;
    }
    return nullptr;
}

}  // namespace

std::map<std::string, double> phasesOf(const Operation& operation) {
    if (operation.kind != OperationKind::Failover) return {};
    Measured measured(operation);
    const bool is_first = operation.attempt_from == base::WallTime{};
    if (is_first && operation.detect_ms > 0) measured.phases["detect"] = operation.detect_ms;
    measured.duration("fence_port", StepName::FencePort);
    measured.duration("fence_power", StepName::FencePower);
    measured.part("resume", StepName::ResumeStandIn, "resume");
    measured.part("first_answer", StepName::ResumeStandIn, "first_answer");
    const StepName giving = operation.cold ? StepName::GiveSegmentToSpare : StepName::GiveSegment;
    measured.duration("segment", giving);
    measured.part("announce", giving, "announce");
    measured.duration("restore", StepName::RestoreSpare);
    // A spare that is only probed again was not booted again.
    if (measured.step(StepName::StartSpare) != nullptr) measured.part("spare_boot", StepName::ProbeSpare, "boot");
    measured.between("hold", StepName::HoldRequests, StepName::ReleaseHeld);
    measured.duration("drain", StepName::DrainStandIn);
    if (!operation.cold) measured.between("handover", StepName::HoldRequests, StepName::GiveSegmentToSpare);
    return std::move(measured.phases);
}

std::optional<double> takeoverMs(const Operation& operation) {
    if (operation.new_owner_at != base::WallTime{})
        return base::milliseconds(operation.new_owner_at - operation.failure_at);
    // Journaled by a release that did not keep the moment.
    const Step* step = operation.past_attempts.empty() ? given(operation) : nullptr;
    if (step == nullptr) return std::nullopt;
    return base::milliseconds(step->ended - operation.failure_at);
}

}  // namespace standin::domain
