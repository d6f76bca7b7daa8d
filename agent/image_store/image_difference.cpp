#include "agent/image_store/image_difference.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace standin::image_store {

namespace {

constexpr std::uint64_t rows_compared_at_once = 4096;  // 128 KiB of table

// Reads a table from its beginning to its end and proves it by the whole checksum.
class ProvenRows {
  public:
    explicit ProvenRows(ImageContent& image)
        : image_(image), whole_(wholeChecksumBegin(image.manifest().size_bytes, image.manifest().block_size_bytes)) {}

    base::Result<std::span<const Checksum>> next() {
        rows_.resize(std::min(rows_compared_at_once, image_.manifest().blocks() - at_));
        if (auto read = image_.readChecksums(at_, rows_); !read) return base::failure(read.error());
        whole_.update(std::as_bytes(std::span(rows_)));
        at_ += rows_.size();
        return std::span<const Checksum>(rows_);
    }

    base::Result<void> prove() {
        if (whole_.finish() == image_.manifest().checksum) return {};
        return base::failure(base::ErrorCode::Corrupt,
                             fmt::format("image '{}': its blocks' checksums do not give its whole checksum",
                                         image_.manifest().id.text()));
    }

  private:
    ImageContent& image_;
    Sha256 whole_;
    std::vector<Checksum> rows_;
    std::uint64_t at_ = 0;
};

}  // namespace

base::Result<protocol::ImageDifference> difference(ImageContent& a, ImageContent& b) {
    const auto& left = a.manifest();
    const auto& right = b.manifest();
    if (left.block_size_bytes != right.block_size_bytes) {
        return base::failure(
            base::ErrorCode::InvalidInput,
            fmt::format("images '{}' and '{}' have blocks of {} and {} bytes and can't be compared", left.id.text(),
                        right.id.text(), left.block_size_bytes, right.block_size_bytes));
    }
    protocol::ImageDifference result;
    if (left.checksum == right.checksum) {
        result.equal = true;
        return result;
    }
    ProvenRows left_rows(a);
    ProvenRows right_rows(b);
    const auto& larger = left.size_bytes > right.size_bytes ? left : right;
    for (std::uint64_t at = 0; at < larger.blocks(); at += rows_compared_at_once) {
        auto ours = left_rows.next();
        auto theirs = right_rows.next();
        if (!ours) return base::failure(ours.error());
        if (!theirs) return base::failure(theirs.error());
        for (std::size_t i = 0; i < std::max(ours->size(), theirs->size()); ++i) {
            if (i < ours->size() && i < theirs->size() && (*ours)[i] == (*theirs)[i]) continue;
            ++result.blocks;
            result.bytes += larger.bytesOf(at + i);
        }
    }
    if (auto proven = left_rows.prove(); !proven) return base::failure(proven.error());
    if (auto proven = right_rows.prove(); !proven) return base::failure(proven.error());
    return result;
}

}  // namespace standin::image_store
