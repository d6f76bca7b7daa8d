#pragma once

#include <span>
#include <vector>

#include "agent/image_store/images/image_repository.hpp"

namespace standin::image_store {

/// Reads an image's table of checksums from its beginning to its end and checks it against the whole checksum.
class ProvenChecksums {
  public:
    explicit ProvenChecksums(ImageContent& image);

    /// The next blocks' checksums, valid until the next call; empty at the end.
    base::Result<std::span<const Checksum>> next();
    /// Precondition: the whole table was read. Corrupt: it differs from what was captured.
    base::Result<void> prove();

  private:
    ImageContent& image_;
    Sha256 whole_;
    std::vector<Checksum> rows_;
    std::uint64_t at_ = 0;
};

inline constexpr std::uint64_t checksums_at_once = 4096;  // 128 KiB of table

}  // namespace standin::image_store
