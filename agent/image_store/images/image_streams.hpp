#pragma once

#include <memory>
#include <string>

#include "agent/http/response.hpp"
#include "agent/image_store/images/image_repository.hpp"

namespace standin::image_store {

/// `GET images/{id}/content`: the disk's bytes, or the part given by a Range header (206, 416). Corrupt: the first
/// block is damaged. A later damaged block breaks the connection, and a request that continues there is refused with
/// the reason.
base::Result<http::Response> contentResponse(std::unique_ptr<ImageContent> image, const std::string& range);

/// `GET images/{id}/manifest`: header and table as in ImageManifest.
http::Response manifestResponse(std::unique_ptr<ImageContent> image);

/// `GET images/{id}/blocks?from=<block>`: the blocks from there on that are not all zero, in order and back to back;
/// the manifest says which ones they are. InvalidInput: the image has no such block. Corrupt as for content.
base::Result<http::Response> blocksResponse(std::unique_ptr<ImageContent> image, const std::string& from);

}  // namespace standin::image_store
