#pragma once

#include <map>
#include <mutex>
#include <set>

#include "agent/base/log.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/images/open_file.hpp"

namespace standin::image_store {

/// One directory for each image:
///
///     <images_dir>/
///       .lock                     held while a program uses the directory
///       <id>/manifest             see ImageManifest
///       <id>/content              the disk's bytes, sparse: a raw image that any tool can read
///       <id>/damaged              what is known to be damaged in it, for people; absent: nothing
///       <id>/manifest.partial     instead of `manifest`: the image is being made or removed
///
/// The order of writes makes images durable. Capture: manifest.partial first (its header says what is being captured),
/// content and table written, content synced, header written, manifest synced, renamed to `manifest`, directory synced.
/// Removal: renamed back, content removed, manifest.partial removed. So after a crash a directory with manifest.partial
/// (or an empty one) is an incomplete image and is removed by open(); a directory with neither file is damaged and is
/// kept.
class DirectoryImageRepository final : public ImageRepository {
  public:
    /// Creates the directory if necessary, locks it and removes incomplete images; on a read-only file system only
    /// locks it. Conflict: another program uses it.
    static base::Result<std::unique_ptr<DirectoryImageRepository>> open(const std::string& images_dir,
                                                                        std::uint64_t block_size_bytes,
                                                                        const base::Clock& clock, base::Log log);

    std::vector<StoredImage> list() override;
    base::Result<std::unique_ptr<ImageContent>> open(const base::ImageId& id) override;
    base::Result<std::unique_ptr<ImageDraft>> create(const base::ImageId& id, const base::DiskName& disk,
                                                     std::uint64_t size_bytes, std::uint32_t sector_bytes = 0) override;
    base::Result<void> remove(const base::ImageId& id) override;
    [[nodiscard]] unsigned readers(const base::ImageId& id) const override { return uses_->readers(id); }
    base::Result<std::uint64_t> freeBytes() override;
    [[nodiscard]] bool readOnly() const override;
    [[nodiscard]] std::vector<ImageManifest> interrupted() const override { return interrupted_; }
    [[nodiscard]] std::string damageOf(const base::ImageId& id) const override;
    void markDamaged(const base::ImageId& id, const std::string& damage) override;
    void clearDamage(const base::ImageId& id) override;

    /// The readers and writers of each image, and damage that could not be written down. Shared with the contents and
    /// drafts handed out, which may outlive a call.
    class Uses {
      public:
        bool beginRead(const base::ImageId& id);
        void endRead(const base::ImageId& id);
        bool beginWrite(const base::ImageId& id);
        void endWrite(const base::ImageId& id);
        [[nodiscard]] bool beingWritten(const base::ImageId& id) const;
        [[nodiscard]] unsigned readers(const base::ImageId& id) const;
        void setDamage(const base::ImageId& id, const std::string& damage);  ///< empty: none
        [[nodiscard]] std::string damageOf(const base::ImageId& id) const;

      private:
        mutable std::mutex mutex_;
        std::map<base::ImageId, unsigned> readers_;
        std::set<base::ImageId> written_;
        std::map<base::ImageId, std::string> damage_;
    };

  private:
    DirectoryImageRepository(std::string images_dir, std::uint64_t block_size_bytes, const base::Clock& clock,
                             base::Log log, OpenFile lock);
    void removeHalfImages();
    [[nodiscard]] base::Result<void> checkWritable() const;

    std::string images_dir_;
    std::uint64_t block_size_bytes_;
    const base::Clock& clock_;
    base::Log log_;
    OpenFile lock_;
    std::vector<ImageManifest> interrupted_;
    std::shared_ptr<Uses> uses_ = std::make_shared<Uses>();
};

}  // namespace standin::image_store
