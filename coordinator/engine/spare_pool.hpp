#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/engine/operations.hpp"
#include "coordinator/engine/placements.hpp"

namespace standin::engine {

/// The spare table: the spare and the stand-in of each server, and the leases of spares. Changes are durable with the
/// batch.
class SparePool {
  public:
    SparePool(const EngineContext& context, Batch& batch, const Operations& operations, const Placements& placements)
        : context_(context), batch_(batch), operations_(operations), placements_(placements) {}

    /// Restores what the journal held.
    void restore(std::vector<domain::SpareTableRow> rows, std::vector<domain::Lease> leases);
    [[nodiscard]] const domain::SpareTable& table() const { return table_; }
    [[nodiscard]] const domain::SpareTableRow* row(const base::ServerName& server) const { return table_.row(server); }

    base::Result<void> set(const base::ServerName& server, const base::SpareName& spare, const base::ImageId& image);
    /// Precondition: SpareTable::mayUnset().
    void unset(const base::ServerName& server);
    /// Precondition: the server has a row.
    void setRow(const domain::SpareTableRow& row);
    /// Adds a row for a stand-in that was found, for a server without a row.
    void addFound(const domain::SpareTableRow& row);

    /// Refused while the spare carries a stand-in.
    base::Result<void> lease(const base::SpareName& spare, const domain::Operation& failover);
    void leaseAsFound(const base::SpareName& spare, const base::ServerName& server);
    void release(const std::vector<base::SpareName>& spares, domain::OperationId failover);
    /// Frees the spares that closed failovers left executing the server's job, because the server executes it again. A
    /// spare of its row returns to the row.
    void freeSparesOf(const base::ServerName& server);

    /// Spares that are configured and not leased.
    [[nodiscard]] const std::map<base::SpareName, const domain::Spare*>& free() const { return free_; }
    /// The number of changes of leases so far.
    [[nodiscard]] std::uint64_t leaseChanges() const { return lease_changes_; }
    /// The stand-in that runs on the spare as its VM host, is being made there, or whose disk is kept there, with the
    /// cure (S106, S184); empty: none.
    [[nodiscard]] std::string standInCarriedBy(const domain::Spare& spare) const;
    /// The lease of the spare that is the machine of this VM host; null: there is none.
    [[nodiscard]] const domain::Lease* leaseOfHost(const base::AgentName& vm_host) const;

    // Queries and findings of the watch.
    /// Rows of configured servers for which `is` returns true.
    template <typename Is>
    [[nodiscard]] std::vector<domain::SpareTableRow> rows(Is is) const {
        std::vector<domain::SpareTableRow> rows;
        for (const auto& [server, row] : table_.rows()) {
            if (context_.knows(server) && is(row)) rows.push_back(row);
        }
        return rows;
    }
    /// The rows whose stand-ins are marked as ready.
    [[nodiscard]] std::vector<domain::SpareTableRow> readyRows() const {
        return rows([](const auto& row) { return row.standin_ready; });
    }
    [[nodiscard]] std::vector<domain::SpareTableRow> rowsOfUnknownAge() const {
        return rows([](const auto& row) { return !row.image.empty() && row.image_at == base::WallTime{}; });
    }
    [[nodiscard]] std::vector<domain::SpareTableRow> rowsWithSpares() const {
        return rows([this](const auto& row) { return context_.inventory.spares.count(row.spare) > 0; });
    }
    /// The stand-in is gone or would not resume: clears `standin_ready` (rule 7).
    void standInLost(const base::ServerName& server, const base::StandInName& stand_in, const std::string& why);
    /// Stores the time of the data of a row's image, as its store reported it.
    void imageSeen(const base::ServerName& server, const base::ImageId& image, base::WallTime at);
    /// Stores the rows whose spares could not be restored from their images, according to the image stores `asked`.
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
    std::map<base::ServerName, std::string> unfit_;  ///< already reported
};

}  // namespace standin::engine
