#pragma once

#include <memory>
#include <string>

#include "agent/http/response.hpp"
#include "agent/image_store/images/image_repository.hpp"

namespace standin::image_store {

/// `GET images/{id}/content`: the disk's bytes, or the part that a Range header asks for (206, 416). Corrupt if its
/// first block is damaged; a damaged block further on breaks the connection, and a request that goes on from there is
/// refused why.
base::Result<http::Response> contentResponse(std::unique_ptr<ImageContent> image, const std::string& range);

/// `GET images/{id}/manifest`: header and table as in ImageManifest.
http::Response manifestResponse(std::unique_ptr<ImageContent> image);

/// `GET images/{id}/blocks?from=<block>`: the blocks from there on that are not all zero, in order, back to back. Which
/// ones they are is known from the manifest. InvalidInput for a block that the image has not. Corrupt as with content.
base::Result<http::Response> blocksResponse(std::unique_ptr<ImageContent> image, const std::string& from);

}  // namespace standin::image_store
