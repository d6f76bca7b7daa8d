#include "coordinator/engine/conductor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/base/text.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/domain/recover.hpp"
#include "coordinator/domain/spare/restore_need.hpp"
#include "coordinator/journal/operation_json.hpp"

namespace standin::engine {

using domain::Operation;
using domain::Step;
using domain::StepState;
using nlohmann::json;

Conductor::Conductor(const Inventory& inventory, const Drivers& drivers, journal::Journal& journal, Executor& executor,
                     const base::Clock& clock, EventSink& events, base::Log log, const EngineSettings& settings,
                     StatusBoard& board, Deliver deliver)
    : inventory_(inventory),
      drivers_(drivers),
      journal_(journal),
      executor_(executor),
      clock_(clock),
      events_(events),
      log_(std::move(log)),
      settings_(settings),
      board_(board),
      deliver_(std::move(deliver)),
      timeline_(clock) {}

base::Result<void> Conductor::recover() {
    auto contents = journal_.open();
    if (!contents) return base::failure(contents.error());
    leader_ = {contents->epoch, contents->instance};
    last_operation_ = contents->last_operation;
    table_.restore(std::move(contents->rows), std::move(contents->leases));
    for (const auto& [name, spare] : inventory_.spares) {
        if (table_.lease(name) == nullptr) free_spares_.emplace(name, &spare);
    }
    placements_ = std::move(contents->placements);
    maintenance_ = std::move(contents->maintenance);
    adoption_ = std::move(contents->adoption);
    recoverReturns();
    const auto moment = now();
    for (auto& operation : contents->operations) {
        if (inventory_.servers.count(operation.server) == 0) {
            log_.warning("operation {} is about server '{}', which is not configured any more; it is left as it is",
                         operation.id, operation.server.text());
            continue;
        }
        if (!operation.spare.empty() && inventory_.spares.count(operation.spare) == 0 && domain::isOpen(operation)) {
            return base::failure(
                base::ErrorCode::InvalidInput,
                fmt::format("operation {} uses spare '{}', which is not configured any more; put it back into the "
                            "configuration until the operation has ended",
                            operation.id, operation.spare.text()));
        }
        domain::recover(operation, observe(operation), moment);
        recorder_.recovered(operation.id, contents->next_lines[operation.id], moment);
        board_.post(operation);
        if (operation.state != domain::State::Closed) touched_.insert(operation.id);
        noteRestore(operation);
        noteEnd(operation);
        operations_of_[operation.server].insert(operation.id);
        operations_[operation.id] = std::move(operation);
    }
    recoverClaims();
    recoverCrashes(std::move(contents->crashes));
    recoverUnreadable(contents->unreadable);
    board_.setLeader(leader_);
    board_.setAdoption(adoption_);
    board_.post(table_);
    board_.post(placements_);
    board_.post(maintenance_);
    log_.note(
        "epoch {}; {} operations are open", leader_.epoch,
        std::count_if(operations_.begin(), operations_.end(), [](const auto& entry) { return isOpen(entry.second); }));
    if (adoption_.observing) {
        const auto sentence = domain::observedOnly(adoption_, {});
        log_.warning("{}", sentence);
        drivers_.notifier->notify({drivers::Notification::Kind::Warning, {}, {}, sentence});
    }
    beginFirstLook();
    handle({});
    return {};
}

void Conductor::handle(std::vector<Input> inputs) {
    if (!leads()) return turnAway(inputs);
    endFirstLook();
    for (Input& input : inputs) take(input);
    if (leads()) lookAfterAttempts();
    if (leads()) settleClaims();
    const auto moment = now();
    while (const auto due = timers_.takeDue(moment)) touched_.insert(*due);
    for (const auto id : std::exchange(touched_, {})) {
        if (leads()) advanceContained(id);
    }
    if (leads()) giveTurns();
    finishBatch();
}

/// What one of them throws is its own; the others are taken.
void Conductor::take(Input& input) {
    if (auto* outcome = std::get_if<StepOutcome>(&input)) {
        return contain(outcome->operation, [&] { takeOutcome(*outcome); });
    }
    const auto* report = std::get_if<ReportInput>(&input);
    try {
        if (report != nullptr) {
            takeReport(*report);
        } else {
            replies_.push_back(std::get<Request>(input)(*this));
        }
    } catch (const std::exception& exception) {
        const auto problem =
            fmt::format("{} could not be handled: {}",
                        report != nullptr ? "a failure report of server '" + report->report.server.text() + "'"
                                          : std::string("a request"),
                        base::oneLine(exception.what()));
        lines_.push_back({base::LogLevel::Error, problem});
        if (report == nullptr) return;  // who has asked is told by the end of the request
        drivers_.notifier->notify({drivers::Notification::Kind::NeedsOperator,
                                   {},
                                   report->report.server.text(),
                                   problem + "; look after the server's job by hand, and report this as a defect"});
        if (report->reply) report->reply(base::failure(base::ErrorCode::Internal, problem));
    }
}

void Conductor::advanceContained(domain::OperationId id) {
    if (set_aside_.count(id) == 0) contain(id, [&] { advance(id); });
}

void Conductor::takeOutcome(StepOutcome& outcome) {
    if (outcome.report.error.code == base::ErrorCode::StaleEpoch) return depose(outcome.report.message);
    const bool expected = attempts_.end(outcome.sequence);
    endPowerOn(outcome.operation, outcome.step);
    if (expected) return takeReported(outcome);
    log_.note("operation {}: {} reported after it was given up, and that is not used: {}", outcome.operation,
              nameOf(outcome.step.name), outcome.report.message);
}

void Conductor::takeReported(StepOutcome& outcome) {
    auto found = operations_.find(outcome.operation);
    if (found == operations_.end()) return;
    Operation& operation = found->second;
    touched_.insert(operation.id);
    if (!domain::isUnderWay(operation, outcome.step, outcome.attempt)) return;  // decided otherwise meanwhile
    take(operation, outcome.step, outcome.report, timeline_.at(outcome.ended));
}

void Conductor::take(Operation& operation, const domain::StepId& id, const StepReport& report, base::WallTime ended) {
    const Step& before = *operation.find(id);
    const double percent_before = before.percent;
    if (recorder_.keeps()) recorder_.report(operation, {id, before.attempts, report, ended}, ended);
    domain::applyReport(operation, id, report, ended);
    const Step& step = *operation.find(id);
    if (step.state != StepState::Polling || step.percent - percent_before >= 1) publishStep(operation, step);
    dirty_.insert(operation.id);
}

bool Conductor::accept(Operation& operation, domain::Event event, const std::string& why, bool discard_data) {
    const auto moment = now();
    auto decision = domain::accept(operation, event, why, moment);
    if (!decision) return false;
    recorder_.event(operation, {event, why, decision->changes, discard_data}, moment);
    if (discard_data) decision->after.discard_data = true;
    operation = std::move(decision->after);
    takeBack(operation.id);
    changed(operation, decision->changes);
    touched_.insert(operation.id);
    return true;
}

void Conductor::takeReport(const ReportInput& input) {
    if (first_look_.segments.count(input.report.server) > 0) return first_look_.reports.push_back(input);
    const auto outcome = report(input.report);
    if (!input.reply) return;
    replies_.push_back([reply = input.reply, outcome](const base::Result<void>& durable) {
        if (durable) {
            reply(outcome);
        } else {
            reply(base::failure(durable.error()));
        }
    });
}

void Conductor::advance(domain::OperationId id) {
    auto found = operations_.find(id);
    if (found == operations_.end()) return;
    Operation& operation = found->second;
    // Steps that the journal itself carries out have their outcome at once: ask again.
    for (bool again = true; again;) {
        again = false;
        const auto moment = now();
        const auto& observation = observe(operation);
        const auto before = recorder_.wantsWhole(id) ? std::optional(operation) : std::nullopt;
        const auto verdict = domain::decideOn(operation, observation, moment);
        recorder_.decided(before ? *before : operation, observation, verdict, moment);
        changed(operation, verdict.changes);
        timers_.erase(id);
        if (const auto* start = std::get_if<domain::Start>(&verdict.action)) {
            for (const auto& request : start->steps) again = begin(operation, request) || again;
            if (start->next) timers_.set(id, *start->next);
        } else if (const auto* wait = std::get_if<domain::Wait>(&verdict.action)) {
            if (wait->until) timers_.set(id, *wait->until);
        }
    }
    noteRestore(operation);
    noteCapture(operation);
}

void Conductor::noteCapture(const Operation& operation) {
    const auto need = inventory_.capture_way == domain::CaptureWay::Restart ? domain::captureNeedOf(operation)
                                                                            : domain::CaptureNeed::None;
    if (need == domain::CaptureNeed::None) return capture_turns_.leave(operation.id);
    const auto& server = inventory_.servers.at(operation.server);
    const RestoreScheduler::Claim claim{0, operation.opened_at, operation.id};
    if (need == domain::CaptureNeed::UnderWay) return capture_turns_.restore(server.image_store, claim);
    if (capture_turns_.hasTurn(operation.id)) return;
    if (!capture_turns_.before(operation.id)) wait_for_turn_.insert(operation.id);
    capture_turns_.wait(server.image_store, claim);
}

void Conductor::noteRestore(const Operation& operation) {
    const auto need = domain::restoreNeedOf(operation);
    if (need == domain::RestoreNeed::None) {
        restore_turns_.leave(operation.id);
        return;
    }
    const auto& server = inventory_.servers.at(operation.server);
    const RestoreScheduler::Claim claim{server.priority, operation.failure_at, operation.id};
    if (need == domain::RestoreNeed::UnderWay) {
        restore_turns_.restore(server.image_store, claim);
    } else if (!restore_turns_.hasTurn(operation.id)) {
        if (!restore_turns_.before(operation.id)) wait_for_turn_.insert(operation.id);
        restore_turns_.wait(server.image_store, claim);
    }
}

/// After everything that this batch is about: so the most urgent of them comes first.
void Conductor::giveTurns() {
    for (auto turns = restore_turns_.give(); !turns.empty(); turns = restore_turns_.give()) {
        for (const auto id : turns) advanceContained(id);
    }
    for (auto turns = capture_turns_.give(); !turns.empty(); turns = capture_turns_.give()) {
        for (const auto id : turns) advance(id);
    }
    for (const auto id : std::exchange(wait_for_turn_, {})) tellWaiting(id);
}

void Conductor::tellWaiting(domain::OperationId id) {
    const auto& operation = operations_.at(id);
    const auto tell = [&](domain::StepName step, const std::string& subject, const std::string& sentence) {
        publish("step", operation,
                fmt::format("{} {}: {} '{}' {}", nameOf(operation.kind), id, nameOf(step), subject, sentence), "");
    };
    if (const auto before = restore_turns_.before(id))
        tell(domain::StepName::RestoreSpare, operation.spare.text(), RestoreQueue::sentence(*before));
    if (const auto before = capture_turns_.before(id))
        tell(domain::StepName::StopServer, operation.server.text(), RestoreQueue::sentence(*before, "capture"));
}

/// True if the step has its outcome already.
bool Conductor::begin(Operation& operation, const domain::StepRequest& request) {
    // Before the holder's back leg is the stand-in's, it is durable that the spare's quarantine has to be ordered anew.
    if (!request.poll || request.id.name == domain::StepName::ReviveStandIn) {
        must_commit_ = true;
        dirty_.insert(operation.id);
    }
    if (request.id.name == domain::StepName::LeaseSpare) {
        leaseSpare(operation, request.id);
        return true;
    }
    starts_.emplace_back(operation.id, request);
    return false;
}

void Conductor::changed(Operation& operation, const std::vector<domain::Change>& changes) {
    for (const auto& change : changes) {
        apply(operation, change);
        const std::string line = fmt::format("{} {}: '{}' -> '{}' ({})", nameOf(operation.kind), operation.id,
                                             nameOf(change.from), nameOf(change.to), change.why);
        lines_.push_back({base::LogLevel::Notice, line});
        const auto data = [&change] {
            return json{{"from", nameOf(change.from)},
                        {"to", nameOf(change.to)},
                        {"event", nameOf(change.event)},
                        {"why", change.why}};
        };
        publish("state", operation, line, events_.wantsData() ? protocol::jsonText(data()) : "");
        must_commit_ = true;
        dirty_.insert(operation.id);
    }
}

}  // namespace standin::engine
