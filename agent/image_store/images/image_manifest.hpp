#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/identifier.hpp"
#include "agent/image_store/images/checksum.hpp"
#include "agent/image_store/images/partition_table.hpp"

namespace standin::image_store {

// How it works, and why so.
//
// An image is two files: a sparse one with the disk's content, and this manifest with one SHA-256 for each block. The
// manifest alone answers most questions: two images differ where their tables differ (a comparison reads no block), a
// block of zeros is recognised by its checksum (holes are neither stored nor sent), and a receiver can check each block
// on arrival from any number of connections.
//
// A checksum for each block, and not a chain or a tree: a restore writes blocks in any order and in parallel, and a
// damaged block is named with its offset. The table is 32 bytes for each block: with 64 KiB blocks 0.05 % of the disk.
//
// The header comes first but is written last, when everything is known. The file is called `manifest.partial` until
// content, table and header are durable, and `manifest` afterwards: what a crash leaves has the partial name, and the
// next start removes it. Nothing else marks an image as complete.

enum class ManifestFormat { Rows = 1, Runs = 2 };

/// As in the file: a little-endian machine is assumed, as everywhere in agents' files.
struct DataRun {
    std::uint64_t first;
    std::uint64_t blocks;
};

/// The properties of an image that are known without reading its blocks.
///
/// Its format as a file, and in `GET /v1/images/{id}/manifest`:
///
///     offset 0     `standin-image <format> <SHA-256 of the second line, hexadecimal>\n`
///                  `{"id":…,"disk":…,"created_at":…,"size_bytes":…,"block_size_bytes":…,"data_blocks":…,"checksum":…}\n`
///                  zero bytes
///     offset 4096  the blocks' SHA-256, 32 bytes each, in order; the last block may be short. In format 2 only of the
///                  `data_blocks` blocks that are not all zero, and then `runs` times where they lie: the first
///                  block and how many, 8 bytes each, little-endian, in order and never touching
///
/// Format 1 costs 0.05 % of the disk whatever it holds (512 MiB for 1 TiB), so that large disks, which are mostly
/// empty, have format 2; small ones have format 1, which earlier releases read, too.
///
/// The header has a fixed size so that the table can be written while the disk is read, in bounded memory, and the
/// header when all is known. Every byte of the file is under a checksum: the second line by the first, the table by
/// `checksum`.
struct ImageManifest {
    base::ImageId id;
    base::DiskName disk;  ///< the disk that was captured
    base::WallTime created_at;
    std::uint64_t size_bytes = 0;
    std::uint64_t block_size_bytes = 0;
    std::uint64_t data_blocks = 0;  ///< blocks that are not all zero
    Checksum checksum{};  ///< of the whole: see wholeChecksumBegin(); equal if and only if the content is equal

    std::uint32_t sector_bytes = 0;  ///< of the disk; 0: captured by a release that did not record it
    ManifestFormat format = ManifestFormat::Rows;
    std::uint64_t runs = 0;  ///< of format 2
    PartitionTable table{};  ///< Unknown: captured by a release that did not look

    [[nodiscard]] std::uint64_t blocks() const { return (size_bytes + block_size_bytes - 1) / block_size_bytes; }
    /// Bytes of block `index`: block_size_bytes, or less for the last one.
    [[nodiscard]] std::size_t bytesOf(std::uint64_t index) const;
};

inline constexpr std::size_t manifest_header_bytes = 4096;
inline constexpr std::size_t smallest_block_bytes = 4096;     // a disk's physical sector
inline constexpr std::size_t largest_block_bytes = 1U << 20;  // what a reader must be ready to hold
inline constexpr std::uint64_t largest_image_bytes =
    1ULL << 46;  // 64 TiB: beyond any disk here, and no overflow in sums of sizes

/// The length of the manifest as a file.
std::uint64_t manifestBytes(const ImageManifest& manifest);

/// The format for a disk of so many blocks.
ManifestFormat formatFor(std::uint64_t blocks);

/// The header's 4096 bytes. Of a long partition table only the first entries are kept.
std::vector<std::byte> encodeHeader(const ImageManifest& manifest);

/// The inverse of encodeHeader(). Corrupt, with the reason, for anything that it would not have written.
base::Result<ImageManifest> decodeHeader(Bytes header);

/// The whole checksum is the SHA-256 of one line with the two sizes and then of all that follows the header: in format
/// 1 all the blocks' checksums in order. So it is known as soon as the last block is, without hashing holes or reading
/// anything twice.
Sha256 wholeChecksumBegin(std::uint64_t size_bytes, std::uint64_t block_size_bytes);

/// Which blocks of an image are all zero, by comparing checksums.
class ZeroBlocks {
  public:
    explicit ZeroBlocks(const ImageManifest& manifest);
    [[nodiscard]] bool contains(std::uint64_t index, const Checksum& checksum) const {
        return checksum == (index + 1 == blocks_ ? last_ : full_);
    }
    [[nodiscard]] const Checksum& checksum(std::uint64_t index) const { return index + 1 == blocks_ ? last_ : full_; }

  private:
    std::uint64_t blocks_;
    Checksum full_;
    Checksum last_;
};

}  // namespace standin::image_store
