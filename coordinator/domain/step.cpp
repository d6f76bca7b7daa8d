#include "coordinator/domain/step.hpp"

#include "coordinator/domain/named.hpp"

namespace standin::domain {

namespace {

constexpr Names<StepName, 40> steps{{
    {StepName::FencePort, "FencePort"},
    {StepName::FencePower, "FencePower"},
    {StepName::ResumeStandIn, "ResumeStandIn"},
    {StepName::ReviveStandIn, "ReviveStandIn"},
    {StepName::GiveSegment, "GiveSegment"},
    {StepName::LeaseSpare, "LeaseSpare"},
    {StepName::PowerOffSpare, "PowerOffSpare"},
    {StepName::ReleaseSpare, "ReleaseSpare"},
    {StepName::RestoreSpare, "RestoreSpare"},
    {StepName::IsolateSpare, "IsolateSpare"},
    {StepName::StartSpare, "StartSpare"},
    {StepName::ProbeSpare, "ProbeSpare"},
    {StepName::HoldRequests, "HoldRequests"},
    {StepName::DrainStandIn, "DrainStandIn"},
    {StepName::FreezeStandIn, "FreezeStandIn"},
    {StepName::StopStandIn, "StopStandIn"},
    {StepName::ReleaseHeld, "ReleaseHeld"},
    {StepName::GiveSegmentToSpare, "GiveSegmentToSpare"},
    {StepName::RetireHolder, "RetireHolder"},
    {StepName::RetireStandIn, "RetireStandIn"},
    {StepName::ReturnRequests, "ReturnRequests"},
    {StepName::GrowStandIn, "GrowStandIn"},
    {StepName::PowerOffFailedSpare, "PowerOffFailedSpare"},
    {StepName::CheckCapacity, "CheckCapacity"},
    {StepName::MakeStandIn, "MakeStandIn"},
    {StepName::IsolateStandIn, "IsolateStandIn"},
    {StepName::StartStandIn, "StartStandIn"},
    {StepName::ProbeStandIn, "ProbeStandIn"},
    {StepName::SuspendStandIn, "SuspendStandIn"},
    {StepName::AdoptStandIn, "AdoptStandIn"},
    {StepName::DeleteStandIn, "DeleteStandIn"},
    {StepName::DeleteOldStandIn, "DeleteOldStandIn"},
    {StepName::KeepStandIn, "KeepStandIn"},
    {StepName::ClearSegment, "ClearSegment"},
    {StepName::StopServer, "StopServer"},
    {StepName::CaptureImage, "CaptureImage"},
    {StepName::StartServer, "StartServer"},
    {StepName::CompareImages, "CompareImages"},
    {StepName::DiscardImage, "DiscardImage"},
    {StepName::TellOperator, "TellOperator"},
}};

constexpr Names<StepState, 6> step_states{{
    {StepState::Planned, "planned"},
    {StepState::Running, "running"},
    {StepState::Polling, "polling"},
    {StepState::Done, "done"},
    {StepState::Failed, "failed"},
    {StepState::Unknown, "unknown"},
}};

constexpr Names<Finding, 10> findings{{
    {Finding::None, "none"},
    {Finding::Beside, "beside"},
    {Finding::Instead, "instead"},
    {Finding::Same, "same"},
    {Finding::Differs, "differs"},
    {Finding::Unproved, "unproved"},
    {Finding::Between, "between"},
    {Finding::Untaken, "untaken"},
    {Finding::PowerCut, "power_cut"},
    {Finding::Unseen, "unseen"},
}};

}  // namespace

std::string_view nameOf(StepName step) {
    return nameIn(steps, step);
}
std::optional<StepName> stepFrom(std::string_view name) {
    return valueIn(steps, name);
}
std::string_view nameOf(StepState state) {
    return nameIn(step_states, state);
}
std::optional<StepState> stepStateFrom(std::string_view name) {
    return valueIn(step_states, name);
}
std::string_view nameOf(Finding finding) {
    return nameIn(findings, finding);
}
std::optional<Finding> findingFrom(std::string_view name) {
    return valueIn(findings, name);
}

}  // namespace standin::domain
