#pragma once

#include <vector>

#include "agent/protocol/image.hpp"
#include "coordinator/drivers/deadline.hpp"

namespace standin::drivers {

/// Images and restores of one image store. capture() and restore() begin the work; image() and restoreState() tell how far it is.
class ImageStoreDriver {
  public:
    virtual ~ImageStoreDriver() = default;

    virtual base::Result<std::vector<protocol::Image>> images(Deadline deadline) = 0;
    virtual base::Result<protocol::Image> image(const base::ImageId& id, Deadline deadline) = 0;
    virtual base::Result<protocol::Image> capture(const protocol::CommandStamp& stamp, const base::ImageId& id,
                                                  const base::DiskName& disk, Deadline deadline) = 0;
    virtual base::Result<protocol::ImageDifference> difference(const base::ImageId& a, const base::ImageId& b, Deadline deadline) = 0;
    virtual base::Result<void> remove(const protocol::CommandStamp& stamp, const base::ImageId& id, Deadline deadline) = 0;

    /// Same id, same restore: repeating it does not begin a second one. Refused: the disk is in use.
    virtual base::Result<protocol::Restore> restore(const protocol::CommandStamp& stamp, const base::RestoreId& id,
                                                    const base::ImageId& image, const base::DiskName& disk, Deadline deadline) = 0;
    virtual base::Result<protocol::Restore> restoreState(const base::RestoreId& id, Deadline deadline) = 0;
    virtual base::Result<void> cancelRestore(const protocol::CommandStamp& stamp, const base::RestoreId& id, Deadline deadline) = 0;
};

}  // namespace standin::drivers
