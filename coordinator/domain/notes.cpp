#include "coordinator/domain/notes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/cancel/cancel_phase.hpp"
#include "coordinator/domain/end_note.hpp"
#include "coordinator/domain/spare/spare_phase.hpp"

namespace standin::domain {

void addNote(Operation& operation, const Note& note) {
    auto found = std::find_if(operation.notes.begin(), operation.notes.end(),
                              [&](const Note& other) { return other.topic == note.topic; });
    if (found == operation.notes.end()) {
        operation.notes.push_back(note);
        return;
    }
    *found = note;
    operation.at({StepName::TellOperator, note.topic}).state = StepState::Planned;
}

bool hasUnsentNote(const Operation& operation) {
    return std::any_of(operation.notes.begin(), operation.notes.end(), [&operation](const Note& note) {
        const Step* told = operation.find(StepName::TellOperator, note.topic);
        return told == nullptr || told->state != StepState::Done;
    });
}

void addEndNote(Operation& operation, const Observation* observation, base::WallTime now) {
    if (operation.kind == OperationKind::Failover && observation != nullptr &&
        (operation.state == State::Succeeded || operation.state == State::Failed)) {
        addNote(operation, failoverEndNote(operation, observation->server, now));
    } else if (operation.state == State::Cancelled) {
        addNote(operation, cancel::endNote(operation));
    } else if (operation.state == State::Succeeded) {
        addNote(operation, {"end",
                            Note::Level::Notice,
                            fmt::format("{} {} of server '{}' has ended normally: {}", nameOf(operation.kind),
                                        operation.id, operation.server.text(), operation.why),
                            {}});
    } else if (operation.state == State::Failed) {
        addNote(operation, {"end", Note::Level::Error,
                            fmt::format("{} {} of server '{}' failed: {}", nameOf(operation.kind), operation.id,
                                        operation.server.text(), operation.why),
                            "mend the cause, then request it again"});
    }
}

namespace {

bool isReported(const Operation& operation, std::string_view topic) {
    return std::any_of(operation.notes.begin(), operation.notes.end(),
                       [topic](const Note& note) { return note.topic == topic; });
}

/// The port fence suffices to go on, but a server whose power could not be read back as off needs eyes (rule 6).
void noteUnconfirmedPower(Operation& operation, const Observation& observation, base::WallTime now) {
    const OperationProgress progress(operation, observation, now);
    if (operation.kind != OperationKind::Failover || !progress.gaveUp(StepName::FencePower)) return;
    if (isReported(operation, "power_unconfirmed")) return;
    addNote(operation, {"power_unconfirmed", Note::Level::Warning,
                        fmt::format("the power of server '{}' could not be confirmed as off: {}; only its switch port "
                                    "keeps it off the segment",
                                    operation.server.text(), progress.problemOf(StepName::FencePower)),
                        fmt::format("cut the power of server '{}' by hand, then: standinctl operation confirm-fence {}",
                                    operation.server.text(), operation.id)});
}

/// The job answers, and may give or write wrong times.
void noteClock(Operation& operation, const Observation& observation, base::WallTime now) {
    const OperationProgress progress(operation, observation, now);
    if (operation.kind != OperationKind::Failover || !progress.done(StepName::ResumeStandIn)) return;
    const std::string& problem = progress.find(StepName::ResumeStandIn)->found;
    if (problem.empty() || isReported(operation, "clock_not_set")) return;
    addNote(operation, {"clock_not_set", Note::Level::Warning,
                        fmt::format("stand-in '{}' got the segment before its clock was known to be right: {}",
                                    operation.stand_in.text(), problem),
                        fmt::format("compare its clock; install and start qemu-guest-agent in server '{}', then: "
                                    "standinctl refresh {}",
                                    operation.server.text(), operation.server.text())});
}

/// Beside the end: what is left running or suspended on the VM host is reported, with what to do.
void noteStandInNotRetired(Operation& operation, const Observation& observation, base::WallTime now) {
    const OperationProgress progress(operation, observation, now);
    if (operation.state != State::Succeeded || !progress.gaveUp(StepName::RetireStandIn)) return;
    if (isReported(operation, "stand_in_not_retired")) return;
    addNote(
        operation,
        {"stand_in_not_retired", Note::Level::Warning,
         fmt::format("stand-in '{}', which has handed its job over, could not be shut down: {}; the switch keeps it "
                     "in quarantine",
                     operation.stand_in.text(), progress.problemOf(StepName::RetireStandIn)),
         fmt::format("look after VM host '{}'; closing the failover deletes the stand-in: standinctl operation "
                     "close {}",
                     observation.server.vm_host.text(), operation.id)});
}

}  // namespace

void addNotesBeside(Operation& operation, const Observation& observation, base::WallTime now) {
    noteUnconfirmedPower(operation, observation, now);
    if (const auto note = spare::onlyStandInNote(OperationProgress(operation, observation, now)))
        addNote(operation, *note);
    noteClock(operation, observation, now);
    noteStandInNotRetired(operation, observation, now);
    if (const auto note = troubleNote(OperationProgress(operation, observation, now))) addNote(operation, *note);
}

}  // namespace standin::domain
