#include "coordinator/engine/phases.hpp"

namespace standin::engine {

namespace {

using domain::Operation;
using domain::Step;
using domain::StepName;
using domain::StepState;

const Step* doneStep(const Operation& operation, StepName name) {
    const Step* found = nullptr;
    for (const Step& step : operation.steps) {
        if (step.id.name == name && step.state == StepState::Done) found = &step;
    }
    return found;
}

std::optional<double> between(const Step* from, const Step* to) {
    if (from == nullptr || to == nullptr) return std::nullopt;
    return base::milliseconds(to->ended - from->first_started);
}

}  // namespace

std::map<std::string, double> phasesOf(const Operation& operation) {
    std::map<std::string, double> phases;
    auto put = [&phases](const char* phase, std::optional<double> value) {
        if (value) phases[phase] = *value;
    };
    auto putDuration = [&](const char* phase, StepName name) {
        if (const Step* step = doneStep(operation, name)) phases[phase] = step->duration_ms;
    };
    auto putPart = [&](const char* phase, StepName name, const char* part) {
        const Step* step = doneStep(operation, name);
        if (step == nullptr) return;
        auto found = step->phases_ms.find(part);
        if (found != step->phases_ms.end()) phases[phase] = found->second;
    };
    if (operation.kind != domain::OperationKind::Failover) return phases;
    if (operation.detect_ms > 0) phases["detect"] = operation.detect_ms;
    putDuration("fence_port", StepName::FencePort);
    putDuration("fence_power", StepName::FencePower);
    putPart("resume", StepName::ResumeStandIn, "resume");
    putPart("first_answer", StepName::ResumeStandIn, "first_answer");
    const StepName giving = operation.cold ? StepName::GiveSegmentToSpare : StepName::GiveSegment;
    putDuration("segment", giving);
    putPart("announce", giving, "announce");
    putDuration("restore", StepName::RestoreSpare);
    put("spare_boot", between(doneStep(operation, StepName::StartSpare), doneStep(operation, StepName::ProbeSpare)));
    put("hold", between(doneStep(operation, StepName::HoldRequests), doneStep(operation, StepName::ReleaseHeld)));
    putDuration("drain", StepName::DrainStandIn);
    if (!operation.cold) {
        put("handover",
            between(doneStep(operation, StepName::HoldRequests), doneStep(operation, StepName::GiveSegmentToSpare)));
    }
    return phases;
}

std::optional<double> takeoverMs(const Operation& operation) {
    const Step* given = doneStep(operation, operation.cold ? StepName::GiveSegmentToSpare : StepName::GiveSegment);
    if (given == nullptr) return std::nullopt;
    return base::milliseconds(given->ended - operation.failure_at);
}

}  // namespace standin::engine
