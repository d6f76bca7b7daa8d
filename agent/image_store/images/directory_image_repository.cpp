#include "agent/image_store/images/directory_image_repository.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "agent/image_store/images/image_directory.hpp"

namespace standin::image_store {

namespace fs = std::filesystem;

namespace {

// On a read-only file system nobody can write beside us; the lock is still taken, on what is there.
base::Result<OpenFile> openLock(const std::string& images_dir) {
    const auto path = images_dir + "/.lock";
    auto lock = OpenFile::open(path, O_RDWR | O_CREAT);
    if (lock || lock.error().code != base::ErrorCode::Refused) return lock;
    auto existing = OpenFile::open(path, O_RDONLY);
    return existing ? std::move(existing) : OpenFile::open(images_dir, O_RDONLY | O_DIRECTORY);
}

}  // namespace

base::Result<std::unique_ptr<DirectoryImageRepository>> DirectoryImageRepository::open(const std::string& images_dir,
                                                                                       std::uint64_t block_size_bytes,
                                                                                       const base::Clock& clock,
                                                                                       base::Log log) {
    std::error_code problem;
    fs::create_directories(images_dir, problem);
    if (problem) {
        return base::failure(base::ErrorCode::Internal,
                             fmt::format("could not make images directory '{}': {}", images_dir, problem.message()));
    }
    auto lock = openLock(images_dir);
    if (!lock) return base::failure(lock.error());
    if (::flock(lock->descriptor(), LOCK_EX | LOCK_NB) != 0) {
        return base::failure(
            base::ErrorCode::Conflict,
            fmt::format("images directory '{}' is in use by another program; give each agent its own", images_dir));
    }
    std::unique_ptr<DirectoryImageRepository> repository(
        new DirectoryImageRepository(images_dir, block_size_bytes, clock, std::move(log), std::move(*lock)));
    if (!repository->readOnly()) repository->removeHalfImages();
    return repository;
}

DirectoryImageRepository::DirectoryImageRepository(std::string images_dir, std::uint64_t block_size_bytes,
                                                   const base::Clock& clock, base::Log log, OpenFile lock)
    : images_dir_(std::move(images_dir)),
      block_size_bytes_(block_size_bytes),
      clock_(clock),
      log_(std::move(log)),
      lock_(std::move(lock)) {}

void DirectoryImageRepository::removeHalfImages() {
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(images_dir_, problem)) {
        ImageDirectory directory{entry.path().string()};
        if (!entry.is_directory(problem) || !base::isIdentifier(entry.path().filename().string()) ||
            !directory.isHalf())
            continue;
        const auto begun = directory.begunCapture();
        if (auto removed = directory.remove(); removed) {
            log_.warning("half image '{}' removed: its {} had been interrupted", entry.path().filename().string(),
                         begun ? "capture" : "capture or removal");
            if (begun) interrupted_.push_back(*begun);
        } else {
            log_.error("could not remove a half image: {}", removed.error().message);
        }
    }
}

std::vector<StoredImage> DirectoryImageRepository::list() {
    std::vector<StoredImage> images;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(images_dir_, problem)) {
        auto id = base::ImageId::parse(entry.path().filename().string());
        if (!id || !entry.is_directory(problem) || uses_->beingWritten(*id)) continue;
        ImageDirectory directory{entry.path().string()};
        auto files = directory.load(*id);
        if (!files && !directory.exists()) continue;  // removed meanwhile
        images.push_back({*id,
                          files ? base::Result<ImageManifest>(files->table.manifest()) : base::failure(files.error()),
                          damageOf(*id)});
    }
    std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return images;
}

base::Result<std::unique_ptr<ImageContent>> DirectoryImageRepository::open(const base::ImageId& id) {
    ImageDirectory directory{images_dir_ + "/" + id.text()};
    // A use is begun before looking, so that what is found cannot be removed meanwhile.
    bool reading = uses_->beginRead(id);
    if (reading && directory.exists()) return openDirectoryImage(directory, id, uses_);
    if (reading) uses_->endRead(id);
    return base::failure(base::ErrorCode::NotFound, fmt::format("image '{}' does not exist", id.text()));
}

base::Result<std::unique_ptr<ImageDraft>> DirectoryImageRepository::create(const base::ImageId& id,
                                                                           const base::DiskName& disk,
                                                                           std::uint64_t size_bytes,
                                                                           std::uint32_t sector_bytes) {
    if (size_bytes == 0 || size_bytes > largest_image_bytes) {
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("disk '{}' has {} bytes, which can't be an image", disk.text(), size_bytes));
    }
    if (auto writable = checkWritable(); !writable) return base::failure(writable.error());
    ImageDirectory directory{images_dir_ + "/" + id.text()};
    bool free = uses_->beginWrite(id);
    if (free && !directory.exists()) {
        ImageManifest manifest{id, disk, clock_.wall(), size_bytes, block_size_bytes_, 0, {}, sector_bytes};
        manifest.format = formatFor(manifest.blocks());
        return createDirectoryImage(directory, std::move(manifest), uses_);
    }
    if (free) uses_->endWrite(id);
    return base::failure(base::ErrorCode::Conflict,
                         fmt::format("image '{}' exists already; images never change, take another id", id.text()));
}

bool DirectoryImageRepository::readOnly() const {
    struct statvfs status {};
    return ::statvfs(images_dir_.c_str(), &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

base::Result<void> DirectoryImageRepository::checkWritable() const {
    if (!readOnly()) return {};
    return base::failure(
        base::ErrorCode::Refused,
        fmt::format("the file system of '{}' is read-only: images can be restored and fetched, but not "
                    "captured or deleted; see the kernel's log for the reason, then mount it writable",
                    images_dir_));
}

base::Result<void> DirectoryImageRepository::remove(const base::ImageId& id) {
    if (auto writable = checkWritable(); !writable) return writable;
    ImageDirectory directory{images_dir_ + "/" + id.text()};
    if (!uses_->beginWrite(id)) {
        return base::failure(
            base::ErrorCode::Conflict,
            fmt::format("image '{}' is in use; wait until its capture, restore or fetch has ended", id.text()));
    }
    auto removed = directory.exists()
                       ? directory.remove()
                       : base::failure(base::ErrorCode::NotFound, fmt::format("image '{}' does not exist", id.text()));
    if (removed) uses_->setDamage(id, "");
    uses_->endWrite(id);
    return removed;
}

std::string DirectoryImageRepository::damageOf(const base::ImageId& id) const {
    auto damage = ImageDirectory{images_dir_ + "/" + id.text()}.damage();
    return damage.empty() ? uses_->damageOf(id) : damage;
}

void DirectoryImageRepository::markDamaged(const base::ImageId& id, const std::string& damage) {
    ImageDirectory{images_dir_ + "/" + id.text()}.markDamaged(damage, id, *uses_);
}

void DirectoryImageRepository::clearDamage(const base::ImageId& id) {
    uses_->setDamage(id, "");
    ImageDirectory{images_dir_ + "/" + id.text()}.clearDamage();
}

base::Result<std::uint64_t> DirectoryImageRepository::freeBytes() {
    std::error_code problem;
    auto space = fs::space(images_dir_, problem);
    if (problem)
        return base::failure(base::ErrorCode::Internal, fmt::format("could not find out the space left in '{}': {}",
                                                                    images_dir_, problem.message()));
    return static_cast<std::uint64_t>(space.available);
}

bool DirectoryImageRepository::Uses::beginRead(const base::ImageId& id) {
    std::lock_guard lock(mutex_);
    if (written_.count(id) != 0) return false;
    ++readers_[id];
    return true;
}

void DirectoryImageRepository::Uses::endRead(const base::ImageId& id) {
    std::lock_guard lock(mutex_);
    auto reader = readers_.find(id);
    STANDIN_ASSERT(reader != readers_.end());
    if (--reader->second == 0) readers_.erase(reader);
}

bool DirectoryImageRepository::Uses::beginWrite(const base::ImageId& id) {
    std::lock_guard lock(mutex_);
    return readers_.count(id) == 0 && written_.insert(id).second;
}

void DirectoryImageRepository::Uses::endWrite(const base::ImageId& id) {
    std::lock_guard lock(mutex_);
    written_.erase(id);
}

unsigned DirectoryImageRepository::Uses::readers(const base::ImageId& id) const {
    std::lock_guard lock(mutex_);
    const auto found = readers_.find(id);
    return found == readers_.end() ? 0 : found->second;
}

void DirectoryImageRepository::Uses::setDamage(const base::ImageId& id, const std::string& damage) {
    const std::lock_guard lock(mutex_);
    damage_.erase(id);
    if (!damage.empty()) damage_.emplace(id, damage);
}

std::string DirectoryImageRepository::Uses::damageOf(const base::ImageId& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = damage_.find(id);
    return found == damage_.end() ? std::string() : found->second;
}

bool DirectoryImageRepository::Uses::beingWritten(const base::ImageId& id) const {
    std::lock_guard lock(mutex_);
    return written_.count(id) != 0;
}

}  // namespace standin::image_store
