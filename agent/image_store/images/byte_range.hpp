#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace standin::image_store {

struct ByteRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;  ///< after the last byte
};

/// A `Range` header's single range (RFC 9110, 14.1) of `size` bytes. Unsatisfiable: the range begins behind the end. A
/// malformed header or several ranges are ignored, as the RFC allows: the whole content is returned.
struct RangeAsked {
    enum class Kind { Whole, Part, Unsatisfiable } kind = Kind::Whole;
    ByteRange range;
};
RangeAsked parseRange(std::string_view header, std::uint64_t size);

}  // namespace standin::image_store
