#pragma once

#include <map>
#include <vector>

#include "coordinator/domain/record.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/journal/journal.hpp"

namespace standin::engine {

/// Keeps the records of operations (domain/record.hpp) for the next commit. Bounded: what is asked after, or tried,
/// again and again with the same outcome is one line, and every so many lines the operation is written whole, so that
/// the journal can drop the ones before.
class Recorder {
  public:
    /// Lines between two whole operations: a failover without trouble has fewer, so it is written whole once.
    static constexpr std::uint32_t block = 128;

    /// Lines are added to `pages`; the commit clears it.
    Recorder(const Inventory& inventory, const EngineSettings& settings,
             std::map<domain::OperationId, journal::RecordPage>& pages)
        : inventory_(inventory), keeps_(settings.keep_records), pages_(pages) {}

    /// False: nothing is recorded.
    [[nodiscard]] bool keeps() const { return keeps_; }

    /// The journal has an operation: its next line is this one, and follows a restart.
    void recovered(domain::OperationId id, std::uint32_t next_line, base::WallTime at);
    void forget(domain::OperationId id) { progress_.erase(id); }

    // All of them before the operation is changed; after it, decided() may be called unless wantsWhole().
    void report(const domain::Operation& operation, domain::ReportTaken taken, base::WallTime at);
    void event(const domain::Operation& operation, domain::EventAccepted accepted, base::WallTime at);
    void confirmed(const domain::Operation& operation, const std::string& asked_by, base::WallTime at);
    /// The operation as it was before.
    void setAside(const domain::Operation& operation, domain::SetAside set_aside, base::WallTime at);
    /// Nothing is written of a decision that only waits: it changes nothing.
    void decided(const domain::Operation& operation, const domain::Observation& observation,
                 const domain::Verdict& verdict, base::WallTime at);

    /// The operation is about to be committed: its record must say as much.
    void settle(domain::OperationId id);
    /// The next line is preceded by the operation whole.
    [[nodiscard]] bool wantsWhole(domain::OperationId id) const;

  private:
    /// The last report, as long as nothing but its step's next attempt has followed.
    struct Tail {
        std::uint32_t number = 0;
        domain::ReportTaken taken;
        bool asked_again = false;
    };
    struct OperationProgress {
        std::uint32_t next = 0;
        std::uint32_t whole = 0;  ///< number of the last whole operation
        std::optional<domain::WholeOperation::Because> whole_due = domain::WholeOperation::Because::Opened;
        base::WallTime whole_at{};  ///< with Recovered
        std::optional<domain::Circumstances> circumstances;
        std::optional<Tail> tail;
        std::optional<domain::RecordLine> held;  ///< a poll: no reason to commit, and seldom worth a line
    };

    static bool isWholeDue(const OperationProgress& progress) {
        return progress.whole_due || progress.next - progress.whole >= block;
    }
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
