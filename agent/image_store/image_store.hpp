#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/image_store/image_store_settings.hpp"
#include "agent/image_store/transfers/captures.hpp"
#include "agent/image_store/transfers/restores.hpp"
#include "agent/image_store/transfers/verifications.hpp"

namespace standin::image_store {

/// The images, captures, restores and disks of one host: the logic of the HTTP routes without HTTP. Thread-safe between
/// start() and stop().
class ImageStore {
  public:
    ImageStore(ImageStoreSettings settings, const base::Clock& clock, base::Log log);
    ~ImageStore();

    /// Opens the repository, which removes incomplete images, and reads the records of restores.
    base::Result<void> start();
    /// Interrupts transfers and waits for them.
    void stop();

    [[nodiscard]] std::vector<protocol::Image> images() const;
    [[nodiscard]] base::Result<protocol::Image> image(const base::ImageId& id) const;
    /// Captures the disk. Absolute: an existing image of that id that was captured from that disk is returned.
    /// Conflict: it was captured from another disk.
    base::Result<protocol::Image> capture(const base::ImageId& id, const base::DiskName& disk);
    /// Removes the image; success if there is none. Cancels its capture and its verification. Conflict while it is
    /// restored or fetched.
    base::Result<void> remove(const base::ImageId& id);
    [[nodiscard]] base::Result<protocol::ImageDifference> difference(const base::ImageId& a,
                                                                     const base::ImageId& b) const;
    /// Starts to verify the image (see Verifications). NotFound; WrongState while it is being captured; Corrupt if none
    /// of it can be read.
    base::Result<protocol::ImageVerification> verify(const base::ImageId& id);
    [[nodiscard]] base::Result<protocol::ImageVerification> verification(const base::ImageId& id) const;
    /// WrongState while it is being captured.
    [[nodiscard]] base::Result<std::unique_ptr<ImageContent>> open(const base::ImageId& id) const;

    base::Result<protocol::Restore> restore(const base::RestoreId& id, const base::ImageId& image,
                                            const base::DiskName& disk, Damage damage = Damage::Refuse);
    [[nodiscard]] const Restores& restores() const { return *restores_; }
    void cancelRestore(const base::RestoreId& id) { restores_->cancel(id); }

    [[nodiscard]] std::vector<protocol::Disk> disks() const;
    void checkHealth(protocol::Health& health) const;

    /// `kind` is `capture`, `restore` or `verification`. Set before start().
    using Finished = std::function<void(const std::string& kind, bool succeeded, std::chrono::nanoseconds took)>;
    void onFinished(Finished finished) { finished_ = std::move(finished); }
    [[nodiscard]] std::uint64_t freeBytes() const;

  private:
    void rememberInterrupted();
    void checkImages(protocol::Health& health) const;
    void checkDisks(protocol::Health& health) const;
    [[nodiscard]] base::Result<const DiskPlace*> placeOf(const base::DiskName& disk) const;

    const ImageStoreSettings settings_;
    const base::Clock& clock_;
    base::Log log_;
    Finished finished_;
    Throttle throttle_;
    std::unique_ptr<ImageRepository> repository_;
    DiskGuard disks_;
    SpaceReservations space_;
    std::unique_ptr<TransferPool> capture_pool_;
    std::unique_ptr<TransferPool> restore_pool_;       ///< of its own: a failed server does not wait behind backups
    std::unique_ptr<TransferPool> verification_pool_;  ///< one at a time
    std::unique_ptr<Captures> captures_;
    std::unique_ptr<Restores> restores_;
    std::unique_ptr<Verifications> verifications_;
};

}  // namespace standin::image_store
