#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "agent/base/durable_file.hpp"
#include "agent/image_store/images/image_directory.hpp"

namespace standin::image_store {

namespace {

constexpr unsigned private_mode = 0600;
constexpr std::size_t table_rows_at_once = 2048;  // 64 KiB of table

class DirectoryImageDraft final : public ImageDraft {
  public:
    DirectoryImageDraft(ImageDirectory directory, ImageManifest manifest, std::shared_ptr<Uses> uses)
        : directory_(std::move(directory)),
          manifest_(std::move(manifest)),
          zeros_(manifest_),
          whole_(wholeChecksumBegin(manifest_.size_bytes, manifest_.block_size_bytes)),
          uses_(std::move(uses)) {
        rows_.reserve(table_rows_at_once);
    }

    ~DirectoryImageDraft() override {
        table_ = OpenFile();
        content_ = OpenFile();
        if (!committed_ && made_) [[maybe_unused]]
            auto removed = directory_.remove();  // else the next start removes it
        uses_->endWrite(manifest_.id);
    }

    base::Result<void> begin() {
        std::error_code problem;
        made_ = std::filesystem::create_directory(directory_.path, problem);
        if (!made_) {
            return base::failure(base::ErrorCode::Internal,
                                 fmt::format("could not make '{}': {}", directory_.path, problem.message()));
        }
        // An image holds all that its server holds: keys, passwords, customers.
        std::filesystem::permissions(directory_.path, std::filesystem::perms::owner_all, problem);
        auto table = OpenFile::open(directory_.partial(), O_RDWR | O_CREAT | O_EXCL, private_mode);
        if (!table) return base::failure(table.error());
        table_ = std::move(*table);
        // Without its checksum: after a crash it says what was being captured.
        if (auto written = table_.writeAt(0, encodeHeader(manifest_)); !written) return written;
        if (auto synced = base::syncDirectory(directory_.path); !synced) return synced;
        auto content = OpenFile::open(directory_.content(), O_RDWR | O_CREAT | O_EXCL, private_mode);
        if (!content) return base::failure(content.error());
        content_ = std::move(*content);
        return content_.resize(manifest_.size_bytes);
    }

    base::Result<void> writeBlock(std::uint64_t index, Bytes bytes) override {
        STANDIN_ASSERT(index >= next_ && index < manifest_.blocks() && bytes.size() == manifest_.bytesOf(index));
        if (auto skipped = zerosUpTo(index); !skipped) return skipped;
        auto checksum = checksumOf(bytes);
        const bool zero = zeros_.contains(index, checksum);
        if (!zero) {
            if (auto written = content_.writeAt(index * manifest_.block_size_bytes, bytes); !written) return written;
            ++manifest_.data_blocks;
            writeBackSometimes(index * manifest_.block_size_bytes);
        }
        ++next_;
        if (manifest_.format == ManifestFormat::Runs) {
            if (zero) return {};
            addToRuns(index);
        }
        return addRow(checksum);
    }

    void describe(PartitionTable table) override { manifest_.table = std::move(table); }

    base::Result<ImageManifest> commit() override {
        if (auto skipped = zerosUpTo(manifest_.blocks()); !skipped) return base::failure(skipped.error());
        if (auto flushed = flushRows(); !flushed) return base::failure(flushed.error());
        if (auto written = writeRuns(); !written) return base::failure(written.error());
        manifest_.checksum = whole_.finish();
        if (auto synced = content_.sync(); !synced) return base::failure(synced.error());
        if (auto written = table_.writeAt(0, encodeHeader(manifest_)); !written) return base::failure(written.error());
        if (auto synced = table_.sync(); !synced) return base::failure(synced.error());
        // The parent before the rename: an image whose manifest is durable must not vanish with its directory's entry.
        auto parent = std::filesystem::path(directory_.path).parent_path().string();
        if (auto synced = base::syncDirectory(parent); !synced) return base::failure(synced.error());
        if (std::rename(directory_.partial().c_str(), directory_.manifest().c_str()) != 0) {
            return base::failure(base::ErrorCode::Internal,
                                 fmt::format("could not rename '{}': {}", directory_.partial(), std::strerror(errno)));
        }
        if (auto synced = base::syncDirectory(directory_.path); !synced) return base::failure(synced.error());
        committed_ = true;
        return manifest_;
    }

  private:
    base::Result<void> zerosUpTo(std::uint64_t index) {
        if (manifest_.format == ManifestFormat::Runs) next_ = std::max(next_, index);
        while (next_ < index) {
            if (auto added = addRow(zeros_.checksum(next_++)); !added) return added;
        }
        return {};
    }

    void addToRuns(std::uint64_t index) {
        if (!runs_.empty() && runs_.back().first + runs_.back().blocks == index) {
            ++runs_.back().blocks;
        } else {
            runs_.push_back({index, 1});
        }
    }

    base::Result<void> writeRuns() {
        if (runs_.empty()) return {};
        const auto bytes = std::as_bytes(std::span(runs_));
        whole_.update(bytes);
        manifest_.runs = runs_.size();
        return table_.writeAt(manifest_header_bytes + rows_written_ * sizeof(Checksum), bytes);
    }

    base::Result<void> addRow(const Checksum& checksum) {
        rows_.push_back(checksum);
        return rows_.size() == table_rows_at_once ? flushRows() : base::Result<void>();
    }

    base::Result<void> flushRows() {
        auto bytes = std::as_bytes(std::span(rows_));
        whole_.update(bytes);
        auto written = table_.writeAt(manifest_header_bytes + rows_written_ * sizeof(Checksum), bytes);
        rows_written_ += rows_.size();
        rows_.clear();
        return written;
    }

    void writeBackSometimes(std::uint64_t offset) {
        auto window = offset / write_back_every_bytes;
        if (window == window_) return;
        content_.writeBack(window_ * write_back_every_bytes, write_back_every_bytes);
        window_ = window;
    }

    ImageDirectory directory_;
    ImageManifest manifest_;
    ZeroBlocks zeros_;
    Sha256 whole_;
    std::shared_ptr<Uses> uses_;
    OpenFile table_;
    OpenFile content_;
    std::vector<Checksum> rows_;  ///< not yet written
    std::uint64_t rows_written_ = 0;
    std::vector<DataRun> runs_;  ///< of format 2
    std::uint64_t next_ = 0;     ///< block
    std::uint64_t window_ = 0;
    bool made_ = false;
    bool committed_ = false;
};

}  // namespace

base::Result<std::unique_ptr<ImageDraft>> createDirectoryImage(const ImageDirectory& directory, ImageManifest manifest,
                                                               std::shared_ptr<Uses> uses) {
    auto draft = std::make_unique<DirectoryImageDraft>(directory, std::move(manifest), std::move(uses));
    if (auto begun = draft->begin(); !begun) return base::failure(begun.error());
    return std::unique_ptr<ImageDraft>(std::move(draft));
}

}  // namespace standin::image_store
