#pragma once

#include "agent/base/log.hpp"
#include "agent/image_store/disks/disk_guard.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/restore.hpp"
#include "agent/image_store/transfers/restore_records.hpp"
#include "agent/image_store/transfers/transfer_jobs.hpp"
#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// Restores, recorded across restarts of the agent. `begin(id, image, place, damage)` begins after the disk was locked
/// and found large enough. The same id again returns the same restore; if that failed or was cancelled, it starts
/// again. Conflict: the id belongs to another restore. Refused: the disk is in use or too small. Corrupt: the image is
/// known to be damaged, and that is not accepted.
class RestoreKind : public TransferKind<base::RestoreId, protocol::Restore, Restored> {
  public:
    struct Work {
        std::unique_ptr<ImageContent> content;
        DiskAccess access;
        Damage damage;
    };
    static constexpr std::ptrdiff_t ended_kept = 256;  // so that a coordinator that was down can still ask
    static constexpr bool keeps_successes = true;

    RestoreKind(ImageRepository& repository, DiskGuard& disks, RestoreRecords records, base::Log log)
        : repository_(repository), disks_(disks), records_(std::move(records)), log_(std::move(log)) {}

    /// Restores of earlier processes, oldest first; those that had not ended have failed.
    base::Result<std::vector<View>> earlier();

    View show(View restore, const TransferWatch& watch) const;
    std::optional<base::Result<View>> repeated(const View& known, const base::ImageId& image, const DiskPlace& place,
                                               Damage damage) const;
    base::Result<std::pair<View, Work>> prepare(const Id& id, const base::ImageId& image, const DiskPlace& place,
                                                Damage damage);
    base::Result<void> record(const View& restore) { return records_.save(restore); }
    void begun(const View& restore);
    base::Result<Outcome> move(Work& work, TransferWatch& watch) const;
    void end(View& restore, const base::Result<Outcome>& outcome, const TransferWatch& watch,
             std::chrono::nanoseconds took);
    void cancelledUnbegun(View& restore);
    void forgotten(const Id& id) { records_.remove(id); }
    /// Running restores count as interrupted for the next process.
    void stopping() { interrupted_ = true; }
    base::Error unknown(const Id& id) const;

  private:
    void save(const View& restore);

    ImageRepository& repository_;
    DiskGuard& disks_;
    RestoreRecords records_;
    base::Log log_;
    bool interrupted_ = false;
};

using Restores = TransferJobs<RestoreKind>;

}  // namespace standin::image_store
