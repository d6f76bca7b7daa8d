#include "agent/image_store/transfers/restore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "agent/base/units.hpp"
#include "agent/image_store/images/aligned_buffer.hpp"

namespace standin::image_store {

namespace {

constexpr std::uint64_t zero_at_once_bytes = 256U << 20;  // between two looks at 'cancelled'; zeroing may mean writing
constexpr std::size_t tail_at_once_bytes = 1U << 20;      // zeros: as much as the disk reads at its full speed

// Checksums in order, a piece of the table at a time.
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

class Restoration {
  public:
    Restoration(ImageContent& image, const DiskAccess& disk, TransferWatch& watch, Damage damage)
        : image_(image), manifest_(image.manifest()), zeros_(manifest_), disk_(disk), watch_(watch), damage_(damage) {}

    base::Result<void> write() {
        ChecksumRows rows(image_);
        std::vector<std::byte> block(manifest_.block_size_bytes);
        std::uint64_t zeros_from = 0;  // block at which the run of zeros begins that has not been written yet
        for (auto index = image_.nextCandidate(0); index < manifest_.blocks();
             index = image_.nextCandidate(index + 1)) {
            auto checksum = rows.at(index);
            if (!checksum) return base::failure(checksum.error());
            if (zeros_.contains(index, *checksum)) continue;
            if (auto zeroed = zero(offsetOf(zeros_from), offsetOf(index)); !zeroed) return zeroed;
            zeros_from = index + 1;
            auto bytes = std::span(block).first(manifest_.bytesOf(index));
            if (auto read = readBlock(index, bytes); !read) return read;
            if (auto written = disk_.file().writeAt(offsetOf(index), bytes); !written) return written;
            if (offsetOf(index + 1) % write_back_every_bytes == 0) {
                disk_.file().writeBack(offsetOf(index + 1) - write_back_every_bytes, write_back_every_bytes);
            }
            if (auto moved = watch_.moved(bytes.size()); !moved) return moved;
        }
        if (auto zeroed = zero(offsetOf(zeros_from), disk_.sizeBytes()); !zeroed) return zeroed;
        return disk_.file().sync();
    }

    base::Result<void> readBack() {
        auto medium = disk_.openMedium();
        if (!medium) return base::failure(medium.error());
        const auto room = std::max<std::size_t>(manifest_.block_size_bytes, direct_alignment);
        const AlignedBuffer buffer(room);
        ChecksumRows rows(image_);
        Extent content{0, 0};
        for (std::uint64_t index = 0; index < manifest_.blocks(); ++index) {
            // Holes of the disk where the image has zeros are right; both are found without looking at each block.
            if (content.end <= offsetOf(index)) content = nextContent(*medium, offsetOf(index), disk_.sizeBytes());
            index = std::max(index, std::min(image_.nextCandidate(index), content.begin / manifest_.block_size_bytes));
            if (index >= manifest_.blocks()) break;
            auto checksum = rows.at(index);
            if (!checksum) return base::failure(checksum.error());
            if (content.end <= offsetOf(index)) content = nextContent(*medium, offsetOf(index), disk_.sizeBytes());
            const bool zero = zeros_.contains(index, *checksum);
            if (zero && offsetOf(index + 1) <= content.begin) continue;  // a hole
            const auto accepted = accepted_.find(index);
            const auto& wanted = accepted == accepted_.end() ? *checksum : accepted->second;
            if (auto same = compareBlock(*medium, index, wanted, buffer.bytes()); !same) return same;
            if (auto moved = watch_.moved(zero ? 0 : manifest_.bytesOf(index)); !moved) return moved;
        }
        return readTailBack(*medium);
    }

    /// Everything is as in the image now. A larger disk needs its GPT's backup at its own end.
    base::Result<void> fitPartitionTable() {
        if (disk_.sizeBytes() == manifest_.size_bytes) return {};
        const ReadDisk read = [&](std::uint64_t at, std::span<std::byte> into) {
            return disk_.file().readAt(at, into);
        };
        const auto patches = gptForSize(read, disk_.sizeBytes(), disk_.sectorBytes());
        if (!patches) return base::failure(patches.error());
        for (const auto& patch : *patches) {
            if (auto written = disk_.file().writeAt(patch.offset, patch.bytes); !written) return written;
            if (auto synced = disk_.file().sync(); !synced) return synced;
        }
        for (const auto& patch : *patches) {
            if (auto same = comparePatch(patch); !same) return same;
        }
        gpt_moved_ = !patches->empty();
        return {};
    }

    [[nodiscard]] std::string note() const {
        std::string note;
        if (gpt_moved_) note = "the backup of the partition table (GPT) was moved to the end of the larger disk";
        if (accepted_.empty()) return note;
        return fmt::format("{}{}damaged blocks were written as they are, as was asked: {}, the first: {}", note,
                           note.empty() ? "" : "; ", accepted_.size(), first_damage_);
    }

  private:
    base::Result<void> readBlock(std::uint64_t index, std::span<std::byte> bytes) {
        auto read = image_.readBlock(index, bytes);
        if (read || damage_ == Damage::Refuse || read.error().code != base::ErrorCode::Corrupt) return read;
        if (accepted_.empty()) first_damage_ = read.error().message;
        accepted_[index] = checksumOf(bytes);
        return {};
    }

    [[nodiscard]] std::uint64_t offsetOf(std::uint64_t index) const {
        return std::min(index * manifest_.block_size_bytes, manifest_.size_bytes);
    }

    base::Result<void> zero(std::uint64_t begin, std::uint64_t end) {
        while (begin < end) {
            auto piece = std::min(end - begin, zero_at_once_bytes);
            if (auto zeroed = disk_.zero(begin, piece); !zeroed) return zeroed;
            if (auto moved = watch_.moved(0); !moved) return moved;
            begin += piece;
        }
        return {};
    }

    base::Result<void> comparePatch(const DiskPatch& patch) {
        auto medium = disk_.openMedium();
        if (!medium) return base::failure(medium.error());
        const auto begin = patch.offset / direct_alignment * direct_alignment;
        const auto skip = patch.offset - begin;
        const auto bytes = skip + patch.bytes.size();
        const AlignedBuffer buffer((bytes + direct_alignment - 1) / direct_alignment * direct_alignment);
        auto have = medium->readSome(begin, buffer.bytes());
        if (!have) return base::failure(unreadable(have.error()));
        const bool same =
            *have >= bytes && std::equal(patch.bytes.begin(), patch.bytes.end(), buffer.bytes().begin() + skip);
        return same ? base::Result<void>() : different(patch.offset);
    }

    /// What lies behind the image on a larger disk was zeroed.
    base::Result<void> readTailBack(const OpenFile& medium) {
        const AlignedBuffer buffer(tail_at_once_bytes);
        for (auto at = manifest_.size_bytes / direct_alignment * direct_alignment; at < disk_.sizeBytes();) {
            const auto content = nextContent(medium, at, disk_.sizeBytes());
            at = std::max(at, content.begin / direct_alignment * direct_alignment);
            if (at >= disk_.sizeBytes()) break;
            auto have = medium.readSome(at, buffer.bytes());
            if (!have) return base::failure(unreadable(have.error()));
            const auto skip = at < manifest_.size_bytes ? manifest_.size_bytes - at : 0;
            if (*have > skip && !allZero(buffer.bytes().subspan(skip, *have - skip))) return different(at);
            if (*have == 0) break;
            at += *have;
            if (auto moved = watch_.moved(0); !moved) return moved;
        }
        return {};
    }

    base::Result<void> compareBlock(const OpenFile& medium, std::uint64_t index, const Checksum& wanted,
                                    std::span<std::byte> buffer) {
        auto bytes = manifest_.bytesOf(index);
        auto aligned = (bytes + direct_alignment - 1) / direct_alignment * direct_alignment;
        auto have = medium.readSome(offsetOf(index), buffer.first(aligned));
        if (!have) return base::failure(unreadable(have.error()));
        return *have >= bytes && checksumOf(buffer.first(bytes)) == wanted ? base::Result<void>()
                                                                           : different(offsetOf(index));
    }

    [[nodiscard]] base::Error unreadable(const base::Error& cause) const {
        return cause.within(fmt::format("could not read disk '{}' back", disk_.name().text()));
    }
    [[nodiscard]] base::Unexpected different(std::uint64_t offset) const {
        return base::failure(
            base::ErrorCode::Corrupt,
            fmt::format("disk '{}' gave back something else at byte {} than was written there; replace the disk",
                        disk_.name().text(), offset));
    }

    ImageContent& image_;
    const ImageManifest& manifest_;
    ZeroBlocks zeros_;
    const DiskAccess& disk_;
    TransferWatch& watch_;
    const Damage damage_;
    std::map<std::uint64_t, Checksum> accepted_;  ///< damaged blocks, and what was written
    std::string first_damage_;
    bool gpt_moved_ = false;
};

}  // namespace

base::Result<void> checkFits(const ImageManifest& image, const DiskAccess& disk) {
    if (disk.sizeBytes() >= image.size_bytes) {
        if (image.sector_bytes == 0 || image.sector_bytes == disk.sectorBytes()) return {};
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("disk '{}' has sectors of {} bytes, image '{}' is of a disk with {}: its "
                                         "partition table would not be found; nothing was written",
                                         disk.name().text(), disk.sectorBytes(), image.id.text(), image.sector_bytes));
    }
    // Not a refusal, which may pass: the same disk is as small the next time.
    return base::failure(base::ErrorCode::InvalidInput,
                         fmt::format("disk '{}' has {} bytes, image '{}' needs {} ({} more); nothing was written",
                                     disk.name().text(), disk.sizeBytes(), image.id.text(), image.size_bytes,
                                     base::humanBytes(image.size_bytes - disk.sizeBytes())));
}

base::Result<Restored> restore(ImageContent& image, const DiskAccess& disk, TransferWatch& watch, Damage damage) {
    if (auto fits = checkFits(image.manifest(), disk); !fits) return base::failure(fits.error());
    const auto content_bytes = image.manifest().data_blocks * image.manifest().block_size_bytes;
    watch.begin(2 * content_bytes);  // written, and read back
    Restoration restoration(image, disk, watch, damage);
    if (auto written = restoration.write(); !written) return base::failure(written.error());
    watch.enterReadBack();
    if (auto same = restoration.readBack(); !same) return base::failure(same.error());
    if (auto fitted = restoration.fitPartitionTable(); !fitted) return base::failure(fitted.error());
    watch.finish();
    return Restored{restoration.note()};
}

}  // namespace standin::image_store
