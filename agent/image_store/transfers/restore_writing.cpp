#include <deque>

#include "agent/image_store/transfers/restore_parts.hpp"

namespace standin::image_store {

namespace {

constexpr std::uint64_t zero_at_once_bytes = 256U << 20;  // between two looks at 'cancelled'; zeroing may mean writing

/// A disk often has most of the image already: of an earlier restore, or one that was interrupted. What it has is read
/// ahead and hashed, which is cheaper than writing it and reading it back.
class DiskWriting {
  public:
    DiskWriting(ImageContent& image, const DiskAccess& disk, TransferWatch& watch, Damage damage)
        : image_(image),
          manifest_(image.manifest()),
          zeros_(manifest_),
          disk_(disk),
          watch_(watch),
          damage_(damage),
          planned_rows_(image),
          rows_(image),
          buffer_(std::max<std::size_t>(read_at_once_bytes, manifest_.block_size_bytes)) {}

    base::Result<WrittenDisk> run() {
        auto medium = disk_.openMedium();
        if (!medium) return base::failure(medium.error());
        ReadAhead ahead(*medium, [&] { return plan(*medium); });
        while (auto looked = ahead.take()) {
            auto group = groups_.front();
            groups_.pop_front();
            if (auto zeroed = zero(offsetOf(zeros_from_), offsetOf(group.first)); !zeroed)
                return base::failure(zeroed.error());
            zeros_from_ = group.first + group.blocks;
            if (auto written = write(group, *looked); !written) return base::failure(written.error());
        }
        if (!planned_) return base::failure(planned_.error());
        if (auto zeroed = zero(offsetOf(zeros_from_), disk_.sizeBytes()); !zeroed) return base::failure(zeroed.error());
        if (auto synced = disk_.file().sync(); !synced) return base::failure(synced.error());
        return std::move(result_);
    }

  private:
    [[nodiscard]] std::uint64_t offsetOf(std::uint64_t index) const {
        return std::min(index * manifest_.block_size_bytes, manifest_.size_bytes);
    }

    /// The next blocks that are not zero. With nothing to read if the disk can't have them.
    std::optional<ReadPiece> plan(const OpenFile& medium) {
        const auto most = read_at_once_bytes / manifest_.block_size_bytes;
        BlockGroup group;
        while (group.blocks < most) {
            const auto index = image_.nextCandidate(next_);
            if (group.blocks > 0 && index != group.first + group.blocks) break;
            if (index >= manifest_.blocks()) break;
            const auto checksum = planned_rows_.at(index);
            if (!checksum) planned_ = base::failure(checksum.error());
            if (!checksum) return std::nullopt;
            next_ = index + 1;
            const bool zero = zeros_.contains(index, *checksum);
            if (zero && group.blocks > 0) break;
            if (zero) continue;
            if (group.blocks++ == 0) group.first = index;
        }
        if (group.blocks == 0) return std::nullopt;
        groups_.push_back(group);
        const auto begin = offsetOf(group.first);
        const auto end = offsetOf(group.first + group.blocks);
        if (content_.end <= begin) content_ = nextContent(medium, begin, disk_.sizeBytes());
        return ReadPiece{begin, worthALook() && content_.begin < end ? static_cast<std::size_t>(end - begin) : 0};
    }

    /// Where nothing was right for a while only samples are read, so that a blank disk does not cost one more reading.
    [[nodiscard]] bool worthALook() {
        constexpr unsigned misses_in_a_row = 16;
        constexpr unsigned sample = 8;
        return misses_ < misses_in_a_row || ++samples_ % sample == 0;
    }

    base::Result<void> write(const BlockGroup& group, const ReadAhead::Filled& looked) {
        const std::size_t have = looked.have ? *looked.have : 0;  // unreadable sectors may be healed by writing
        bool any_right = false;
        std::size_t from = 0;  // of buffer_: what is to be written
        std::size_t until = 0;
        for (std::uint64_t i = 0; i < group.blocks; ++i) {
            const auto index = group.first + i;
            const auto at = static_cast<std::size_t>(i * manifest_.block_size_bytes);
            const auto bytes = manifest_.bytesOf(index);
            const auto wanted = rows_.at(index);
            if (!wanted) return base::failure(wanted.error());
            if (at + bytes <= have && checksumOf(looked.bytes.subspan(at, bytes)) == *wanted) {
                any_right = true;
                result_.right.add(index);
                watch_.skipped(2 * bytes);  // neither written nor read back
                if (auto flushed = flush(group, from, until); !flushed) return flushed;
                from = until = at + bytes;
                if (auto moved = watch_.moved(0); !moved) return moved;
                continue;
            }
            if (auto read = readBlock(index, std::span(buffer_).subspan(at, bytes)); !read) return read;
            until = at + bytes;
            if (auto moved = watch_.moved(bytes); !moved) return moved;
        }
        if (looked.piece.bytes > 0) misses_ = any_right ? 0 : misses_ + 1;
        return flush(group, from, until);
    }

    base::Result<void> flush(const BlockGroup& group, std::size_t from, std::size_t until) {
        if (from == until) return {};
        const auto offset = offsetOf(group.first) + from;
        if (auto written = disk_.file().writeAt(offset, Bytes(buffer_).subspan(from, until - from)); !written)
            return written;
        const auto window = offset / write_back_every_bytes;
        if (window != window_) disk_.file().writeBack(window_ * write_back_every_bytes, write_back_every_bytes);
        window_ = window;
        return {};
    }

    base::Result<void> readBlock(std::uint64_t index, std::span<std::byte> bytes) {
        auto read = image_.readBlock(index, bytes);
        if (read || damage_ == Damage::Refuse || read.error().code != base::ErrorCode::Corrupt) return read;
        if (result_.accepted.empty()) result_.first_damage = read.error().message;
        result_.accepted[index] = checksumOf(bytes);
        return {};
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

    ImageContent& image_;
    const ImageManifest& manifest_;
    ZeroBlocks zeros_;
    const DiskAccess& disk_;
    TransferWatch& watch_;
    const Damage damage_;
    ChecksumRows planned_rows_;
    ChecksumRows rows_;
    std::vector<std::byte> buffer_;
    WrittenDisk result_;
    base::Result<void> planned_;
    std::deque<BlockGroup> groups_;  ///< planned, not yet written
    std::uint64_t next_ = 0;         ///< block to be planned
    Extent content_{0, 0};
    unsigned misses_ = 0;  ///< groups in a row of which the disk had nothing
    unsigned samples_ = 0;
    std::uint64_t zeros_from_ = 0;  ///< block at which the run of zeros begins that has not been written yet
    std::uint64_t window_ = 0;
};

}  // namespace

base::Result<WrittenDisk> writeImage(ImageContent& image, const DiskAccess& disk, TransferWatch& watch, Damage damage) {
    return DiskWriting(image, disk, watch, damage).run();
}

}  // namespace standin::image_store
