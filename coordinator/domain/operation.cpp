#include "coordinator/domain/operation.hpp"

#include "coordinator/domain/named.hpp"
#include "coordinator/domain/phases.hpp"
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

/// More retries than anybody reads about; the first attempt and the newest ones are kept.
constexpr std::size_t most_past_attempts = 16;

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

const Step* Operation::find(StepName name, std::string_view subject) const {
    // What is asked for most is what was started last.
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        if ((*step)->id.name == name && (*step)->id.subject == subject) return &**step;
    }
    return nullptr;
}

Step& Operation::at(const StepId& step_id) {
    for (auto& step : steps) {
        if (step->id.name == step_id.name && step->id.subject == step_id.subject) return step.own();
    }
    Step& added = steps.emplace_back().own();
    added.id = step_id;
    return added;
}

void beginAttempt(Operation& operation, base::WallTime now) {
    auto& past = operation.past_attempts;
    if (past.size() >= most_past_attempts) past.erase(past.begin() + 1);
    past.push_back({operation.attempt_from, now, phasesOf(operation)});
    operation.attempt_from = now;
}

void addMessages(Operation& operation, const std::vector<std::string>& messages) {
    constexpr std::size_t most_messages = 64;  // of one failure; a BMC sends a handful
    for (const auto& message : messages) {
        if (operation.messages.size() < most_messages) operation.messages.push_back(message);
    }
}

bool isResting(State state) {
    return state == State::Succeeded || state == State::Failed || state == State::NeedsOperator ||
           state == State::Cancelled || state == State::Closed;
}

bool isOpen(const Operation& operation) {
    if (operation.kind == OperationKind::Failover)
        return operation.state != State::Closed && operation.state != State::Cancelled;
    return !isResting(operation.state);
}

}  // namespace standin::domain
