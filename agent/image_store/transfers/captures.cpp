#include "agent/image_store/transfers/captures.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "agent/base/units.hpp"
#include "agent/image_store/transfers/capture.hpp"

namespace standin::image_store {

using protocol::ImageState;

namespace {

// What the capture may need at most: what the file system has allocated for the disk. Unknown (0) for a device.
std::uint64_t allocatedBytes(const DiskAccess& disk) {
    struct stat status {};
    if (disk.isBlockDevice() || ::fstat(disk.file().descriptor(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

}  // namespace

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
    auto space = around_.repository.freeBytes();
    auto needed = allocatedBytes(*disk) + sizes_.least_free_bytes;
    if (space && *space < needed) {
        return base::failure(
            base::ErrorCode::Refused,
            fmt::format("there is not space enough for an image of disk '{}': {} free, {} needed; delete old images",
                        place.name.text(), base::humanBytes(*space), base::humanBytes(needed)));
    }
    auto draft = around_.repository.create(id, place.name, disk->sizeBytes(), disk->sectorBytes());
    if (!draft) return base::failure(draft.error());
    View image;
    image.id = id;
    image.disk = place.name;
    image.state = ImageState::Capturing;
    image.size_bytes = disk->sizeBytes();
    image.created_at = base::rfc3339(clock_.wall());
    return std::pair(std::move(image), Work{std::move(*disk), std::move(*draft)});
}

void CaptureKind::begun(const View& image) {
    log_.notice("image '{}': 'none' -> 'capturing' (from disk '{}')", image.id.text(), image.disk.text());
}

base::Result<ImageManifest> CaptureKind::move(Work& work, TransferWatch& watch) const {
    return capture(work.access, *work.draft,
                   {sizes_.block_bytes, [&] { around_.restores.awaitRest(watch.stopToken()); }}, watch);
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
