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

/// A row of the spare table (FIG. 3): the spare and the image that are assigned to a server, and whether its stand-in
/// is ready.
struct SpareTableRow {
    base::ServerName server;
    base::SpareName spare;
    base::ImageId image;
    base::WallTime image_at{};  ///< the time of the image's data; epoch: not known
    bool standin_ready =
        false;  ///< the provisional operation flag: the job answered and the suspension was confirmed (S109)
    base::StandInName stand_in;          ///< empty: none
    base::PortName stand_in_port;        ///< its switch port, known since it was first started
    bool stale = false;                  ///< the stand-in was made from an older image than `image`
    base::WallTime stand_in_image_at{};  ///< the time of the stand-in's data; epoch: not known
    std::string note;                    ///< why it is not ready or stale, for people; empty otherwise
    bool operator==(const SpareTableRow&) const = default;
};

/// The exclusive right to use a spare. While a lease exists, nothing else may use, write or change that spare (S105,
/// S115).
struct Lease {
    base::SpareName spare;
    base::ServerName server;
    OperationId failover = 0;  ///< 0: held by the server's row; otherwise the failover that is using the spare
    std::string reason;        ///< `set as spare of server 'server01'`
    bool operator==(const Lease&) const = default;
};

/// The rows and the leases, with their invariants. Pure; the journal stores the contents.
class SpareTable {
  public:
    /// Assigns spare and image to a server and takes the lease (S102–S105). A change of spare gives the old spare back;
    /// a change of image marks a ready stand-in as stale. Conflict if the spare is leased to another server.
    base::Result<void> set(const base::ServerName& server, const base::SpareName& spare, const base::ImageId& image);
    /// Removes the row and gives its spare back. NotFound; Conflict while a failover uses the spare.
    base::Result<void> unset(const base::ServerName& server);
    /// The result that unset() would have.
    [[nodiscard]] base::Result<void> mayUnset(const base::ServerName& server) const;

    /// Leases a spare to a failover: the row's own or a free one of the pool. Otherwise Conflict, with the reason.
    base::Result<void> leaseFor(const base::SpareName& spare, const base::ServerName& server, OperationId failover);
    /// Leases a spare to a server because it was found executing the server's job, although no failover of this journal
    /// started it there. The lease lasts until giveBack(). False: the spare is already leased.
    bool leaseAsFound(const base::SpareName& spare, const base::ServerName& server);
    /// Ends a lease of leaseAsFound(), and no other. Idempotent.
    void giveBack(const base::SpareName& spare);
    /// Ends the failover's lease. A spare that a row still names returns to that row; another one becomes free.
    /// Idempotent.
    void release(const base::SpareName& spare, OperationId failover);

    [[nodiscard]] bool leasedTo(const base::SpareName& spare, OperationId failover) const;
    [[nodiscard]] const SpareTableRow* row(const base::ServerName& server) const;
    [[nodiscard]] const Lease* lease(const base::SpareName& spare) const;
    [[nodiscard]] const base::NameMap<base::ServerName, SpareTableRow>& rows() const { return rows_; }
    [[nodiscard]] const base::NameMap<base::SpareName, Lease>& leases() const { return leases_; }

    /// Stores in the row what prepare, refresh or the watch found out about the stand-in. NotFound without a row.
    base::Result<void> update(const SpareTableRow& row);

    /// The spares whose leases have changed since the last call, or since restore().
    std::set<base::SpareName> takeChangedLeases() { return std::exchange(changed_leases_, {}); }

    /// Adds a row for a stand-in that was found for a server without one. The row names no spare, because it is not
    /// known which one was assigned. False: the server already has a row.
    bool addFound(const SpareTableRow& row) { return rows_.try_emplace(row.server, row).second; }

    /// Replaces everything by the journal's contents.
    void restore(std::vector<SpareTableRow> rows, std::vector<Lease> leases);

  private:
    void hold(Lease lease);
    void free(const base::SpareName& spare);

    base::NameMap<base::ServerName, SpareTableRow> rows_;
    base::NameMap<base::SpareName, Lease> leases_;
    std::set<base::SpareName> changed_leases_;
};

}  // namespace standin::domain
