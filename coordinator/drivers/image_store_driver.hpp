#pragma once

#include <vector>

#include "agent/protocol/image.hpp"
#include "coordinator/drivers/deadline.hpp"

namespace standin::drivers {

/// Images and restores of one image store. capture() and restore() start the work; image() and restoreState() report
/// its progress.
class ImageStoreDriver {
  public:
    virtual ~ImageStoreDriver() = default;

    virtual base::Result<std::vector<protocol::Image>> images(Deadline deadline) = 0;
    virtual base::Result<protocol::Image> image(const base::ImageId& id, Deadline deadline) = 0;
    virtual base::Result<protocol::Image> capture(const protocol::CommandStamp& stamp, const base::ImageId& id,
                                                  const base::DiskName& disk, Deadline deadline) = 0;
    virtual base::Result<protocol::ImageDifference> difference(const base::ImageId& a, const base::ImageId& b,
                                                               Deadline deadline) = 0;
    virtual base::Result<void> remove(const protocol::CommandStamp& stamp, const base::ImageId& id,
                                      Deadline deadline) = 0;

    /// Starts to read the image again and to compare it with its checksums; verification() reports progress and result.
    /// Unsupported: the store cannot do that.
    virtual base::Result<protocol::ImageVerification> verify(const protocol::CommandStamp&, const base::ImageId&,
                                                             Deadline) {
        return base::failure(base::ErrorCode::Unsupported, "this image store can't verify images");
    }
    virtual base::Result<protocol::ImageVerification> verification(const base::ImageId&, Deadline) {
        return base::failure(base::ErrorCode::Unsupported, "this image store can't verify images");
    }

    /// The machines' disks that the store can access, as they are now.
    virtual base::Result<std::vector<protocol::Disk>> disks(Deadline) {
        return base::failure(base::ErrorCode::Unsupported, "this image store does not list its disks");
    }

    /// The restores that the store knows, and would not start again.
    virtual base::Result<std::vector<base::RestoreId>> restores(Deadline) {
        return base::failure(base::ErrorCode::Unsupported, "this image store does not list its restores");
    }
    /// The same id is the same restore: a repetition does not start a second one. Refused: the disk is in use.
    virtual base::Result<protocol::Restore> restore(const protocol::CommandStamp& stamp, const base::RestoreId& id,
                                                    const base::ImageId& image, const base::DiskName& disk,
                                                    Deadline deadline) = 0;
    virtual base::Result<protocol::Restore> restoreState(const base::RestoreId& id, Deadline deadline) = 0;
    virtual base::Result<void> cancelRestore(const protocol::CommandStamp& stamp, const base::RestoreId& id,
                                             Deadline deadline) = 0;
};

}  // namespace standin::drivers
