#pragma once

#include <map>
#include <vector>

#include "coordinator/domain/record.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/journal/journal.hpp"

namespace standin::engine {

/// Writes the records of operations (domain/record.hpp) for the next commit. Their size is bounded: repeated polls or
/// attempts with the same outcome are one line, and a complete copy of the operation is written regularly, so that the
/// journal can drop older lines.
class Recorder {
  public:
    /// Lines between two complete copies. A failover without trouble has fewer, so it has one copy only.
    static constexpr std::uint32_t block = 128;

    /// Lines are added to `pages`; the commit clears it.
    Recorder(const Inventory& inventory, const EngineSettings& settings,
             std::map<domain::OperationId, journal::RecordPage>& pages)
        : inventory_(inventory), keeps_(settings.keep_records), pages_(pages) {}

    /// False: records are not kept.
    [[nodiscard]] bool keeps() const { return keeps_; }

    /// Continues the record of an operation from the journal after a restart, at this line.
    void recovered(domain::OperationId id, std::uint32_t next_line, base::WallTime at);
    /// A further report changes the operation: the next line is preceded by a complete copy.
    void joined(domain::OperationId id) {
        auto& due = progress_[id].whole_due;
        if (!due) due = domain::WholeOperation::Because::Joined;
    }
    void forget(domain::OperationId id) { progress_.erase(id); }

    // All of these are called before the operation is changed. After the change decided() may be called, unless
    // wantsWhole().
    void report(const domain::Operation& operation, domain::ReportTaken taken, base::WallTime at);
    void event(const domain::Operation& operation, domain::EventAccepted accepted, base::WallTime at);
    void confirmed(const domain::Operation& operation, const std::string& asked_by, base::WallTime at);
    /// `operation` is in the state before it is set aside.
    void setAside(const domain::Operation& operation, domain::SetAside set_aside, base::WallTime at);
    /// A decision that only waits is not recorded: it changes nothing. `outcome` is complete.
    void decided(const domain::Operation& operation, const domain::Observation& observation,
                 const domain::Verdict& verdict, std::optional<domain::RecordedOutcome> outcome, base::WallTime at);

    /// Completes the record, because the operation is about to be committed.
    void settle(domain::OperationId id);
    /// True if the next line is preceded by a complete copy of the operation.
    [[nodiscard]] bool wantsWhole(domain::OperationId id) const;

  private:
    /// The last report, while only the next attempt of its step has followed.
    struct Tail {
        std::uint32_t number = 0;
        domain::ReportTaken taken;
        bool asked_again = false;
    };
    struct OperationProgress {
        std::uint32_t next = 0;
        std::uint32_t whole = 0;  ///< number of the last complete copy
        std::optional<domain::WholeOperation::Because> whole_due = domain::WholeOperation::Because::Opened;
        base::WallTime whole_at{};  ///< for Recovered
        std::optional<domain::Circumstances> circumstances;
        std::optional<domain::ServerRecord> server;  ///< row and placement after the last recorded decision
        std::optional<Tail> tail;
        std::optional<domain::RecordLine> held;  ///< a poll: no reason to commit, and rarely recorded
    };

    static bool isWholeDue(const OperationProgress& progress) {
        return progress.whole_due || progress.next - progress.whole >= block;
    }
    static void shorten(OperationProgress& progress, std::optional<domain::RecordedOutcome>& outcome);
    OperationProgress& begin(const domain::Operation& operation, base::WallTime at);
    void write(domain::OperationId id, OperationProgress& progress, domain::RecordLine line);
    void append(domain::OperationId id, OperationProgress& progress, decltype(domain::RecordLine::what) what,
                base::WallTime at);
    void settle(domain::OperationId id, OperationProgress& progress);

    const Inventory& inventory_;
    const bool keeps_;
    std::map<domain::OperationId, journal::RecordPage>& pages_;
    std::map<domain::OperationId, OperationProgress> progress_;
};

}  // namespace standin::engine
