#pragma once

#include <functional>
#include <string>

#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/transfer.hpp"

namespace standin::image_store {

struct ImageDamage {
    std::uint64_t blocks = 0;  ///< blocks that differ from what was captured or cannot be read; 0: the image is intact
    std::string first{};       ///< of them
    bool from_medium = true;   ///< false: the file system has no direct reads; see ImageContent::readFromMedium()
};

/// Reads every block of the image that is not zero, and its table, and compares them with their checksums; continues
/// after a damaged block. `pause` is called before each block and may wait. Refused 'cancelled' if a stop is requested.
/// Corrupt: the table is damaged, so nothing is known about the blocks.
base::Result<ImageDamage> verify(ImageContent& image, TransferWatch& watch, const std::function<void()>& pause);

}  // namespace standin::image_store
