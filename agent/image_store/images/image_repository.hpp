#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/image_store/images/image_manifest.hpp"

namespace standin::image_store {

/// An image opened for reading. While one exists the image cannot be removed. Not thread-safe.
class ImageContent {
  public:
    virtual ~ImageContent() = default;
    [[nodiscard]] virtual const ImageManifest& manifest() const = 0;
    /// The checksums of blocks [first, first + into.size()).
    virtual base::Result<void> readChecksums(std::uint64_t first, std::span<Checksum> into) = 0;
    /// The first block at or after `from` that may be not all zero; manifest().blocks() if there is none. Makes the
    /// zeros of a large empty disk cost nothing.
    [[nodiscard]] virtual std::uint64_t nextCandidate(std::uint64_t from) const = 0;
    /// Reads the whole table. Corrupt: it is not what was captured.
    [[nodiscard]] virtual base::Result<void> proveTable() = 0;
    /// The manifest's bytes, as a file.
    virtual base::Result<void> readManifest(std::uint64_t offset, std::span<std::byte> into) = 0;
    /// Reads blocks from the medium from now on, not from the page cache, where a bit that flipped on the medium after
    /// the capture is not seen. False: the file system has no direct reads (tmpfs, some FUSE file systems); then what
    /// the kernel lets go of is dropped from the cache.
    virtual bool readFromMedium() { return false; }
    /// Block `index` as captured, `manifest().bytesOf(index)` bytes. Corrupt: the stored data have changed, which is
    /// remembered as the image's damage; `into` has them as they are, zeros if they can't be read.
    virtual base::Result<void> readBlock(std::uint64_t index, std::span<std::byte> into) = 0;
};

/// An image that is being made. Others do not see it before commit(); without commit() nothing remains of it.
class ImageDraft {
  public:
    virtual ~ImageDraft() = default;
    /// Blocks are written in ascending order; omitted blocks are zero.
    virtual base::Result<void> writeBlock(std::uint64_t index, Bytes bytes) = 0;
    /// What the manifest is to keep about the disk.
    virtual void describe(PartitionTable table) = 0;
    /// Durable when it returns. Nothing else may be called afterwards.
    virtual base::Result<ImageManifest> commit() = 0;
};

struct StoredImage {
    base::ImageId id;
    base::Result<ImageManifest> manifest;  ///< or why the image cannot be used
    std::string damage{};                  ///< see ImageRepository::damageOf()
};

/// Stores images. Another layout (chunks, compression) would be another implementation. Thread-safe.
class ImageRepository {
  public:
    virtual ~ImageRepository() = default;
    virtual std::vector<StoredImage> list() = 0;  ///< by id
    /// Opens an image. NotFound; Corrupt: the manifest or the content file is incomplete. Cheap: no block is read.
    virtual base::Result<std::unique_ptr<ImageContent>> open(const base::ImageId& id) = 0;
    /// Starts a new image. Conflict: the id exists, or is being made.
    virtual base::Result<std::unique_ptr<ImageDraft>> create(const base::ImageId& id, const base::DiskName& disk,
                                                             std::uint64_t size_bytes,
                                                             std::uint32_t sector_bytes = 0) = 0;
    /// Removes the image completely, also a corrupt one. NotFound; Conflict while it is being read.
    virtual base::Result<void> remove(const base::ImageId& id) = 0;
    /// The number of present readers.
    [[nodiscard]] virtual unsigned readers(const base::ImageId& id) const = 0;
    virtual base::Result<std::uint64_t> freeBytes() = 0;

    /// Whole images can be read, nothing can be written: the file system is read-only, perhaps since an error.
    [[nodiscard]] virtual bool readOnly() const { return false; }
    /// Captures that an earlier process did not finish; nothing is left of them.
    [[nodiscard]] virtual std::vector<ImageManifest> interrupted() const { return {}; }

    /// The damage that was found in an image, also by earlier processes; empty: none is known.
    [[nodiscard]] virtual std::string damageOf(const base::ImageId& id) const = 0;
    /// Remembers damage, durably unless the store is read-only; no effect if some is known already.
    virtual void markDamaged(const base::ImageId& id, const std::string& damage) = 0;
    /// The whole image was read and is as it was captured.
    virtual void clearDamage(const base::ImageId& id) = 0;
};

}  // namespace standin::image_store
