#include "agent/image_store/transfers/capture.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "agent/image_store/disks/disk_writes.hpp"

namespace standin::image_store {

namespace {

constexpr std::size_t read_at_once_bytes = 1U << 20;  // sequential speed of the disk; a multiple of every block size

/// Copies the blocks of `piece`, which begins at `at`, that are not zero.
base::Result<void> store(ImageDraft& draft, std::uint64_t at, Bytes piece, const CaptureOptions& options) {
    const auto block_bytes = options.block_size_bytes;
    std::uint64_t stored = 0;
    for (std::size_t offset = 0; offset < piece.size(); offset += block_bytes) {
        auto block = piece.subspan(offset, std::min<std::size_t>(block_bytes, piece.size() - offset));
        if (allZero(block)) continue;
        if (auto written = draft.writeBlock((at + offset) / block_bytes, block); !written) return written;
        stored += block.size();
    }
    return options.stored && stored > 0 ? options.stored(stored) : base::Result<void>();
}

base::Result<void> checkWhole(const DiskAccess& disk, const WriteMarks& before) {
    if (writeMarksOf(disk.file()) == before) return {};
    return base::failure(base::ErrorCode::Refused,
                         fmt::format("disk '{}' ({}) was written to while it was captured, so its image would be torn "
                                     "and is not kept; stop what writes to it, then capture it again",
                                     disk.name().text(), disk.file().path()));
}

}  // namespace

base::Result<ImageManifest> capture(const DiskAccess& disk, ImageDraft& draft, const CaptureOptions& options,
                                    TransferWatch& watch) {
    const auto block_size_bytes = options.block_size_bytes;
    const auto size = disk.sizeBytes();
    const auto before = writeMarksOf(disk.file());
    watch.begin(size);
    ::posix_fadvise(disk.file().descriptor(), 0, 0, POSIX_FADV_SEQUENTIAL);
    std::vector<std::byte> buffer(std::max<std::size_t>(read_at_once_bytes, block_size_bytes));
    std::uint64_t at = 0;
    while (at < size) {
        auto extent = nextContent(disk.file(), at, size);
        auto begin =
            extent.begin / block_size_bytes * block_size_bytes;  // may lie before `at`: that block has been read
        begin = std::max(begin, at);
        watch.skipped(begin - at);
        at = begin;
        while (at < extent.end) {
            if (options.pause) options.pause();
            auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), size - at));
            if (auto read = disk.file().readAt(at, piece); !read) return base::failure(read.error());
            if (auto stored = store(draft, at, piece, options); !stored) return base::failure(stored.error());
            disk.file().dropCache(at, piece.size());  // an image's worth of cache is worth more to others
            if (auto moved = watch.moved(piece.size()); !moved) return base::failure(moved.error());
            at += piece.size();
        }
    }
    const ReadDisk read = [&](std::uint64_t offset, std::span<std::byte> into) {
        return disk.file().readAt(offset, into);
    };
    if (auto table = partitionTableOf(read, size, disk.sectorBytes()); table) draft.describe(std::move(*table));
    if (auto whole = checkWhole(disk, before); !whole) return base::failure(whole.error());
    auto manifest = draft.commit();
    if (manifest) watch.finish();
    return manifest;
}

}  // namespace standin::image_store
