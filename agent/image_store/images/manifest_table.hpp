#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/image_store/images/image_manifest.hpp"
#include "agent/image_store/images/open_file.hpp"

namespace standin::image_store {

/// An open manifest file of either format: its header, and the checksums of the blocks. Rows are read from the file in
/// pieces; of format 2 the runs are kept in memory (24 bytes each). One thread at a time.
class ManifestTable {
  public:
    /// Corrupt: the header is damaged, or the file's length does not match it.
    static base::Result<ManifestTable> open(OpenFile file);

    [[nodiscard]] const ImageManifest& manifest() const { return manifest_; }
    [[nodiscard]] const OpenFile& file() const { return file_; }
    [[nodiscard]] std::uint64_t fileBytes() const { return manifestBytes(manifest_); }

    /// The checksums of blocks [first, first + into.size()).
    [[nodiscard]] base::Result<void> read(std::uint64_t first, std::span<Checksum> into) const;
    /// The first block at or after `from` that may be not all zero; manifest().blocks() if there is none. Format 1
    /// knows only from the checksums: `from` itself.
    [[nodiscard]] std::uint64_t nextCandidate(std::uint64_t from) const;
    /// Corrupt: the table is not the one whose whole checksum the header has. Reads all of it.
    [[nodiscard]] base::Result<void> prove() const;

  private:
    struct Run {
        std::uint64_t first;
        std::uint64_t blocks;
        std::uint64_t row;  ///< of `first`, in the table
    };
    ManifestTable(OpenFile file, ImageManifest manifest)
        : file_(std::move(file)), manifest_(std::move(manifest)), zeros_(manifest_) {}
    base::Result<void> readRuns();
    [[nodiscard]] base::Result<void> readRows(std::uint64_t row, std::span<Checksum> into) const;
    /// The first run that ends behind `index`.
    [[nodiscard]] std::vector<Run>::const_iterator runBehind(std::uint64_t index) const;

    OpenFile file_;
    ImageManifest manifest_;
    ZeroBlocks zeros_;
    std::vector<Run> runs_;
};

}  // namespace standin::image_store
