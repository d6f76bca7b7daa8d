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
#include "coordinator/domain/spare_table.hpp"

namespace standin::journal {

/// A server whose failures start nothing for now.
struct Maintenance {
    bool on = false;
    std::string why;
};

/// A row that was written by no program that this one knows, or damaged. It stays where it is, and counts for nothing.
struct Unreadable {
    std::string what;         ///< `failover 17 of server 'server01'`, for people
    base::ServerName server;  ///< whose failures must start nothing until an operator has looked; empty: no server's
    std::string problem;
};

/// Where a new journal's numbers begin, so that none is mistaken for one of the earlier journal.
struct Continuation {
    domain::Adoption adoption;
    std::uint64_t epoch = 0;                 ///< this coordinator's from now on; not below the present one
    domain::OperationId last_operation = 0;  ///< not below the present one
};

/// Everything the coordinator knew when it last made something durable.
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
};

/// What is added to an operation's record.
struct RecordPage {
    std::vector<domain::RecordLine> lines;
    bool replaces = false;  ///< lines with the first one's number and above exist, and are gone from now on
};

/// One change, durable as a whole or not at all. Everything in it replaces what stood there before.
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

    [[nodiscard]] bool empty() const {
        return operations.empty() && rows.empty() && removed_rows.empty() && leases.empty() && removed_leases.empty() &&
               placements.empty() && maintenance.empty() && audit.empty() && records.empty() && crashes.empty() &&
               !continuation;
    }
};

/// A part of the audit, and between which marks the whole of it stands. Marks with number 0: there is none.
struct AuditPage {
    std::vector<domain::AuditEntry> entries;  ///< newest first
    audit::AuditMark head;                    ///< the newest entry
    audit::AuditMark forgotten;               ///< the newest one that is not kept any more
};

/// The durable memory of the coordinator: intents before effects, outcomes after them.
class Journal {
  public:
    virtual ~Journal() = default;

    /// Takes a new epoch, durably, and returns the contents. Called once, first. Corrupt: the journal cannot be
    /// trusted.
    virtual base::Result<Contents> open() = 0;
    /// Durable (as the disk understands it) when it succeeds; nothing of it happened when it fails. StaleEpoch: a newer
    /// epoch was taken since open(), so another coordinator leads. Called by one thread.
    virtual base::Result<void> commit(const Entry& entry) = 0;
    /// Housekeeping: forgets the oldest, makes room. For quiet moments; called by the thread that
    /// commits. What could not be done is tried again another time.
    virtual void tidy() {}
    /// What an operator has to look after although commits succeed, as one sentence with its cure; empty: nothing.
    /// Called by the thread that commits.
    [[nodiscard]] virtual std::string warning() { return {}; }
    /// What the calling thread works on from now on: should this process die of it, the next one's Contents count it.
    /// Durable at once, as far as this process' death is concerned, and without a disk. Callable from any thread.
    enum class Work { Decision, Step };
    virtual void begins(Work /*work*/, domain::OperationId /*id*/) noexcept {}
    virtual void ends(Work /*work*/) noexcept {}
    /// Newest first. Callable from any thread.
    virtual base::Result<std::vector<domain::AuditEntry>> audit(std::size_t most) = 0;
    /// The same from below an entry's number on, with what is needed to see whether the chain is whole. Callable from
    /// any thread.
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

/// The calling thread works on an operation as long as this lives.
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
