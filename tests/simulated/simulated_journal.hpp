#pragma once

#include <functional>
#include <map>

#include "coordinator/journal/journal.hpp"

namespace standin::simulated {

/// A journal in memory that outlives the coordinator, as a disk does. Faults: `before` and `after` are called around
/// each commit and may throw (the coordinator dies there); a problem makes commits fail.
class SimulatedJournal final : public journal::Journal {
  public:
    base::Result<journal::Contents> open() override;
    base::Result<void> commit(const journal::Entry& entry) override;
    base::Result<std::vector<domain::AuditEntry>> audit(std::size_t most) override;

    std::function<void(int commit)> before;
    std::function<void(int commit)> after;
    std::string problem;  ///< not empty: nothing can be written
    base::ErrorCode problem_code = base::ErrorCode::Internal;
    int commits = 0;
    std::map<domain::OperationId, unsigned> crashes;
    std::map<domain::OperationId, std::vector<domain::RecordLine>> records;  ///< all of them, whole

  private:
    domain::Adoption adoption_{true, {}, {}};
    std::uint64_t epoch_ = 0;
    domain::OperationId last_operation_ = 0;  ///< of the journal that was there before
    std::map<domain::OperationId, domain::Operation> operations_;
    std::map<base::ServerName, domain::SpareTableRow> rows_;
    std::map<base::SpareName, domain::Lease> leases_;
    base::NameMap<base::ServerName, domain::Placement> placements_;
    base::NameMap<base::ServerName, journal::Maintenance> maintenance_;
    std::vector<domain::AuditEntry> audit_;
};

}  // namespace standin::simulated
