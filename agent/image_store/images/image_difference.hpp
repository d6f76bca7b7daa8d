#pragma once

#include "agent/image_store/images/image_repository.hpp"
#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// How many blocks and bytes of two images differ (S144, S158). Only checksums are compared, no content is read; equal
/// images are recognised by their whole checksums. Blocks that only the larger one has count as different.
/// InvalidInput: different block sizes. Corrupt: a manifest's table does not match its whole checksum.
base::Result<protocol::ImageDifference> difference(ImageContent& a, ImageContent& b);

}  // namespace standin::image_store
