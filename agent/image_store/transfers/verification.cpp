#include "agent/image_store/transfers/verification.hpp"

#include <algorithm>
#include <vector>

namespace standin::image_store {

namespace {
constexpr std::uint64_t rows_at_once = 4096;  // 128 KiB of table
}

base::Result<ImageDamage> verify(ImageContent& image, TransferWatch& watch, const std::function<void()>& pause) {
    const auto& manifest = image.manifest();
    watch.begin(manifest.data_blocks * manifest.block_size_bytes);
    ImageDamage damage;
    damage.from_medium = image.readFromMedium();
    if (auto proven = image.proveTable(); !proven) return base::failure(proven.error());
    const ZeroBlocks zeros(manifest);
    std::vector<Checksum> rows;
    std::vector<std::byte> block(manifest.block_size_bytes);
    for (auto first = image.nextCandidate(0); first < manifest.blocks();
         first = image.nextCandidate(first + rows.size())) {
        rows.resize(std::min(rows_at_once, manifest.blocks() - first));
        if (auto read = image.readChecksums(first, rows); !read) return base::failure(read.error());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto at = first + i;
            if (zeros.contains(at, rows[i])) continue;  // made from its checksum, never read
            pause();
            auto bytes = std::span(block).first(manifest.bytesOf(at));
            if (auto read = image.readBlock(at, bytes); !read && ++damage.blocks == 1)
                damage.first = read.error().message;
            if (auto moved = watch.moved(bytes.size()); !moved) return base::failure(moved.error());
        }
    }
    watch.finish();
    return damage;
}

}  // namespace standin::image_store
