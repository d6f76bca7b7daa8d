#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/identifier.hpp"
#include "agent/base/name_map.hpp"
#include "agent/base/result.hpp"

namespace standin::domain {

using OperationId = std::uint64_t;

/// A row of the spare table (FIG. 3): which spare and which image wait for a server, and whether its stand-in is ready.
struct SpareTableRow {
    base::ServerName server;
    base::SpareName spare;
    base::ImageId image;
    base::WallTime image_at{};  ///< from when the image's data are; epoch: not known
    bool standin_ready =
        false;  ///< the provisional operation flag: the job answered and the suspension was confirmed (S109)
    base::StandInName stand_in;          ///< empty: none
    base::PortName stand_in_port;        ///< its switch port, known since it was first started
    bool stale = false;                  ///< the stand-in was made from an older image than `image`
    base::WallTime stand_in_image_at{};  ///< from when the data of the stand-in's image are; epoch: not known
    std::string note;                    ///< why it is not ready or stale, for people; empty otherwise
    bool operator==(const SpareTableRow&) const = default;
};

/// Who may use a spare. While a lease stands, nobody else may use, write or change that spare (S105, S115).
struct Lease {
    base::SpareName spare;
    base::ServerName server;
    OperationId failover = 0;  ///< 0: held by the server's row; otherwise the failover that is using the spare
    std::string reason;        ///< `set as spare of server 'server01'`
    bool operator==(const Lease&) const = default;
};

/// The rows and the leases, with the rules that keep them true. Pure; the journal keeps what it holds.
class SpareTable {
  public:
    /// Sets spare and image of a server and takes the lease (S102–S105). A change of spare gives the old spare back; a
    /// change of image marks a ready stand-in stale. Conflict if the spare is leased to another server.
    base::Result<void> set(const base::ServerName& server, const base::SpareName& spare, const base::ImageId& image);
    /// Removes the row and gives its spare back. NotFound; Conflict while a failover uses the spare.
    base::Result<void> unset(const base::ServerName& server);
    /// What unset() would say.
    [[nodiscard]] base::Result<void> mayUnset(const base::ServerName& server) const;

    /// Takes a spare for a failover: the row's own or a free one of the pool. Conflict with a clear sentence otherwise.
    base::Result<void> leaseFor(const base::SpareName& spare, const base::ServerName& server, OperationId failover);
    /// A spare that was found executing the server's job, though no failover here has put it there: it is the server's
    /// until giveBack(). False: it is leased already.
    bool leaseAsFound(const base::SpareName& spare, const base::ServerName& server);
    /// Ends what leaseAsFound() began, and nothing else. Idempotent.
    void giveBack(const base::SpareName& spare);
    /// Ends the failover's use. A spare that a row still names goes back to the row, another becomes free. Idempotent.
    void release(const base::SpareName& spare, OperationId failover);

    [[nodiscard]] bool leasedTo(const base::SpareName& spare, OperationId failover) const;
    [[nodiscard]] const SpareTableRow* row(const base::ServerName& server) const;
    [[nodiscard]] const Lease* lease(const base::SpareName& spare) const;
    [[nodiscard]] const base::NameMap<base::ServerName, SpareTableRow>& rows() const { return rows_; }
    [[nodiscard]] const base::NameMap<base::SpareName, Lease>& leases() const { return leases_; }

    /// Puts what prepare, refresh or the watch found out about the stand-in into the row. NotFound without a row.
    base::Result<void> update(const SpareTableRow& row);

    /// Spares whose leases have changed since this was asked last, or since restore().
    std::set<base::SpareName> takeChangedLeases() { return std::exchange(changed_leases_, {}); }

    /// The row of a stand-in that was found of a server without one. It names no spare: which one it was, nobody knows.
    /// False: the server has a row.
    bool addFound(const SpareTableRow& row) { return rows_.try_emplace(row.server, row).second; }

    /// What the journal held; replaces everything.
    void restore(std::vector<SpareTableRow> rows, std::vector<Lease> leases);

  private:
    void hold(Lease lease);
    void free(const base::SpareName& spare);

    base::NameMap<base::ServerName, SpareTableRow> rows_;
    base::NameMap<base::SpareName, Lease> leases_;
    std::set<base::SpareName> changed_leases_;
};

}  // namespace standin::domain
