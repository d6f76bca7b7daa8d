#pragma once

#include "agent/base/log.hpp"
#include "agent/image_store/disks/disk_guard.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/images/space_reservations.hpp"
#include "agent/image_store/transfers/transfer_jobs.hpp"
#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// Captures of disks. A successful one becomes an image of the repository and is no longer listed here; a failed one
/// starts again when it is requested again. `begin(id, place)`: precondition: there is no image of this id. Conflict:
/// the id is being captured from another disk. Refused: the disk is in use, or there is not enough space.
class CaptureKind : public TransferKind<base::ImageId, protocol::Image, ImageManifest> {
  public:
    struct Work {
        DiskAccess access;
        std::unique_ptr<ImageDraft> draft;
        SpaceReservations::Reservation space;
    };
    static constexpr std::ptrdiff_t ended_kept = 64;  // for questions about the reason; older failures are in the log
    static constexpr bool keeps_successes = false;

    struct Sizes {
        std::uint64_t block_bytes;
        std::uint64_t least_free_bytes;
    };
    /// What captures share with other transfers.
    struct Surroundings {
        ImageRepository& repository;
        DiskGuard& disks;
        SpaceReservations& space;
        TransferPool& restores;  ///< they come first: captures pause while one runs or waits
    };
    CaptureKind(Surroundings around, Sizes sizes, const base::Clock& clock, base::Log log)
        : around_(around), sizes_(sizes), clock_(clock), log_(std::move(log)) {}

    View show(View image, const TransferWatch& watch) const;
    std::optional<base::Result<View>> repeated(const View& known, const DiskPlace& place) const;
    base::Result<std::pair<View, Work>> prepare(const Id& id, const DiskPlace& place);
    void begun(const View& image);
    base::Result<Outcome> move(Work& work, TransferWatch& watch) const;
    void end(View& image, const base::Result<Outcome>& outcome, const TransferWatch& watch,
             std::chrono::nanoseconds took);
    base::Error unknown(const Id& id) const;

  private:
    [[nodiscard]] base::Result<SpaceReservations::Reservation> reserve(const DiskAccess& disk);
    [[nodiscard]] std::uint64_t expectedBytes(const DiskAccess& disk) const;
    [[nodiscard]] base::Result<void> checkSpaceLeft(const base::DiskName& disk) const;

    Surroundings around_;
    const Sizes sizes_;
    const base::Clock& clock_;
    base::Log log_;
};

using Captures = TransferJobs<CaptureKind>;

}  // namespace standin::image_store
