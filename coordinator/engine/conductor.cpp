#include "coordinator/engine/conductor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"
#include "coordinator/domain/notes.hpp"
#include "coordinator/domain/recover.hpp"
#include "coordinator/engine/missing_machine.hpp"

namespace standin::engine {

using Kind = drivers::Notification::Kind;

Conductor::Conductor(ConductorParts parts)
    : state_(std::move(parts), [this](const base::Error& problem) { drop(problem); }) {}

/// Everything that was gathered or waits is dropped here, and nowhere else.
void Conductor::drop(const base::Error& problem) {
    state_.batch.drop();
    state_.operations.drop();
    attempts_.drop();
    claims_.drop();
    startup_check_.drop(problem);
    returns_.drop(problem);
}

base::Result<void> Conductor::recover() {
    auto contents = state_.journal.open();
    if (!contents) return base::failure(contents.error());
    state_.leadership.begin({contents->epoch, contents->instance});
    state_.operations.restore(contents->last_operation);
    state_.spares.restore(std::move(contents->rows), std::move(contents->leases));
    state_.placements.restore(std::move(contents->placements));
    state_.maintenance.restore(std::move(contents->maintenance));
    state_.restraints.restore(std::move(contents->freeze));
    adoption_.restore(std::move(contents->adoption));
    returns_.recover();
    recover(std::move(contents->operations), contents->next_lines);
    claims_.recover();
    containment_.recover(std::move(contents->crashes));
    containment_.recover(contents->unreadable);
    announce();
    if (!adoption_.adoption().observing) startup_check_.begin(jobs_.serversWithTheirJobs());
    handle({});
    return {};
}

void Conductor::recover(std::vector<domain::Operation> operations,
                        const std::map<domain::OperationId, std::uint32_t>& next_lines) {
    const auto moment = now();
    for (auto& operation : operations) {
        const auto missing = missingMachineOf(operation, state_.inventory);
        if (!missing.empty() && !domain::isOpen(operation)) {
            state_.log.warning("operation {} is about {}, which is not configured any more; it is left as it is",
                               operation.id, missing);
            continue;
        }
        const bool is_known = state_.knows(operation.server);
        domain::recover(operation, is_known ? observer_.observe(operation) : domain::Observation(), moment);
        const auto line = next_lines.find(operation.id);
        state_.batch.recorder().recovered(operation.id, line == next_lines.end() ? 0 : line->second, moment);
        state_.board.post(operation);
        if (!missing.empty()) {
            containment_.setAsideWithout(missing, state_.operations.restore(std::move(operation)));
            continue;
        }
        const bool is_over = operation.state == domain::State::Closed || operation.state == domain::State::Cancelled;
        if (!is_over || domain::hasUnsentNote(operation)) state_.batch.touch(operation.id);
        turns_.noteRestore(operation);
        state_.restraints.note(operation);
        state_.operations.noteEnd(operation);
        state_.operations.restore(std::move(operation));
    }
}

/// To the board, the log and the operator: where the coordinator goes on from.
void Conductor::announce() {
    const auto& leader = state_.leadership.leader();
    const auto& adoption = adoption_.adoption();
    state_.board.setLeader(leader);
    state_.board.setAdoption(adoption);
    state_.board.setFreeze(state_.restraints.freeze());
    state_.board.post(state_.spares.table());
    state_.board.post(state_.placements.all());
    state_.board.post(state_.maintenance.all());
    const auto& operations = state_.operations.all();
    state_.log.note(
        "epoch {}; {} operations are open", leader.epoch,
        std::count_if(operations.begin(), operations.end(), [](const auto& entry) { return isOpen(entry.second); }));
    if (!adoption.observing) return;
    const auto sentence = domain::observedOnly(adoption, {});
    state_.log.warning("{}", sentence);
    state_.notify(Kind::Warning, {}, sentence);
}

void Conductor::handle(std::vector<Input> inputs) {
    if (!leads()) return turnAway(inputs);
    for (const auto& input : startup_check_.takeReports()) takeReport(input);
    for (Input& input : inputs) take(input);
    if (leads()) {
        attempts_.lookAfter();
        returns_.lookAfter();
    }
    if (leads()) claims_.settle();
    const auto moment = now();
    while (const auto due = state_.operations.timers().takeDue(moment)) state_.batch.touch(*due);
    const auto advance = [this](domain::OperationId id) { decisions_.advance(id); };
    const auto touched = state_.batch.takeTouched();
    if (leads()) std::for_each(touched.begin(), touched.end(), advance);
    if (leads()) turns_.give(advance);
    finishBatch();
}

/// An exception is the input's own; the others are taken.
void Conductor::take(Input& input) {
    if (auto* outcome = std::get_if<StepOutcome>(&input))
        return containment_.contain(outcome->operation, [&] { takeOutcome(*outcome); });
    const auto* report = std::get_if<ReportInput>(&input);
    try {
        if (report != nullptr) {
            takeReport(*report);
        } else {
            state_.batch.reply(std::get<Request>(input)(*this));
        }
    } catch (const std::exception& exception) {
        reportUnhandled(report, base::oneLine(exception.what()));
    }
}

void Conductor::reportUnhandled(const ReportInput* report, const std::string& why) {
    const auto server = report == nullptr ? std::string() : report->report.server.text();
    const auto problem =
        fmt::format("{} could not be handled: {}",
                    report == nullptr ? "a request" : "a failure report of server '" + server + "'", why);
    state_.batch.log(base::LogLevel::Error, problem);
    if (report == nullptr) return;  // the end of the request answers its caller
    state_.notify(Kind::NeedsOperator, server,
                  problem + "; look after the server's job by hand, and report this as a defect");
    if (report->reply) report->reply(base::failure(base::ErrorCode::Internal, problem));
}

void Conductor::takeOutcome(const StepOutcome& outcome) {
    if (outcome.report.error.code == base::ErrorCode::StaleEpoch) return depose(outcome.report.message);
    attempts_.take(outcome);
}

void Conductor::takeReport(const ReportInput& input) {
    if (startup_check_.holds(input)) return;
    const auto outcome = reports_.report(input.report);
    if (!input.reply) return;
    state_.batch.reply([reply = input.reply, outcome](const base::Result<void>& durable) {
        if (durable) {
            reply(outcome);
        } else {
            reply(base::failure(durable.error()));
        }
    });
}

void Conductor::finishBatch() {
    bool durable = leads();
    if (durable) {
        const auto done = state_.batch.commitIfDue(state_.operations);
        if (!done && done.error().code == base::ErrorCode::StaleEpoch) depose(done.error().message);
        durable = done.has_value();
    }
    turns_.post();
    if (durable) {
        if (!startup_check_.awaitsLeader()) {
            dispatch_.dispatchStarts();
            returns_.dispatch();
            claims_.dispatch();
        }
        state_.batch.emit();
    }
    state_.batch.answer(durable ? base::Result<void>() : base::failure(state_.leadership.problem()));
}

/// Requests that are dropped are answered by their senders' end.
void Conductor::turnAway(const std::vector<Input>& inputs) const {
    for (const auto& input : inputs) {
        const auto* report = std::get_if<ReportInput>(&input);
        if (report != nullptr && report->reply) report->reply(base::failure(state_.leadership.problem()));
    }
}

std::optional<base::WallTime> Conductor::nextWake() const {
    std::optional<base::WallTime> next;
    const auto also = [&next](std::optional<base::WallTime> at) {
        if (at && (!next || *at < *next)) next = at;
    };
    also(state_.operations.timers().next());
    also(state_.batch.flushAt());
    also(attempts_.next());
    also(startup_check_.ends(state_.batch.hasStarts()));
    // What could not be made durable is begun with the next commit.
    if (state_.batch.mustBeCommitted() || startup_check_.awaitsLeader()) return next;
    also(returns_.next());
    also(claims_.next());
    return next;
}

}  // namespace standin::engine
