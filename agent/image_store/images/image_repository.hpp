#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/image_store/images/image_manifest.hpp"

namespace standin::image_store {

/// An image opened for reading. While one exists its image cannot be removed. Safe to use from one thread at a time.
class ImageContent {
  public:
    virtual ~ImageContent() = default;
    [[nodiscard]] virtual const ImageManifest& manifest() const = 0;
    /// The checksums of blocks [first, first + into.size()).
    virtual base::Result<void> readChecksums(std::uint64_t first, std::span<Checksum> into) = 0;
    /// Block `index` as it was captured, `manifest().bytesOf(index)` bytes. Corrupt if what is stored is not that any
    /// more.
    virtual base::Result<void> readBlock(std::uint64_t index, std::span<std::byte> into) = 0;
};

/// An image that is being made. It does not exist for others before commit(); without commit() it leaves nothing.
class ImageDraft {
  public:
    virtual ~ImageDraft() = default;
    /// Blocks come in ascending order; blocks that are left out are zero.
    virtual base::Result<void> writeBlock(std::uint64_t index, Bytes bytes) = 0;
    /// Durable when it returns. Nothing may be called afterwards.
    virtual base::Result<ImageManifest> commit() = 0;
};

struct StoredImage {
    base::ImageId id;
    base::Result<ImageManifest> manifest;  ///< or why the image can't be used
};

/// Where images are kept: the seam behind which another layout (chunks, compression) can take its place. Thread-safe.
class ImageRepository {
  public:
    virtual ~ImageRepository() = default;
    virtual std::vector<StoredImage> list() = 0;  ///< by id
    /// NotFound, or Corrupt if the image's manifest or the file behind it isn't whole. Cheap: no block is read.
    virtual base::Result<std::unique_ptr<ImageContent>> open(const base::ImageId& id) = 0;
    /// Conflict if the id is taken, also by a draft.
    virtual base::Result<std::unique_ptr<ImageDraft>> create(const base::ImageId& id, const base::DiskName& disk,
                                                             std::uint64_t size_bytes,
                                                             std::uint32_t sector_bytes = 0) = 0;
    /// Nothing is left of the image. Also for one that is corrupt. NotFound; Conflict while it is read.
    virtual base::Result<void> remove(const base::ImageId& id) = 0;
    /// How many read it now.
    [[nodiscard]] virtual unsigned readers(const base::ImageId& id) const = 0;
    virtual base::Result<std::uint64_t> freeBytes() = 0;
};

}  // namespace standin::image_store
