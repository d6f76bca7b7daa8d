#include "agent/image_store/transfers/capture.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "agent/image_store/disks/disk_writes.hpp"
#include "agent/image_store/transfers/read_ahead.hpp"

namespace standin::image_store {

namespace {

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

base::Error endsTooEarly(const DiskAccess& disk, std::uint64_t offset) {
    return {base::ErrorCode::Corrupt,
            fmt::format("disk '{}' ({}) ends at byte {}, before byte {}; see whether it was made smaller",
                        disk.name().text(), disk.file().path(), offset, disk.sizeBytes())};
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
    std::uint64_t at = 0;
    Extent content{0, 0};
    ReadAhead ahead(disk.file(), [&]() -> std::optional<ReadPiece> {
        if (content.end <= at) content = nextContent(disk.file(), at, size);
        // May lie before `at`: that block has been read.
        at = std::max(content.begin / block_size_bytes * block_size_bytes, at);
        if (at >= size) return std::nullopt;
        const auto bytes = std::min<std::uint64_t>(read_at_once_bytes, size - at);
        at += bytes;
        return ReadPiece{at - bytes, static_cast<std::size_t>(bytes)};
    });
    std::uint64_t done = 0;
    while (auto read = ahead.take()) {
        if (options.pause) options.pause();
        watch.skipped(read->piece.offset - done);  // a hole
        done = read->piece.offset + read->piece.bytes;
        const auto& piece = read->piece;
        if (!read->have) return base::failure(read->have.error());
        if (*read->have < piece.bytes) return base::failure(endsTooEarly(disk, piece.offset + *read->have));
        if (auto stored = store(draft, piece.offset, read->bytes, options); !stored)
            return base::failure(stored.error());
        disk.file().dropCache(piece.offset, piece.bytes);  // an image's worth of cache is worth more to others
        if (auto moved = watch.moved(piece.bytes); !moved) return base::failure(moved.error());
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
