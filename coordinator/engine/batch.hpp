#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/domain/decide.hpp"
#include "coordinator/engine/engine_context.hpp"
#include "coordinator/engine/recorder.hpp"

namespace standin::engine {

class Operations;

/// The unit of work of the engine: what one batch of inputs has changed, and what waits until those changes are
/// durable. A batch costs at most one commit, however many servers are involved. If the commit fails, all changes are
/// kept for the next one.
class Batch {
  public:
    struct Start {
        domain::OperationId operation = 0;
        domain::StepRequest request;
    };
    struct Begun {
        domain::OperationId operation = 0;
        domain::StepId step;
    };

    explicit Batch(const EngineContext& context)
        : context_(context), recorder_(context.inventory, context.settings, entry_.records) {}

    /// The operation will be decided on before the batch ends.
    void touch(domain::OperationId id) { touched_.insert(id); }
    void leave(domain::OperationId id);
    std::set<domain::OperationId> takeTouched() { return std::exchange(touched_, {}); }

    // Changes to be made durable. Outcomes that start nothing new wait for the next commit: a crash loses only the
    // knowledge of them, and the step is observed again.
    void changed(domain::OperationId id) { dirty_.insert(id); }
    [[nodiscard]] bool hasChanged(domain::OperationId id) const { return dirty_.count(id) > 0; }
    void mustCommit() { must_commit_ = true; }
    /// Requires a commit soon, even if no further input arrives.
    void mustCommitSoon();
    /// The journal entry, to be extended. Makes a commit necessary.
    journal::Entry& entry() {
        mustCommit();
        return entry_;
    }
    void audit(const std::string& who, const std::string& what, const std::string& outcome);
    /// Adds entries to the audit with the next commit.
    void keep(const std::vector<domain::AuditEntry>& entries);
    Recorder& recorder() { return recorder_; }

    // Actions that follow once the changes are durable.
    void start(domain::OperationId id, const domain::StepRequest& request) { starts_.push_back({id, request}); }
    [[nodiscard]] bool hasStarts() const { return !starts_.empty(); }
    std::vector<Start> takeStarts() { return std::exchange(starts_, {}); }
    void begun(domain::OperationId id, const domain::StepId& step) { begun_.push_back({id, step}); }
    std::vector<Begun> takeBegun() { return std::exchange(begun_, {}); }
    void log(base::LogLevel level, std::string text) { lines_.push_back({level, std::move(text)}); }
    /// Warns in the log and notifies the operator at once.
    void warn(const std::string& server, const std::string& sentence);
    void publish(EngineEvent event) { published_.push_back(std::move(event)); }
    void publish(const char* type, const domain::Operation& operation, std::string text, std::string data);
    void publishStep(const domain::Operation& operation, const domain::Step& step);
    void reply(Reply reply) { replies_.push_back(std::move(reply)); }

    [[nodiscard]] bool mustBeCommitted() const { return must_commit_; }
    /// When the batch has to be committed even if nothing waits for it.
    [[nodiscard]] std::optional<base::WallTime> flushAt() const { return flush_at_; }
    /// Commits the batch if that is due. StaleEpoch: another coordinator leads.
    base::Result<void> commitIfDue(Operations& operations);
    /// Emits log lines and events. Precondition: the batch is durable.
    void emit();
    void answer(const base::Result<void>& durable);
    /// Discards everything silently.
    void drop();

  private:
    base::Result<void> commit(Operations& operations);
    void committed();
    void notCommitted(const base::Error& error);
    void noteWarning(std::string warning);

    struct Line {
        base::LogLevel level;
        std::string text;
    };

    const EngineContext& context_;
    std::set<domain::OperationId> touched_;
    std::set<domain::OperationId> dirty_;
    journal::Entry entry_;
    Recorder recorder_;
    bool must_commit_ = false;
    std::optional<base::WallTime> flush_at_;
    std::vector<Start> starts_;
    std::vector<Begun> begun_;  ///< to be published once all of them are running
    std::vector<Reply> replies_;
    std::vector<Line> lines_;
    std::vector<EngineEvent> published_;
    std::string journal_warning_;
};

}  // namespace standin::engine
