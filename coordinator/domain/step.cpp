#include "coordinator/domain/step.hpp"

#include "coordinator/domain/named.hpp"

namespace standin::domain {

namespace {

constexpr Names<StepState, 6> step_states{{
    {StepState::Planned, "planned"},
    {StepState::Running, "running"},
    {StepState::Polling, "polling"},
    {StepState::Done, "done"},
    {StepState::Failed, "failed"},
    {StepState::Unknown, "unknown"},
}};

constexpr Names<Finding, 19> findings{{
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
    {Finding::OtherMachine, "other_machine"},
    {Finding::Answers, "answers"},
    {Finding::Silent, "silent"},
    {Finding::NoCarrier, "no_carrier"},
    {Finding::Carrier, "carrier"},
    {Finding::Frames, "frames"},
    {Finding::Off, "off"},
    {Finding::On, "on"},
    {Finding::Unled, "unled"},
}};

}  // namespace

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
