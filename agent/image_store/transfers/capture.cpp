#include "agent/image_store/transfers/capture.hpp"

#include <fcntl.h>

#include <algorithm>
#include <vector>

namespace standin::image_store {

namespace {
constexpr std::size_t read_at_once_bytes = 1U << 20;  // sequential speed of the disk; a multiple of every block size
}

base::Result<ImageManifest> capture(const DiskAccess& disk, ImageDraft& draft, const CaptureOptions& options,
                                    TransferWatch& watch) {
    const auto block_size_bytes = options.block_size_bytes;
    const auto size = disk.sizeBytes();
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
            for (std::size_t offset = 0; offset < piece.size(); offset += block_size_bytes) {
                auto block =
                    Bytes(piece).subspan(offset, std::min<std::size_t>(block_size_bytes, piece.size() - offset));
                if (allZero(block)) continue;
                if (auto written = draft.writeBlock((at + offset) / block_size_bytes, block); !written)
                    return base::failure(written.error());
            }
            disk.file().dropCache(at, piece.size());  // an image's worth of cache is worth more to others
            if (auto moved = watch.moved(piece.size()); !moved) return base::failure(moved.error());
            at += piece.size();
        }
    }
    auto manifest = draft.commit();
    if (manifest) watch.finish();
    return manifest;
}

}  // namespace standin::image_store
