#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "agent/image_store/images/manifest_table.hpp"

namespace standin::protocol {
class AgentClient;
}

namespace standin::image_store {

/// A manifest in a local file. Its table is read in pieces, so that its size does not matter.
class LocalManifest {
  public:
    /// Corrupt: the file does not match its checksums.
    static base::Result<LocalManifest> open(const std::string& path);
    /// Downloads the manifest of `image` from its store to `path` and opens it. The file may remain after an error.
    static base::Result<LocalManifest> download(protocol::AgentClient& store, const base::ImageId& image,
                                                const std::string& path, std::chrono::milliseconds deadline,
                                                const std::atomic<bool>& stopping);

    [[nodiscard]] const ImageManifest& manifest() const { return table_.manifest(); }
    [[nodiscard]] const OpenFile& file() const { return table_.file(); }

    struct DataBlock {
        std::uint64_t index;  ///< manifest().blocks() if there is none
        Checksum checksum;
    };
    /// The first block at or after `index` that is not all zero.
    base::Result<DataBlock> nextDataBlock(std::uint64_t index);

  private:
    explicit LocalManifest(ManifestTable table) : table_(std::move(table)), zeros_(table_.manifest()) {}
    base::Result<const Checksum*> row(std::uint64_t index);

    ManifestTable table_;
    ZeroBlocks zeros_;
    std::vector<Checksum> rows_;
    std::uint64_t first_ = 0;
};

}  // namespace standin::image_store
