#include "coordinator/engine/recorder.hpp"

namespace standin::engine {

using domain::Operation;
using domain::RecordLine;
using domain::ReportTaken;
using domain::StepReport;
using domain::WholeOperation;

namespace {

/// The later one makes the earlier one worthless: a poll overwrites what the last one said; an attempt that failed as
/// the one before adds its number only.
bool isAlike(const ReportTaken& earlier, const ReportTaken& later) {
    const auto& a = earlier.report;
    const auto& b = later.report;
    if (earlier.step != later.step || a.kind != b.kind || a.found != b.found) return false;
    if (a.kind == StepReport::Kind::Pending) return true;
    return a.kind == StepReport::Kind::Failed && a.error.code == b.error.code && a.message == b.message;
}

}  // namespace

void Recorder::recovered(domain::OperationId id, std::uint32_t next_line, base::WallTime at) {
    auto& progress = progress_[id];
    progress.next = next_line;
    progress.whole_due = WholeOperation::Because::Recovered;
    progress.whole_at = at;
}

void Recorder::write(domain::OperationId id, OperationProgress& progress, RecordLine line) {
    auto& page = pages_[id];
    while (!page.lines.empty() && page.lines.back().number >= line.number) page.lines.pop_back();
    page.replaces = page.replaces || (page.lines.empty() && line.number < progress.next);
    progress.next = line.number + 1;
    page.lines.push_back(std::move(line));
}

void Recorder::append(domain::OperationId id, OperationProgress& progress, decltype(RecordLine::what) what,
                      base::WallTime at) {
    write(id, progress, {progress.next, at, std::move(what)});
}

void Recorder::settle(domain::OperationId id, OperationProgress& progress) {
    if (!progress.held) return;
    auto line = *std::exchange(progress.held, std::nullopt);
    write(id, progress, std::move(line));
}

void Recorder::settle(domain::OperationId id) {
    if (auto found = progress_.find(id); found != progress_.end()) settle(id, found->second);
}

bool Recorder::wantsWhole(domain::OperationId id) const {
    if (!keeps_) return false;
    const auto found = progress_.find(id);
    return found == progress_.end() || isWholeDue(found->second);
}

/// Makes sure that there is a whole operation to go on from.
Recorder::OperationProgress& Recorder::begin(const Operation& operation, base::WallTime at) {
    OperationProgress& progress = progress_[operation.id];
    if (!isWholeDue(progress)) return progress;
    settle(operation.id, progress);
    const auto because = std::exchange(progress.whole_due, std::nullopt).value_or(WholeOperation::Because::Continued);
    if (because == WholeOperation::Because::Recovered) at = progress.whole_at;
    progress.whole = progress.next;
    progress.circumstances.reset();
    progress.server.reset();
    progress.tail.reset();
    const auto server = inventory_.servers.find(operation.server);  // one that is gone must not keep the record back
    append(operation.id, progress,
           WholeOperation{because, operation, server == inventory_.servers.end() ? domain::Server{} : server->second,
                          inventory_.capture_way, STANDIN_VERSION},
           at);
    return progress;
}

void Recorder::report(const Operation& operation, ReportTaken taken, base::WallTime at) {
    if (!keeps_) return;
    const auto id = operation.id;
    OperationProgress* progress = &progress_[id];
    if (progress->tail && progress->tail->asked_again && isAlike(progress->tail->taken, taken)) {
        const auto& earlier = progress->tail->taken;
        taken.alike = earlier.alike + 1;
        taken.first_ended = earlier.alike > 0 ? earlier.first_ended : earlier.ended;
        progress->held.reset();
        progress->tail->taken = taken;
        progress->tail->asked_again = false;
        write(id, *progress, {progress->tail->number, at, std::move(taken)});
        return;
    }
    progress = &begin(operation, at);
    settle(id, *progress);
    progress->tail = Tail{progress->next, taken, false};
    append(id, *progress, std::move(taken), at);
}

/// Leaves out what the reader of the record knows already.
void Recorder::shorten(OperationProgress& progress, std::optional<domain::RecordedOutcome>& outcome) {
    if (!outcome) return;
    auto after = *outcome->after;
    if (outcome->before == after) outcome->after.reset();
    if (outcome->before == progress.server) outcome->before.reset();
    progress.server = std::move(after);
}

void Recorder::event(const Operation& operation, domain::EventAccepted accepted, base::WallTime at) {
    if (!keeps_) return;
    OperationProgress& progress = begin(operation, at);
    settle(operation.id, progress);
    progress.tail.reset();
    shorten(progress, accepted.outcome);
    append(operation.id, progress, std::move(accepted), at);
}

void Recorder::confirmed(const Operation& operation, const std::string& asked_by, base::WallTime at) {
    if (!keeps_) return;
    OperationProgress& progress = begin(operation, at);
    settle(operation.id, progress);
    progress.tail.reset();
    append(operation.id, progress, domain::FenceConfirmed{asked_by}, at);
}

void Recorder::setAside(const Operation& operation, domain::SetAside set_aside, base::WallTime at) {
    if (!keeps_) return;
    OperationProgress& progress = begin(operation, at);
    settle(operation.id, progress);
    progress.tail.reset();
    append(operation.id, progress, std::move(set_aside), at);
}

void Recorder::decided(const Operation& operation, const domain::Observation& observation,
                       const domain::Verdict& verdict, std::optional<domain::RecordedOutcome> outcome,
                       base::WallTime at) {
    if (!keeps_) return;
    domain::Decided line{{}, verdict.changes, domain::startsOf(verdict), std::move(outcome)};
    if (line.changes.empty() && line.starts.empty()) return;
    OperationProgress* progress = &progress_[operation.id];
    auto circumstances = domain::circumstancesOf(observation);
    const bool same = progress->circumstances == circumstances;
    if (progress->tail && !progress->tail->asked_again && same && line.changes.empty() && line.starts.size() == 1 &&
        line.starts.front().id == progress->tail->taken.step) {
        progress->tail->asked_again = true;
        if (line.starts.front().poll) {
            progress->held = RecordLine{progress->next, at, std::move(line)};
        } else {
            append(operation.id, *progress, std::move(line), at);
        }
        return;
    }
    progress = &begin(operation, at);
    settle(operation.id, *progress);
    progress->tail.reset();
    if (progress->circumstances != circumstances) {
        progress->circumstances = circumstances;
        line.circumstances = std::move(circumstances);
    }
    shorten(*progress, line.outcome);
    append(operation.id, *progress, std::move(line), at);
}

}  // namespace standin::engine
