#pragma once

#include <memory>
#include <string>

#include "agent/base/space_reserve.hpp"
#include "coordinator/journal/journal.hpp"

namespace standin::journal {

/// What is kept of the past.
struct History {
    std::size_t operations = 500;  ///< ended operations; some weeks of a large estate, about 5 MB
    std::size_t audit_entries = 10000;
    std::size_t records = 200;  ///< of the newest operations; usually 20 KB each, at most some 300 KB (record_rows.hpp)
};

/// The journal in one SQLite file (WAL, synchronous=FULL: a commit is on the disk when it returns).
///
///     <state_dir>/journal.db
///         meta         (key, value)                       schema, epoch
///         operations   (id, server, kind, state, body)    body: JSON without the steps
///         steps        (operation, name, subject, state, body)
///         spare_table  (server, body)
///         leases       (spare, body)
///         placements   (server, body)
///         maintenance  (server, body)
///         audit        (id, at, who, what, outcome, …)    a chain: audit_rows.hpp
///         crashes      (operation, times)                 what a coordinator worked on when it died
///         records      (operation, line, …)               what every decision was made from: record_rows.hpp
///
///     <state_dir>/journal.db.mark     what it works on now (crash_mark.hpp)
///
/// The file must not be on a network file system and belongs to one coordinator; a second one that opens it is refused.
class SqliteJournal final : public Journal {
  public:
    /// With a reserve a full disk stops no takeover: as much of it is given up as a commit needs.
    explicit SqliteJournal(std::string path, History history = {},
                           std::shared_ptr<base::SpaceReserve> reserve = nullptr);
    ~SqliteJournal() override;

    base::Result<Contents> open() override;
    base::Result<void> commit(const Entry& entry) override;
    void tidy() override;
    [[nodiscard]] std::string warning() override;
    void begins(Work work, domain::OperationId id) noexcept override;
    void ends(Work work) noexcept override;
    base::Result<std::vector<domain::AuditEntry>> audit(std::size_t most) override;
    base::Result<AuditPage> auditPage(std::size_t most, std::uint64_t before) override;
    base::Result<std::vector<std::string>> record(domain::OperationId id) override;

  private:
    base::Result<Contents> openOnce();
    base::Result<void> commitOnce(const Entry& entry);

    struct Database;
    std::unique_ptr<Database> database_;
};

}  // namespace standin::journal
