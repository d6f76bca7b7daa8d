#include "coordinator/domain/step_report.hpp"

#include "agent/base/timestamp.hpp"
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

namespace {

/// How long nobody has answered, or how often somebody has said no.
void countInVain(Step& step, const StepReport& report, base::WallTime ended, const AlikeBefore& before) {
    const bool failed = report.kind == StepReport::Kind::Failed;
    const bool silent = failed && base::isTransient(report.error.code);
    step.refusals = failed && !silent ? step.refusals + before.number + 1 : 0;
    if (!silent) {
        step.silent_since = {};
    } else if (step.silent_since == base::WallTime{}) {
        step.silent_since = before.number > 0 ? before.first_ended : ended;
    }
}

/// From its start until it first answered: asked again, for another handover or after a retry, it boots no second time.
void measureBoot(const Operation& operation, Step& probed, base::WallTime ended) {
    constexpr const char* boot = "boot";
    constexpr const char* boot_number = "boot_number";
    const Step* start = operation.find(StepName::StartSpare, probed.id.subject);
    if (start == nullptr) return;
    const auto known = probed.phases_ms.find(boot_number);
    if (known != probed.phases_ms.end() && known->second == start->plans) return;
    probed.phases_ms[boot] = base::milliseconds(ended - start->first_started);
    probed.phases_ms[boot_number] = start->plans;
}

/// What is asked again and again says each time what is so now.
void takeEvidence(Step& step, const StepReport& report, base::WallTime ended) {
    if (isEvidence(step.id.name)) {
        step.finding = report.finding;
        step.phases_ms = report.phases_ms;
    }
    // Time in which nobody could ask the stand-in is not the stand-in's.
    if (step.id.name == StepName::ResumeStandIn) {
        step.finding = report.finding;
        if (report.finding == Finding::Unled) step.patience_from = ended;
    }
}

}  // namespace

void applyReport(Operation& operation, const StepId& id, const StepReport& report, base::WallTime ended,
                 const AlikeBefore& before) {
    Step& step = operation.at(id);
    countInVain(step, report, ended, before);
    step.ended = ended;
    step.duration_ms = base::milliseconds(ended - step.first_started);
    step.message = report.message;
    switch (report.kind) {
        case StepReport::Kind::Done:
            step.state = StepState::Done;
            step.percent = 100;
            step.finding = report.finding;
            if (id.name != StepName::ProbeSpare) step.phases_ms.clear();
            for (const auto& [part, took] : report.phases_ms) step.phases_ms[part] = took;
            if (id.name == StepName::ProbeSpare) measureBoot(operation, step, ended);
            break;
        case StepReport::Kind::Pending:
            step.state = StepState::Polling;
            step.percent = report.percent;
            takeEvidence(step, report, ended);
            break;
        case StepReport::Kind::Failed:
            step.state = report.error.code == base::ErrorCode::TimedOut ? StepState::Unknown : StepState::Failed;
            step.error = report.error.code;
            step.finding = report.finding;
            break;
    }
    // Whether a stand-in waits for the back leg is a matter of the last report alone.
    if (!report.found.empty() || id.name == StepName::ReviveStandIn || isEvidence(id.name)) step.found = report.found;
    const bool gives = id.name == StepName::GiveSegment || id.name == StepName::GiveSegmentToSpare;
    if (gives && step.state == StepState::Done && operation.new_owner_at == base::WallTime{})
        operation.new_owner_at = ended;
    if (id.name == StepName::StartStandIn && step.state == StepState::Done) {
        operation.new_stand_in_port = base::PortName(step.found);
    }
    const bool tells_age = id.name == StepName::CheckCapacity || id.name == StepName::CaptureImage;
    if (tells_age && step.state == StepState::Done && !report.found.empty()) {
        const auto at = base::parseTimestamp(report.found);
        if (at) operation.image_at = *at;  // an age that nobody can read is not known
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
