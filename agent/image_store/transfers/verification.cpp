#include "agent/image_store/transfers/verification.hpp"

#include "agent/image_store/images/proven_checksums.hpp"

namespace standin::image_store {

namespace {

base::Result<void> proveTable(ImageContent& image) {
    ProvenChecksums checksums(image);
    while (true) {
        auto rows = checksums.next();
        if (!rows) return base::failure(rows.error());
        if (rows->empty()) return checksums.prove();
    }
}

}  // namespace

base::Result<ImageDamage> verify(ImageContent& image, TransferWatch& watch, const std::function<void()>& pause) {
    const auto& manifest = image.manifest();
    watch.begin(manifest.data_blocks * manifest.block_size_bytes);
    ImageDamage damage;
    damage.from_medium = image.readFromMedium();
    if (auto proven = proveTable(image); !proven) return base::failure(proven.error());
    const ZeroBlocks zeros(manifest);
    ProvenChecksums checksums(image);
    std::vector<std::byte> block(manifest.block_size_bytes);
    for (std::uint64_t index = 0; index < manifest.blocks();) {
        auto rows = checksums.next();
        if (!rows) return base::failure(rows.error());
        for (const auto& checksum : *rows) {
            const auto at = index++;
            if (zeros.contains(at, checksum)) continue;  // made from its checksum, never read
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
