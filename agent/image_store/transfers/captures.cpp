#include "agent/image_store/transfers/captures.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "agent/base/units.hpp"
#include "agent/image_store/transfers/capture.hpp"

namespace standin::image_store {

using protocol::ImageState;

protocol::Image CaptureKind::show(View image, const TransferWatch& watch) const {
    image.progress = watch.progress();
    return image;
}

std::optional<base::Result<protocol::Image>> CaptureKind::repeated(const View& known, const DiskPlace& place) const {
    if (known.state != ImageState::Capturing) return std::nullopt;
    if (known.disk == place.name) return known;
    return base::failure(base::ErrorCode::Conflict, fmt::format("image '{}' is being captured from disk '{}'",
                                                                known.id.text(), known.disk.text()));
}

base::Result<std::pair<protocol::Image, CaptureKind::Work>> CaptureKind::prepare(const Id& id, const DiskPlace& place) {
    auto disk = around_.disks.open(place, DiskAccess::Purpose::Read);
    if (!disk) return base::failure(disk.error());
    auto space = reserve(*disk);
    if (!space) return base::failure(space.error());
    auto draft = around_.repository.create(id, place.name, disk->sizeBytes(), disk->sectorBytes());
    if (!draft) return base::failure(draft.error());
    View image;
    image.id = id;
    image.disk = place.name;
    image.state = ImageState::Capturing;
    image.size_bytes = disk->sizeBytes();
    image.created_at = base::rfc3339(clock_.wall());
    return std::pair(std::move(image), Work{std::move(*disk), std::move(*draft), std::move(*space)});
}

// What the file system has allocated for the disk; of a device, what its newest image holds (0: there is none).
std::uint64_t CaptureKind::expectedBytes(const DiskAccess& disk) const {
    struct stat status {};
    if (!disk.isBlockDevice() && ::fstat(disk.file().descriptor(), &status) == 0)
        return static_cast<std::uint64_t>(status.st_blocks) * 512;
    const auto images = around_.repository.list();
    const ImageManifest* newest = nullptr;
    for (const auto& stored : images) {
        if (!stored.manifest || stored.manifest->disk != disk.name()) continue;
        if (newest == nullptr || stored.manifest->created_at > newest->created_at) newest = &*stored.manifest;
    }
    return newest == nullptr ? 0 : newest->data_blocks * newest->block_size_bytes;
}

base::Result<SpaceReservations::Reservation> CaptureKind::reserve(const DiskAccess& disk) {
    const auto space = around_.repository.freeBytes();
    const auto needed = expectedBytes(disk);
    const auto others = around_.space.bytes();
    if (space && *space < needed + others + sizes_.least_free_bytes) {
        return base::failure(
            base::ErrorCode::Refused,
            fmt::format("there is not enough space for an image of disk '{}': {} free, of which running captures may "
                        "need {} and {} stay free (least_free); {} needed; delete old images",
                        disk.name().text(), base::humanBytes(*space), base::humanBytes(others),
                        base::humanBytes(sizes_.least_free_bytes), base::humanBytes(needed)));
    }
    return around_.space.reserve(needed);
}

base::Result<void> CaptureKind::checkSpaceLeft(const base::DiskName& disk) const {
    const auto space = around_.repository.freeBytes();
    if (!space || *space >= sizes_.least_free_bytes) return {};
    return base::failure(base::ErrorCode::Refused,
                         fmt::format("the image of disk '{}' leaves less than {} free (least_free) and is not kept; "
                                     "delete old images, then capture it again",
                                     disk.text(), base::humanBytes(sizes_.least_free_bytes)));
}

void CaptureKind::begun(const View& image) {
    log_.notice("image '{}': 'none' -> 'capturing' (from disk '{}')", image.id.text(), image.disk.text());
}

base::Result<ImageManifest> CaptureKind::move(Work& work, TransferWatch& watch) const {
    CaptureOptions options;
    options.block_size_bytes = sizes_.block_bytes;
    options.pause = [&] { around_.restores.awaitRest(watch.stopToken()); };
    options.stored = [&](std::uint64_t bytes) -> base::Result<void> {
        work.space.used(bytes);
        return checkSpaceLeft(work.access.name());
    };
    return capture(work.access, *work.draft, options, watch);
}

void CaptureKind::end(View& image, const base::Result<Outcome>& outcome, const TransferWatch& /*watch*/,
                      std::chrono::nanoseconds took) {
    if (outcome) {
        log_.notice("image '{}': 'capturing' -> 'ready' ({} of {} kept, {:.1f} s)", image.id.text(),
                    base::humanBytes(outcome->data_blocks * outcome->block_size_bytes),
                    base::humanBytes(outcome->size_bytes), std::chrono::duration<double>(took).count());
        return;
    }
    image.state = ImageState::Failed;
    image.problem = outcome.error().message;
    log_.error("image '{}': 'capturing' -> 'failed' ({})", image.id.text(), image.problem);
}

base::Error CaptureKind::unknown(const Id& id) const {
    return {base::ErrorCode::NotFound, fmt::format("image '{}' is not being captured", id.text())};
}

}  // namespace standin::image_store
