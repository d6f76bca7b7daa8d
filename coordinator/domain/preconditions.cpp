#include "coordinator/domain/preconditions.hpp"

#include <algorithm>

#include "coordinator/domain/fence.hpp"

namespace standin::domain {

namespace {

bool isDone(const Operation& operation, StepName name, const std::string& subject) {
    const Step* found = operation.find(name, subject);
    return found != nullptr && found->state == StepState::Done;
}

bool isSpareDone(const Operation& operation, StepName name) {
    return isDone(operation, name, operation.spare.text());
}

bool isLeased(const Operation& operation, const Observation& observation) {
    const auto& leased = observation.leased;
    return !operation.spare.empty() && std::find(leased.begin(), leased.end(), operation.spare) != leased.end();
}

constexpr auto not_fenced = "the server is not fenced as its policy demands";
constexpr auto not_leased = "the spare is not leased to this failover";
constexpr auto not_released = "a VM host may still use the spare";

}  // namespace

const char* mayFence(const Operation& operation, const Observation& /*observation*/) {
    return operation.confirmed ? nullptr : "the failure is not confirmed";
}

const char* mayGiveSegment(const Operation& operation, const Observation& observation) {
    if (!isFenced(operation, observation.server)) return not_fenced;
    if (!isDone(operation, StepName::ResumeStandIn, operation.stand_in.text())) return "the stand-in does not run";
    return nullptr;
}

const char* mayUnfencePort(const Operation& operation, const Observation& /*observation*/) {
    for (const auto& step : operation.steps) {
        const auto name = step->id.name;
        if (step->attempts == 0) continue;
        if (name == StepName::GiveSegment || name == StepName::GiveSegmentToSpare)
            return "somebody else may have the segment";
        if (name == StepName::FencePower) return "the server's power may be off";
    }
    return nullptr;
}

const char* mayGiveSegmentToSpare(const Operation& operation, const Observation& observation) {
    if (!isFenced(operation, observation.server)) return not_fenced;
    if (!isSpareDone(operation, StepName::ProbeSpare)) return "the spare's job does not answer";
    if (!isLeased(operation, observation)) return not_leased;
    return nullptr;
}

const char* mayWriteSpare(const Operation& operation, const Observation& observation) {
    if (const char* problem = maySwitchSpareOff(operation, observation)) return problem;
    return isSpareDone(operation, StepName::PowerOffSpare) ? nullptr : "the spare is not confirmed as off";
}

const char* mayStartSpare(const Operation& operation, const Observation& observation) {
    if (!isLeased(operation, observation)) return not_leased;
    return isSpareDone(operation, StepName::IsolateSpare) ? nullptr : "the spare is not in quarantine";
}

const char* maySwitchSpareOff(const Operation& operation, const Observation& observation) {
    if (!isLeased(operation, observation)) return not_leased;
    return isSpareDone(operation, StepName::ReleaseSpare) ? nullptr : not_released;
}

}  // namespace standin::domain
