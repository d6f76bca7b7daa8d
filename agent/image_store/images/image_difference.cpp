#include "agent/image_store/images/image_difference.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/image_store/images/proven_checksums.hpp"

namespace standin::image_store {

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
    ProvenChecksums left_rows(a);
    ProvenChecksums right_rows(b);
    const auto& larger = left.size_bytes > right.size_bytes ? left : right;
    for (std::uint64_t at = 0; at < larger.blocks(); at += checksums_at_once) {
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
