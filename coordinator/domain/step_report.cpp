#include "coordinator/domain/step_report.hpp"

#include "coordinator/domain/named.hpp"

namespace standin::domain {

namespace {

constexpr Names<StepReport::Kind, 3> report_kinds{{
    {StepReport::Kind::Done, "done"},
    {StepReport::Kind::Pending, "pending"},
    {StepReport::Kind::Failed, "failed"},
}};

}  // namespace

std::string_view nameOf(StepReport::Kind kind) {
    return nameIn(report_kinds, kind);
}
std::optional<StepReport::Kind> reportKindFrom(std::string_view name) {
    return valueIn(report_kinds, name);
}

bool isUnderWay(const Operation& operation, const StepId& step, unsigned attempt) {
    const Step* found = operation.find(step);
    return found != nullptr && found->state == StepState::Running && found->attempts == attempt;
}

void applyReport(Operation& operation, const StepId& id, const StepReport& report, base::WallTime ended) {
    Step& step = operation.at(id);
    step.ended = ended;
    step.duration_ms = base::milliseconds(ended - step.first_started);
    step.message = report.message;
    switch (report.kind) {
        case StepReport::Kind::Done:
            step.state = StepState::Done;
            step.percent = 100;
            step.finding = report.finding;
            step.phases_ms = report.phases_ms;
            break;
        case StepReport::Kind::Pending:
            step.state = StepState::Polling;
            step.percent = report.percent;
            break;
        case StepReport::Kind::Failed:
            step.state = report.error.code == base::ErrorCode::TimedOut ? StepState::Unknown : StepState::Failed;
            step.error = report.error.code;
            break;
    }
    if (!report.found.empty()) step.found = report.found;
    if (id.name == StepName::StartStandIn && step.state == StepState::Done) {
        operation.new_stand_in_port = base::PortName(step.found);
    }
}

void confirmPowerFence(Operation& operation, const std::string& asked_by, base::WallTime now) {
    Step& step = operation.at({StepName::FencePower, operation.server.text()});
    step.state = StepState::Done;
    step.found = asked_by;
    step.ended = now;
    if (step.attempts == 0) step.first_started = step.started = step.ended;
    step.message = "confirmed as off by " + asked_by;
}

}  // namespace standin::domain
