#include "agent/image_store/images/image_difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace standin::image_store {

namespace {
constexpr std::uint64_t rows_at_once = 4096;  // 128 KiB of table
}

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
    for (auto* image : {&a, &b}) {
        if (auto proven = image->proveTable(); !proven) return base::failure(proven.error());
    }
    const auto& larger = left.size_bytes > right.size_bytes ? left : right;
    std::vector<Checksum> left_rows;
    std::vector<Checksum> right_rows;
    // Where both have only zeros, or nothing, there is no difference; the zeros of the larger one alone are one.
    const auto common = std::min(left.blocks(), right.blocks());
    for (std::uint64_t at = 0; at < larger.blocks();) {
        if (at < common) at = std::min({common, a.nextCandidate(at), b.nextCandidate(at)});
        const auto rows = [&](ImageContent& image, std::vector<Checksum>& into) {
            into.resize(std::min(rows_at_once, image.manifest().blocks() - std::min(at, image.manifest().blocks())));
            return into.empty() ? base::Result<void>() : image.readChecksums(at, into);
        };
        if (auto read = rows(a, left_rows); !read) return base::failure(read.error());
        if (auto read = rows(b, right_rows); !read) return base::failure(read.error());
        const auto compared = std::max(left_rows.size(), right_rows.size());
        for (std::size_t i = 0; i < compared; ++i) {
            if (i < left_rows.size() && i < right_rows.size() && left_rows[i] == right_rows[i]) continue;
            ++result.blocks;
            result.bytes += larger.bytesOf(at + i);
        }
        at += compared;
    }
    result.equal = result.blocks == 0;  // also if their manifests have different formats, and so different checksums
    return result;
}

}  // namespace standin::image_store
