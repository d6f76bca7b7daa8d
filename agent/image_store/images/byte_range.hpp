#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace standin::image_store {

struct ByteRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;  ///< behind the last byte
};

/// A `Range` header's single range (RFC 9110, 14.1) over `size` bytes. Unsatisfiable: a range that begins behind the
/// end. A header that is malformed or asks for several ranges is to be ignored, as the RFC allows: the whole.
struct RangeAsked {
    enum class Kind { Whole, Part, Unsatisfiable } kind = Kind::Whole;
    ByteRange range;
};
RangeAsked parseRange(std::string_view header, std::uint64_t size);

}  // namespace standin::image_store
