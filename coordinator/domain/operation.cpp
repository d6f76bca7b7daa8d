#include "coordinator/domain/operation.hpp"

#include <algorithm>

#include "coordinator/domain/named.hpp"
#include "coordinator/domain/placement.hpp"

namespace standin::domain {

namespace {

constexpr Names<Note::Level, 3> levels{{
    {Note::Level::Notice, "notice"},
    {Note::Level::Warning, "warning"},
    {Note::Level::Error, "error"},
}};

constexpr Names<Placement::On, 4> places{{
    {Placement::On::Server, "server"},
    {Placement::On::Nobody, "nobody"},
    {Placement::On::StandIn, "stand_in"},
    {Placement::On::Spare, "spare"},
}};

}  // namespace

std::string_view nameOf(Note::Level level) {
    return nameIn(levels, level);
}
std::optional<Note::Level> noteLevelFrom(std::string_view name) {
    return valueIn(levels, name);
}
std::string_view nameOf(Placement::On on) {
    return nameIn(places, on);
}
std::optional<Placement::On> placementFrom(std::string_view name) {
    return valueIn(places, name);
}

const Step* Operation::find(const StepId& step_id) const {
    auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.id == step_id; });
    return found == steps.end() ? nullptr : &*found;
}

Step& Operation::at(const StepId& step_id) {
    auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.id == step_id; });
    if (found != steps.end()) return *found;
    steps.push_back(Step{});
    steps.back().id = step_id;
    return steps.back();
}

bool isResting(State state) {
    return state == State::Succeeded || state == State::Failed || state == State::NeedsOperator ||
           state == State::Closed;
}

bool isOpen(const Operation& operation) {
    if (operation.kind == OperationKind::Failover) return operation.state != State::Closed;
    return !isResting(operation.state);
}

}  // namespace standin::domain
