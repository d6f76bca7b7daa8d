#include <fmt/format.h>

#include <deque>

#include "agent/image_store/transfers/restore_parts.hpp"

namespace standin::image_store {

namespace {

class ReadBack {
  public:
    ReadBack(ImageContent& image, const DiskAccess& disk, TransferWatch& watch, const WrittenDisk& written)
        : image_(image),
          manifest_(image.manifest()),
          zeros_(manifest_),
          disk_(disk),
          watch_(watch),
          written_(written),
          planned_rows_(image),
          rows_(image) {}

    base::Result<void> run() {
        auto medium = disk_.openMedium();
        if (!medium) return base::failure(medium.error());
        {
            ReadAhead ahead(*medium, [&] { return plan(*medium); });
            while (auto piece = ahead.take()) {
                const auto group = groups_.front();
                groups_.pop_front();
                if (auto same = compare(group, *piece); !same) return same;
            }
        }
        if (!planned_) return planned_;
        return readTailBack(*medium);
    }

  private:
    [[nodiscard]] std::uint64_t offsetOf(std::uint64_t index) const {
        return std::min(index * manifest_.block_size_bytes, manifest_.size_bytes);
    }

    /// The next blocks that may be wrong: holes of the disk where the image has zeros are right, and so is what was
    /// found on the medium before.
    std::optional<ReadPiece> plan(const OpenFile& medium) {
        const auto most = read_at_once_bytes / manifest_.block_size_bytes;
        BlockGroup group;
        for (; group.blocks < most; ++next_) {
            if (content_.end <= offsetOf(next_)) content_ = nextContent(medium, offsetOf(next_), disk_.sizeBytes());
            if (group.blocks == 0) {
                const auto content = content_.begin / manifest_.block_size_bytes;
                next_ = std::max(next_, std::min(image_.nextCandidate(next_), content));
            }
            if (next_ >= manifest_.blocks()) break;
            const auto checksum = planned_rows_.at(next_);
            if (!checksum) planned_ = base::failure(checksum.error());
            if (!checksum) return std::nullopt;
            const bool hole = zeros_.contains(next_, *checksum) && offsetOf(next_ + 1) <= content_.begin;
            if (!hole && !written_.right.contains(next_)) {
                if (group.blocks++ == 0) group.first = next_;
            } else if (group.blocks > 0) {
                break;
            }
        }
        if (group.blocks == 0) return std::nullopt;
        groups_.push_back(group);
        const auto begin = offsetOf(group.first);
        return ReadPiece{begin, static_cast<std::size_t>(offsetOf(group.first + group.blocks) - begin)};
    }

    base::Result<void> compare(const BlockGroup& group, const ReadAhead::Filled& piece) {
        if (!piece.have) return base::failure(couldNotReadBack(disk_, piece.have.error()));
        for (std::uint64_t i = 0; i < group.blocks; ++i) {
            const auto index = group.first + i;
            const auto at = static_cast<std::size_t>(i * manifest_.block_size_bytes);
            const auto bytes = manifest_.bytesOf(index);
            const auto checksum = rows_.at(index);
            if (!checksum) return base::failure(checksum.error());
            const auto accepted = written_.accepted.find(index);
            const auto& wanted = accepted == written_.accepted.end() ? *checksum : accepted->second;
            const auto block = piece.bytes.subspan(at, bytes);
            const bool zero = zeros_.contains(index, wanted);
            const bool same = at + bytes <= *piece.have && (zero ? allZero(block) : checksumOf(block) == wanted);
            if (!same) return base::failure(gaveBackSomethingElse(disk_, offsetOf(index)));
            if (auto moved = watch_.moved(zero ? 0 : bytes); !moved) return moved;
        }
        return {};
    }

    /// What lies behind the image on a larger disk was zeroed.
    base::Result<void> readTailBack(const OpenFile& medium) {
        Extent content{0, 0};
        auto at = manifest_.size_bytes / direct_alignment * direct_alignment;
        ReadAhead ahead(medium, [&]() -> std::optional<ReadPiece> {
            if (content.end <= at) content = nextContent(medium, at, disk_.sizeBytes());
            at = std::max(at, content.begin / direct_alignment * direct_alignment);
            if (at >= disk_.sizeBytes()) return std::nullopt;
            const auto bytes = std::min<std::uint64_t>(read_at_once_bytes, disk_.sizeBytes() - at);
            at += read_at_once_bytes;
            return ReadPiece{at - read_at_once_bytes, static_cast<std::size_t>(bytes)};
        });
        while (auto piece = ahead.take()) {
            if (!piece->have) return base::failure(couldNotReadBack(disk_, piece->have.error()));
            const auto begin = piece->piece.offset;
            const auto skip = begin < manifest_.size_bytes ? manifest_.size_bytes - begin : 0;
            const bool whole = *piece->have == piece->piece.bytes;
            if (!whole || (skip < piece->bytes.size() && !allZero(piece->bytes.subspan(skip))))
                return base::failure(gaveBackSomethingElse(disk_, begin));
            if (auto moved = watch_.moved(0); !moved) return moved;
        }
        return {};
    }

    ImageContent& image_;
    const ImageManifest& manifest_;
    ZeroBlocks zeros_;
    const DiskAccess& disk_;
    TransferWatch& watch_;
    const WrittenDisk& written_;
    ChecksumRows planned_rows_;
    ChecksumRows rows_;
    base::Result<void> planned_;
    std::deque<BlockGroup> groups_;  ///< planned, not yet compared
    std::uint64_t next_ = 0;         ///< block to be planned
    Extent content_{0, 0};
};

}  // namespace

base::Error gaveBackSomethingElse(const DiskAccess& disk, std::uint64_t offset) {
    return {base::ErrorCode::Corrupt,
            fmt::format("disk '{}' gave back something else at byte {} than was written there; replace the disk",
                        disk.name().text(), offset)};
}

base::Error couldNotReadBack(const DiskAccess& disk, const base::Error& cause) {
    return cause.within(fmt::format("could not read disk '{}' back", disk.name().text()));
}

base::Result<void> readImageBack(ImageContent& image, const DiskAccess& disk, TransferWatch& watch,
                                 const WrittenDisk& written) {
    return ReadBack(image, disk, watch, written).run();
}

}  // namespace standin::image_store
