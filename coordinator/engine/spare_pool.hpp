#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/engine/operations.hpp"
#include "coordinator/engine/placements.hpp"

namespace standin::engine {

/// The spare table: which spare and stand-in wait for each server, and which spares are leased. What changes is
/// durable with the batch.
class SparePool {
  public:
    SparePool(const EngineContext& context, Batch& batch, const Operations& operations, const Placements& placements)
        : context_(context), batch_(batch), operations_(operations), placements_(placements) {}

    /// What the journal held.
    void restore(std::vector<domain::SpareTableRow> rows, std::vector<domain::Lease> leases);
    [[nodiscard]] const domain::SpareTable& table() const { return table_; }
    [[nodiscard]] const domain::SpareTableRow* row(const base::ServerName& server) const { return table_.row(server); }

    base::Result<void> set(const base::ServerName& server, const base::SpareName& spare, const base::ImageId& image);
    /// Precondition: SpareTable::mayUnset().
    void unset(const base::ServerName& server);
    /// Precondition: the server has a row.
    void setRow(const domain::SpareTableRow& row);
    /// Of a stand-in that was found, for a server without a row.
    void addFound(const domain::SpareTableRow& row);

    /// Refused while the spare carries a stand-in.
    base::Result<void> lease(const base::SpareName& spare, const domain::Operation& failover);
    void leaseAsFound(const base::SpareName& spare, const base::ServerName& server);
    void release(const std::vector<base::SpareName>& spares, domain::OperationId failover);
    /// The server has its job again: spares that closed failovers had left executing it are free, or its row's.
    void freeSparesOf(const base::ServerName& server);

    /// Configured, and leased to nobody.
    [[nodiscard]] const std::map<base::SpareName, const domain::Spare*>& free() const { return free_; }
    /// Counts changes of leases.
    [[nodiscard]] std::uint64_t leaseChanges() const { return lease_changes_; }
    /// S106, S184: a stand-in that lives on the spare, as its VM host, or is being made there, or the disk that is kept
    /// of one, and what to do about it; empty: none.
    [[nodiscard]] std::string standInCarriedBy(const domain::Spare& spare) const;
    /// The other way round: the machine of this VM host is somebody's spare; null: nobody's.
    [[nodiscard]] const domain::Lease* leaseOfHost(const base::AgentName& vm_host) const;

    // What the watch asks for and finds out.
    /// Rows of configured servers for which `is` says true.
    template <typename Is>
    [[nodiscard]] std::vector<domain::SpareTableRow> rows(Is is) const {
        std::vector<domain::SpareTableRow> rows;
        for (const auto& [server, row] : table_.rows()) {
            if (context_.knows(server) && is(row)) rows.push_back(row);
        }
        return rows;
    }
    /// With stand-ins that are said to be ready.
    [[nodiscard]] std::vector<domain::SpareTableRow> readyRows() const {
        return rows([](const auto& row) { return row.standin_ready; });
    }
    [[nodiscard]] std::vector<domain::SpareTableRow> rowsOfUnknownAge() const {
        return rows([](const auto& row) { return !row.image.empty() && row.image_at == base::WallTime{}; });
    }
    [[nodiscard]] std::vector<domain::SpareTableRow> rowsWithSpares() const {
        return rows([this](const auto& row) { return context_.inventory.spares.count(row.spare) > 0; });
    }
    /// The stand-in is gone or would not resume: `standin_ready` goes off (rule 7).
    void standInLost(const base::ServerName& server, const base::StandInName& stand_in, const std::string& why);
    /// From when the data of a row's image are; its store was asked.
    void imageSeen(const base::ServerName& server, const base::ImageId& image, base::WallTime at);
    /// Rows whose spares could not be restored from their images, as the image stores `asked` say.
    void sparesSeen(const std::set<base::AgentName>& asked, const std::map<base::ServerName, std::string>& unfit);

  private:
    void leasesChanged();

    const EngineContext& context_;
    Batch& batch_;
    const Operations& operations_;
    const Placements& placements_;
    domain::SpareTable table_;
    std::map<base::SpareName, const domain::Spare*> free_;
    std::uint64_t lease_changes_ = 0;
    std::map<base::ServerName, std::string> unfit_;  ///< reported already
};

}  // namespace standin::engine
