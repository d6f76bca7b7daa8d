#pragma once

#include <functional>

#include "agent/image_store/disks/disk_access.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/transfer.hpp"

namespace standin::image_store {

struct CaptureOptions {
    std::uint64_t block_size_bytes = 64U << 10;
    std::function<void()> pause{};  ///< called before each piece is read; may wait
    /// Called with the bytes that were just stored; an error ends the capture.
    std::function<base::Result<void>(std::uint64_t bytes)> stored{};
};

/// Reads the whole disk into the draft and commits it (S142, S154). Holes are not read, and zeros are not stored.
/// Refused: something wrote to the disk meanwhile, so that the image would be torn.
base::Result<ImageManifest> capture(const DiskAccess& disk, ImageDraft& draft, const CaptureOptions& options,
                                    TransferWatch& watch);

}  // namespace standin::image_store
