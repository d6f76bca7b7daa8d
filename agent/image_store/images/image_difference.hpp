#pragma once

#include "agent/image_store/images/image_repository.hpp"
#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// How many blocks and bytes of the two differ (S144, S158), from their checksums alone: no content is read, and equal
/// images are recognised by their whole checksums at once. What only the larger one has differs. InvalidInput for
/// different block sizes. Corrupt if a manifest's table is not what its whole checksum says.
base::Result<protocol::ImageDifference> difference(ImageContent& a, ImageContent& b);

}  // namespace standin::image_store
