#include "agent/image_store/images/proven_checksums.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace standin::image_store {

ProvenChecksums::ProvenChecksums(ImageContent& image)
    : image_(image), whole_(wholeChecksumBegin(image.manifest().size_bytes, image.manifest().block_size_bytes)) {}

base::Result<std::span<const Checksum>> ProvenChecksums::next() {
    rows_.resize(std::min(checksums_at_once, image_.manifest().blocks() - at_));
    if (auto read = image_.readChecksums(at_, rows_); !read) return base::failure(read.error());
    whole_.update(std::as_bytes(std::span(rows_)));
    at_ += rows_.size();
    return std::span<const Checksum>(rows_);
}

base::Result<void> ProvenChecksums::prove() {
    if (whole_.finish() == image_.manifest().checksum) return {};
    return base::failure(
        base::ErrorCode::Corrupt,
        fmt::format("image '{}': its blocks' checksums do not give its whole checksum", image_.manifest().id.text()));
}

}  // namespace standin::image_store
