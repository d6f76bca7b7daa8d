#include "coordinator/engine/batch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/protocol/json_text.hpp"
#include "coordinator/engine/operations.hpp"
#include "coordinator/journal/operation_json.hpp"

namespace standin::engine {

using Kind = drivers::Notification::Kind;

namespace {

/// Long enough that outcomes of one burst share a commit, short enough that nobody misses them after a crash.
constexpr std::chrono::milliseconds flush_after{250};
/// A journal that could not be written is tried again this often: a file system that was full does not fill up again at
/// once.
constexpr std::chrono::milliseconds commit_again_after{1000};

}  // namespace

void Batch::leave(domain::OperationId id) {
    std::erase_if(starts_, [id](const auto& start) { return start.operation == id; });
    std::erase_if(begun_, [id](const auto& begun) { return begun.operation == id; });
    touched_.erase(id);
}

void Batch::mustCommitSoon() {
    mustCommit();
    flush_at_ = context_.now();
}

void Batch::audit(const std::string& who, const std::string& what, const std::string& outcome) {
    entry().audit.push_back({0, context_.now(), who, what, outcome});
}

void Batch::keep(const std::vector<domain::AuditEntry>& entries) {
    entry_.audit.insert(entry_.audit.end(), entries.begin(), entries.end());
}

void Batch::warn(const std::string& server, const std::string& sentence) {
    log(base::LogLevel::Warning, sentence);
    context_.notify(Kind::Warning, server, sentence);
}

void Batch::publish(const char* type, const domain::Operation& operation, std::string text, std::string data) {
    if (!context_.events.wants(type)) return;
    publish({type, context_.now(), operation.id, operation.server.text(), std::move(text), std::move(data), 0});
}

void Batch::publishStep(const domain::Operation& operation, const domain::Step& step) {
    const bool progress = step.state == domain::StepState::Polling;
    const char* const type = progress ? "progress" : "step";
    const bool failed = step.state == domain::StepState::Failed || step.state == domain::StepState::Unknown;
    const auto level = failed ? base::LogLevel::Warning : base::LogLevel::Note;
    const bool logged = (failed || step.state == domain::StepState::Done) && context_.log.takes(level);
    if (!logged && !context_.events.wants(type)) return;
    std::string text = fmt::format("{} {}: {} '{}' {}", nameOf(operation.kind), operation.id, nameOf(step.id.name),
                                   step.id.subject, nameOf(step.state));
    if (progress) text += fmt::format(" {:.0f} %", step.percent);
    if (!step.message.empty()) text += ": " + step.message;
    if (logged) log(level, failed ? text : fmt::format("{} duration_ms={:.3f}", text, step.duration_ms));
    publish(type, operation, std::move(text),
            context_.events.wantsData() ? protocol::jsonText(journal::toJson(step)) : "");
}

base::Result<void> Batch::commitIfDue(Operations& operations) {
    const bool flush_due = flush_at_ && *flush_at_ <= context_.now();
    if (must_commit_ || flush_due) return commit(operations);
    if (!flush_at_ && !(dirty_.empty() && entry_.empty())) flush_at_ = context_.now() + flush_after;
    return {};
}

base::Result<void> Batch::commit(Operations& operations) {
    entry_.operations.clear();
    entry_.operations.reserve(dirty_.size());
    for (const auto id : dirty_) {
        recorder_.settle(id);
        if (const auto* operation = operations.find(id)) {
            operations.noteEnd(*operation);
            entry_.operations.emplace_back(*operation);
        }
    }
    auto done = context_.journal.commit(entry_);
    if (done) {
        committed();
        operations.forgetOldest();
    } else if (done.error().code != base::ErrorCode::StaleEpoch) {
        notCommitted(done.error());
    }
    return done;
}

void Batch::committed() {
    if (!context_.board.problem().empty()) {
        context_.log.note("the journal can be written again");
        context_.board.setProblem({});
    }
    noteWarning(context_.journal.warning());
    context_.board.post(std::exchange(entry_, {}));  // the recorder refers to its records
    dirty_.clear();
    must_commit_ = false;
    flush_at_.reset();
}

void Batch::notCommitted(const base::Error& error) {
    if (context_.board.problem() != error.message) {
        const auto sentence = error.message + "; until then nothing is begun, and no failover either";
        context_.log.error("{}", sentence);
        context_.notify(Kind::NeedsOperator, {}, sentence);
        context_.board.setProblem(error.message);
    }
    must_commit_ = true;
    flush_at_ = context_.now() + commit_again_after;
}

/// Once, and again when it has come back.
void Batch::noteWarning(std::string warning) {
    if (std::exchange(journal_warning_, warning) == warning) return;
    if (warning.empty()) return context_.log.note("the journal has its reserve again");
    context_.log.warning("{}", warning);
    context_.notify(Kind::Warning, {}, warning);
}

void Batch::emit() {
    for (auto& line : std::exchange(lines_, {})) context_.log.write(line.level, line.text);
    for (auto& event : std::exchange(published_, {})) context_.events.publish(std::move(event));
}

void Batch::answer(const base::Result<void>& durable) {
    for (auto& reply : std::exchange(replies_, {})) {
        if (reply) reply(durable);
    }
}

void Batch::drop() {
    touched_.clear();
    dirty_.clear();
    starts_.clear();
    begun_.clear();
    lines_.clear();
    published_.clear();
    flush_at_.reset();
    must_commit_ = false;
}

}  // namespace standin::engine
