#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/read_ahead.hpp"
#include "agent/image_store/transfers/restore.hpp"

namespace standin::image_store {

/// Checksums in order, a piece of the table at a time.
class ChecksumRows {
  public:
    explicit ChecksumRows(ImageContent& image) : image_(image) {}

    base::Result<Checksum> at(std::uint64_t index) {
        if (index < first_ || index >= first_ + rows_.size()) {
            first_ = index;
            rows_.resize(std::min<std::uint64_t>(2048, image_.manifest().blocks() - index));
            if (auto read = image_.readChecksums(first_, rows_); !read) {
                rows_.clear();
                return base::failure(read.error());
            }
        }
        return rows_[index - first_];
    }

  private:
    ImageContent& image_;
    std::uint64_t first_ = 0;
    std::vector<Checksum> rows_;
};

/// Blocks, added in ascending order. Bounded: what does not fit is not contained.
class BlockSet {
  public:
    void add(std::uint64_t index) {
        constexpr std::size_t most_runs = 1U << 20;  // 16 MiB
        if (!runs_.empty() && runs_.back().first + runs_.back().blocks == index) {
            ++runs_.back().blocks;
        } else if (runs_.size() < most_runs) {
            runs_.push_back({index, 1});
        }
    }
    [[nodiscard]] bool contains(std::uint64_t index) const {
        const auto run = std::partition_point(runs_.begin(), runs_.end(),
                                              [&](const DataRun& one) { return one.first + one.blocks <= index; });
        return run != runs_.end() && run->first <= index;
    }

  private:
    std::vector<DataRun> runs_;
};

/// Consecutive blocks that are handled together, read_at_once_bytes at most.
struct BlockGroup {
    std::uint64_t first = 0;
    std::uint64_t blocks = 0;
};

/// What writing found out and reading back needs.
struct WrittenDisk {
    BlockSet right;                              ///< were on the medium already: neither written nor read again
    std::map<std::uint64_t, Checksum> accepted;  ///< damaged blocks, and what was written
    std::string first_damage;
};

/// Writes the blocks of the image that the disk does not have yet, zeros the rest, and syncs.
base::Result<WrittenDisk> writeImage(ImageContent& image, const DiskAccess& disk, TransferWatch& watch, Damage damage);

/// Reads back what was written or zeroed, from the medium, and compares it. Corrupt: it differs, or can't be read.
base::Result<void> readImageBack(ImageContent& image, const DiskAccess& disk, TransferWatch& watch,
                                 const WrittenDisk& written);

/// `disk 'd' gave back something else …`
base::Error gaveBackSomethingElse(const DiskAccess& disk, std::uint64_t offset);
base::Error couldNotReadBack(const DiskAccess& disk, const base::Error& cause);

}  // namespace standin::image_store
