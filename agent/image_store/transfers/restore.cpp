#include "agent/image_store/transfers/restore.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/units.hpp"
#include "agent/image_store/images/aligned_buffer.hpp"
#include "agent/image_store/transfers/restore_parts.hpp"

namespace standin::image_store {

namespace {

base::Result<void> comparePatch(const DiskAccess& disk, const DiskPatch& patch) {
    auto medium = disk.openMedium();
    if (!medium) return base::failure(medium.error());
    const auto begin = patch.offset / direct_alignment * direct_alignment;
    const auto skip = patch.offset - begin;
    const auto bytes = skip + patch.bytes.size();
    const AlignedBuffer buffer((bytes + direct_alignment - 1) / direct_alignment * direct_alignment);
    auto have = medium->readSome(begin, buffer.bytes());
    if (!have) return base::failure(couldNotReadBack(disk, have.error()));
    const auto read = buffer.bytes().subspan(skip, patch.bytes.size());
    if (*have >= bytes && std::equal(read.begin(), read.end(), patch.bytes.begin())) return {};
    return base::failure(gaveBackSomethingElse(disk, patch.offset));
}

/// The disk is as in the image. A larger one needs its GPT's backup at its own end; true: it was moved there.
base::Result<bool> fitPartitionTable(const ImageManifest& image, const DiskAccess& disk) {
    if (disk.sizeBytes() == image.size_bytes) return false;
    const ReadDisk read = [&](std::uint64_t at, std::span<std::byte> into) { return disk.file().readAt(at, into); };
    const auto patches = gptForSize(read, disk.sizeBytes(), disk.sectorBytes());
    if (!patches) return base::failure(patches.error());
    for (const auto& patch : *patches) {
        if (auto written = disk.file().writeAt(patch.offset, patch.bytes); !written)
            return base::failure(written.error());
        if (auto synced = disk.file().sync(); !synced) return base::failure(synced.error());
    }
    for (const auto& patch : *patches) {
        if (auto same = comparePatch(disk, patch); !same) return base::failure(same.error());
    }
    return !patches->empty();
}

}  // namespace

base::Result<void> checkFits(const ImageManifest& image, const DiskAccess& disk) {
    if (disk.sizeBytes() >= image.size_bytes) {
        if (image.sector_bytes == 0 || image.sector_bytes == disk.sectorBytes()) return {};
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("disk '{}' has sectors of {} bytes, image '{}' is of a disk with {}: its "
                                         "partition table would not be found; nothing was written",
                                         disk.name().text(), disk.sectorBytes(), image.id.text(), image.sector_bytes));
    }
    // Not a refusal, which may pass: the same disk is as small the next time.
    return base::failure(base::ErrorCode::InvalidInput,
                         fmt::format("disk '{}' has {} bytes, image '{}' needs {} ({} more); nothing was written",
                                     disk.name().text(), disk.sizeBytes(), image.id.text(), image.size_bytes,
                                     base::humanBytes(image.size_bytes - disk.sizeBytes())));
}

base::Result<Restored> restore(ImageContent& image, const DiskAccess& disk, TransferWatch& watch, Damage damage) {
    if (auto fits = checkFits(image.manifest(), disk); !fits) return base::failure(fits.error());
    const auto content_bytes = image.manifest().data_blocks * image.manifest().block_size_bytes;
    watch.begin(2 * content_bytes);  // written, and read back
    const auto written = writeImage(image, disk, watch, damage);
    if (!written) return base::failure(written.error());
    watch.enterReadBack();
    if (auto same = readImageBack(image, disk, watch, *written); !same) return base::failure(same.error());
    const auto moved = fitPartitionTable(image.manifest(), disk);
    if (!moved) return base::failure(moved.error());
    watch.finish();
    Restored restored;
    if (*moved) restored.note = "the backup of the partition table (GPT) was moved to the end of the larger disk";
    if (!written->accepted.empty()) {
        restored.note += fmt::format("{}damaged blocks were written as they are, as was asked: {}, the first: {}",
                                     *moved ? "; " : "", written->accepted.size(), written->first_damage);
    }
    return restored;
}

}  // namespace standin::image_store
