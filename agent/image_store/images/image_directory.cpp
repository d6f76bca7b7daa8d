#include "agent/image_store/images/image_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "agent/base/durable_file.hpp"
#include "agent/image_store/images/aligned_buffer.hpp"

namespace standin::image_store {

namespace fs = std::filesystem;

bool ImageDirectory::exists() const {
    std::error_code problem;
    return fs::is_directory(path, problem);
}

bool ImageDirectory::isHalf() const {
    std::error_code problem;
    if (fs::exists(partial(), problem)) return !fs::exists(manifest(), problem);
    return fs::is_empty(path, problem) && !problem;
}

std::optional<ImageManifest> ImageDirectory::begunCapture() const {
    auto file = OpenFile::open(partial(), O_RDONLY);
    if (!file) return std::nullopt;
    std::vector<std::byte> header(manifest_header_bytes);
    auto have = file->readSome(0, header);
    auto manifest = decodeHeader(Bytes(header).first(have ? *have : 0));
    // A whole image that was being removed has its checksum already.
    if (!manifest || manifest->checksum != Checksum{}) return std::nullopt;
    return *manifest;
}

base::Result<void> ImageDirectory::remove() const {
    std::error_code problem;
    if (fs::exists(manifest(), problem)) {
        fs::rename(manifest(), partial(), problem);
    } else if (!fs::exists(partial(), problem)) {
        // A damaged image without any manifest: mark it, so that a crash from here on leaves a half image.
        auto marker = OpenFile::open(partial(), O_WRONLY | O_CREAT);
        if (!marker) return base::failure(marker.error());
    }
    if (!problem) {
        if (auto synced = base::syncDirectory(path); !synced) return synced;
        fs::remove(content(), problem);
    }
    if (!problem) fs::remove(damageFile(), problem);
    if (!problem) fs::remove(partial(), problem);
    if (!problem) fs::remove(path, problem);
    if (!problem) return base::syncDirectory(fs::path(path).parent_path().string());
    if (problem == std::errc::directory_not_empty) {
        return base::failure(base::ErrorCode::Refused,
                             fmt::format("'{}' holds files that are no part of an image; they were left there", path));
    }
    return base::failure(base::ErrorCode::Internal, fmt::format("could not remove '{}': {}", path, problem.message()));
}

std::string ImageDirectory::damage() const {
    constexpr std::size_t longest = 4096;
    auto text = base::readWhole(damageFile(), longest);
    if (!text) return text.error().code == base::ErrorCode::NotFound ? "" : text.error().message;
    while (!text->empty() && text->back() == '\n') text->pop_back();
    return text->empty() ? "it is marked as damaged" : *text;
}

void ImageDirectory::markDamaged(const std::string& damage, const base::ImageId& id, Uses& uses) const {
    if (!exists() || !this->damage().empty() || !uses.damageOf(id).empty()) return;
    if (auto written = base::writeDurably(damageFile(), damage + "\n"); !written) uses.setDamage(id, damage);
}

void ImageDirectory::clearDamage() const {
    std::error_code problem;
    if (fs::remove(damageFile(), problem)) [[maybe_unused]]
        auto synced = base::syncDirectory(path);  // else it is verified once more
}

namespace {

class DirectoryImageContent final : public ImageContent {
  public:
    DirectoryImageContent(ImageDirectory directory, ImageFiles files, std::shared_ptr<Uses> uses)
        : directory_(std::move(directory)),
          table_(std::move(files.table)),
          manifest_(table_.manifest()),
          zeros_(manifest_),
          content_(std::move(files.content)),
          uses_(std::move(uses)) {}
    ~DirectoryImageContent() override { uses_->endRead(manifest_.id); }

    [[nodiscard]] const ImageManifest& manifest() const override { return manifest_; }

    base::Result<void> readChecksums(std::uint64_t first, std::span<Checksum> into) override {
        return table_.read(first, into);
    }
    [[nodiscard]] std::uint64_t nextCandidate(std::uint64_t from) const override { return table_.nextCandidate(from); }
    [[nodiscard]] base::Result<void> proveTable() override { return table_.prove(); }
    base::Result<void> readManifest(std::uint64_t offset, std::span<std::byte> into) override {
        return table_.file().readAt(offset, into);
    }

    base::Result<void> readBlock(std::uint64_t index, std::span<std::byte> into) override {
        STANDIN_ASSERT(index < manifest_.blocks() && into.size() == manifest_.bytesOf(index));
        Checksum wanted{};
        if (auto read = readChecksums(index, std::span(&wanted, 1)); !read) return read;
        if (zeros_.contains(index, wanted)) {
            std::fill(into.begin(), into.end(), std::byte{0});  // known without reading a hole
            return {};
        }
        auto read = readContent(index * manifest_.block_size_bytes, into);
        if (read && checksumOf(into) == wanted) return {};
        if (!read) std::fill(into.begin(), into.end(), std::byte{0});
        auto damage = read ? base::Error{base::ErrorCode::Corrupt,
                                         fmt::format("block {} (byte {}) of image '{}' is not what was captured", index,
                                                     index * manifest_.block_size_bytes, manifest_.id.text())}
                           : read.error();
        if (damage.code == base::ErrorCode::Corrupt) directory_.markDamaged(damage.message, manifest_.id, *uses_);
        return base::failure(std::move(damage));
    }

    bool readFromMedium() override {
        content_.dropCache();
        table_.file().dropCache();
        auto direct = OpenFile::open(fmt::format("/proc/self/fd/{}", content_.descriptor()), O_RDONLY | O_DIRECT);
        if (!direct) return false;
        content_ = std::move(*direct);
        aligned_.emplace(manifest_.block_size_bytes);
        return true;
    }

  private:
    base::Result<void> readContent(std::uint64_t offset, std::span<std::byte> into) {
        if (!aligned_) return content_.readAt(offset, into);
        auto have = content_.readSome(offset, aligned_->bytes());
        if (!have) return base::failure(have.error());
        if (*have < into.size())
            return base::failure(base::ErrorCode::Corrupt, fmt::format("'{}' ends too early", content_.path()));
        std::copy_n(aligned_->bytes().begin(), into.size(), into.begin());
        return {};
    }

    ImageDirectory directory_;
    ManifestTable table_;
    const ImageManifest manifest_;
    ZeroBlocks zeros_;
    OpenFile content_;
    std::optional<AlignedBuffer> aligned_;  ///< while reading from the medium
    std::shared_ptr<Uses> uses_;
};

base::Unexpected unusable(const base::ImageId& id, const base::Error& cause) {
    auto code =
        cause.code == base::ErrorCode::NotFound ? base::ErrorCode::Corrupt : cause.code;  // the directory is there
    return base::failure(base::Error{code, cause.message}.within(fmt::format("image '{}' can't be used", id.text())));
}

}  // namespace

base::Result<ImageFiles> ImageDirectory::load(const base::ImageId& id) const {
    auto opened = OpenFile::open(manifest(), O_RDONLY);
    if (!opened) return unusable(id, opened.error());
    auto table = ManifestTable::open(std::move(*opened));
    if (!table) return unusable(id, table.error());
    const auto& header = table->manifest();
    if (header.id != id) {
        return unusable(
            id, {base::ErrorCode::Corrupt, fmt::format("its manifest is that of image '{}'", header.id.text())});
    }
    auto file = OpenFile::open(content(), O_RDONLY);
    if (!file) return unusable(id, file.error());
    auto size = file->size();
    if (!size) return unusable(id, size.error());
    if (*size != header.size_bytes) {
        return unusable(id, {base::ErrorCode::Corrupt,
                             fmt::format("its content has {} bytes instead of {}", *size, header.size_bytes)});
    }
    return ImageFiles{std::move(*table), std::move(*file)};
}

base::Result<std::unique_ptr<ImageContent>> openDirectoryImage(const ImageDirectory& directory, const base::ImageId& id,
                                                               std::shared_ptr<Uses> uses) {
    auto files = directory.load(id);
    if (!files) {
        uses->endRead(id);
        return base::failure(files.error());
    }
    return std::unique_ptr<ImageContent>(
        std::make_unique<DirectoryImageContent>(directory, std::move(*files), std::move(uses)));
}

}  // namespace standin::image_store
