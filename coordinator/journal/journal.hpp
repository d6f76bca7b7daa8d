#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/audit/audit_chain.hpp"
#include "agent/base/name_map.hpp"
#include "agent/base/result.hpp"
#include "coordinator/domain/adoption.hpp"
#include "coordinator/domain/audit_entry.hpp"
#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/placement.hpp"
#include "coordinator/domain/record.hpp"
#include "coordinator/domain/restraint/freeze.hpp"
#include "coordinator/domain/spare_table.hpp"

namespace standin::journal {

/// A server in maintenance: its failures start nothing.
struct Maintenance {
    bool on = false;
    std::string why;
};

/// A damaged row, or one written by an unknown program. It stays in the journal and has no effect.
struct Unreadable {
    std::string what;         ///< `failover 17 of server 'server01'`, for people
    base::ServerName server;  ///< whose failures must start nothing until an operator has looked; empty: no server's
    std::string problem;
};

/// The first numbers of a new journal, so that they are not confused with an earlier journal's.
struct Continuation {
    domain::Adoption adoption;
    std::uint64_t epoch = 0;                 ///< this coordinator's from now on; not below the present one
    domain::OperationId last_operation = 0;  ///< not below the present one
};

/// Everything that was durable when the journal was opened.
struct Contents {
    std::uint64_t epoch = 0;  ///< of this start; higher than that of every earlier one
    std::string instance;     ///< drawn with the epoch: a copy of this journal gives the same epoch another one
    domain::OperationId last_operation = 0;
    std::vector<domain::Operation> operations;  ///< all open ones and the last ended ones, by id
    std::vector<domain::SpareTableRow> rows;
    std::vector<domain::Lease> leases;
    base::NameMap<base::ServerName, domain::Placement> placements;
    base::NameMap<base::ServerName, Maintenance> maintenance;
    std::map<domain::OperationId, std::uint32_t> next_lines;  ///< of the records, where there is one
    std::map<domain::OperationId, unsigned> crashes;  ///< how often a coordinator died while it worked on the operation
    std::vector<Unreadable> unreadable;
    /// Of a journal that was made in this moment, or before and not adopted since: observing. One with records that
    /// knows of no adoption, as earlier programs wrote them, is adopted.
    domain::Adoption adoption;
    domain::Freeze freeze;  ///< one that cannot be read is on: an operator looks at it, and ends it
};

/// What is added to an operation's record.
struct RecordPage {
    std::vector<domain::RecordLine> lines;
    bool replaces = false;  ///< lines with the first one's number and above exist, and are gone from now on
};

/// One change, durable as a whole or not at all. Each part replaces the earlier content.
struct Entry {
    std::vector<base::Shared<domain::Operation>> operations;
    std::vector<domain::SpareTableRow> rows;
    std::vector<base::ServerName> removed_rows;
    std::vector<domain::Lease> leases;
    std::vector<base::SpareName> removed_leases;
    std::map<base::ServerName, domain::Placement> placements;
    std::map<base::ServerName, Maintenance> maintenance;
    std::vector<domain::AuditEntry> audit;  ///< appended; ids are given by the journal
    std::map<domain::OperationId, RecordPage> records;
    std::map<domain::OperationId, unsigned> crashes;  ///< replaces what was counted
    std::optional<Continuation> continuation;
    std::optional<domain::Freeze> freeze;

    [[nodiscard]] bool empty() const {
        return operations.empty() && rows.empty() && removed_rows.empty() && leases.empty() && removed_leases.empty() &&
               placements.empty() && maintenance.empty() && audit.empty() && records.empty() && crashes.empty() &&
               !continuation && !freeze;
    }
};

/// A part of the audit, with the marks of the whole. A mark with number 0: there is none.
struct AuditPage {
    std::vector<domain::AuditEntry> entries;  ///< newest first
    audit::AuditMark head;                    ///< the newest entry
    audit::AuditMark forgotten;               ///< the newest one that is not kept any more
};

/// The durable storage of the coordinator: intents before effects, outcomes after them.
class Journal {
  public:
    virtual ~Journal() = default;

    /// Takes a new epoch, durably, and returns the contents. Called once, first. Corrupt: the journal is damaged.
    virtual base::Result<Contents> open() = 0;
    /// Success: durable (as far as the disk guarantees it). Failure: nothing of it happened. StaleEpoch: a newer epoch
    /// was taken since open(), so another coordinator leads. Called by one thread.
    virtual base::Result<void> commit(const Entry& entry) = 0;
    /// Housekeeping: removes the oldest entries and makes room. Called in quiet moments by the thread that commits.
    /// What fails is tried again later.
    virtual void tidy() {}
    /// A problem for an operator although commits succeed, as one sentence with its cure; empty: none. Called by the
    /// thread that commits.
    [[nodiscard]] virtual std::string warning() { return {}; }
    /// Marks what the calling thread works on from now on: if this process crashes, the next one's Contents count it.
    /// Effective at once for a crash of this process, without a disk. Thread-safe.
    enum class Work { Decision, Step };
    virtual void begins(Work /*work*/, domain::OperationId /*id*/) noexcept {}
    virtual void ends(Work /*work*/) noexcept {}
    /// Newest first. Callable from any thread.
    virtual base::Result<std::vector<domain::AuditEntry>> audit(std::size_t most) = 0;
    /// The audit entries below an entry's number, with the marks needed to verify the chain. Thread-safe.
    virtual base::Result<AuditPage> auditPage(std::size_t most, std::uint64_t before) {
        auto entries = audit(most);
        if (!entries) return base::failure(entries.error());
        std::erase_if(*entries, [&](const domain::AuditEntry& entry) { return entry.id >= before; });
        return AuditPage{std::move(*entries), {}, {}};
    }
    /// The lines of an operation's record, each as toJson() wrote it, so that what another version wrote can be handed
    /// on. Numbers that are missing were dropped. NotFound: none is kept (any more). Callable from any thread.
    virtual base::Result<std::vector<std::string>> record(domain::OperationId id) {
        return base::failure(base::ErrorCode::NotFound,
                             "this journal keeps no record of operation " + std::to_string(id));
    }
};

/// Marks the calling thread as working on an operation, during the lifetime of this object.
class AtWork {
  public:
    AtWork(Journal& journal, Journal::Work work, domain::OperationId id) : journal_(journal), work_(work) {
        journal_.begins(work_, id);
    }
    ~AtWork() { journal_.ends(work_); }
    AtWork(const AtWork&) = delete;
    AtWork& operator=(const AtWork&) = delete;

  private:
    Journal& journal_;
    const Journal::Work work_;
};

}  // namespace standin::journal
