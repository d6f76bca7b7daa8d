#pragma once

#include <set>
#include <string>

#include "agent/base/name_map.hpp"
#include "coordinator/journal/journal.hpp"
#include "coordinator/simulation/virtual_time.hpp"

namespace standin::simulation {

class World;

/// The content of the journal's disk. It outlives the coordinators that write it.
struct JournalDisk {
    std::uint64_t epoch = 0;
    std::set<std::string> instances;  ///< of all its epochs
    domain::Adoption adoption;
    domain::Freeze freeze;
    unsigned file = 0;  ///< another one after each time that it was moved away
    domain::OperationId last_operation = 0;
    std::map<domain::OperationId, base::Shared<domain::Operation>> operations;
    base::NameMap<base::ServerName, domain::SpareTableRow> rows;
    base::NameMap<base::SpareName, domain::Lease> leases;
    base::NameMap<base::ServerName, domain::Placement> placements;
    base::NameMap<base::ServerName, journal::Maintenance> maintenance;
    std::vector<domain::AuditEntry> audit;
    std::map<domain::OperationId, std::vector<domain::RecordLine>> record_lines;  ///< all of them, whole
    std::map<domain::OperationId, unsigned> crashes;
    std::uint64_t records = 0;  ///< commits that became durable
    bool full = false;

    /// A new journal is in its place. Returns the old one.
    [[nodiscard]] JournalDisk moveAway();
    void take(const journal::Contents& contents);
    void write(journal::Entry entry);
};

/// One coordinator's way to that disk. A commit takes its time; whether it became durable is decided there, also when
/// the coordinator dies meanwhile. Everything that is read when a coordinator starts has gone through the real codec.
class SimulatedJournal final : public journal::Journal {
  public:
    SimulatedJournal(World& world, JournalDisk& disk, std::string name)
        : world_(world), disk_(disk), name_(std::move(name)) {}

    base::Result<journal::Contents> open() override;
    /// Precondition: within a task.
    base::Result<void> commit(const journal::Entry& entry) override;
    base::Result<std::vector<domain::AuditEntry>> audit(std::size_t most) override;

  private:
    static base::Result<void> write(World& world, JournalDisk& disk, std::uint64_t epoch, journal::Entry entry);

    World& world_;
    JournalDisk& disk_;
    const std::string name_;
    std::uint64_t epoch_ = 0;
    std::uint64_t commits_ = 0;
};

}  // namespace standin::simulation
