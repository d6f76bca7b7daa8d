#pragma once

#include <memory>

#include "coordinator/drivers/image_store_driver.hpp"

namespace standin::protocol {
class AgentClient;
}

namespace standin::drivers {

/// Images and restores through an image store's agent.
class AgentImageStoreDriver final : public ImageStoreDriver {
  public:
    explicit AgentImageStoreDriver(std::shared_ptr<protocol::AgentClient> client);

    base::Result<std::vector<protocol::Image>> images(Deadline deadline) override;
    base::Result<protocol::Image> image(const base::ImageId& id, Deadline deadline) override;
    base::Result<protocol::Image> capture(const protocol::CommandStamp& stamp, const base::ImageId& id,
                                          const base::DiskName& disk, Deadline deadline) override;
    base::Result<protocol::ImageDifference> difference(const base::ImageId& a, const base::ImageId& b,
                                                       Deadline deadline) override;
    base::Result<void> remove(const protocol::CommandStamp& stamp, const base::ImageId& id, Deadline deadline) override;
    base::Result<protocol::ImageVerification> verify(const protocol::CommandStamp& stamp, const base::ImageId& id,
                                                     Deadline deadline) override;
    base::Result<protocol::ImageVerification> verification(const base::ImageId& id, Deadline deadline) override;
    base::Result<std::vector<base::RestoreId>> restores(Deadline deadline) override;
    base::Result<std::vector<protocol::Disk>> disks(Deadline deadline) override;
    base::Result<protocol::Restore> restore(const protocol::CommandStamp& stamp, const base::RestoreId& id,
                                            const base::ImageId& image, const base::DiskName& disk,
                                            Deadline deadline) override;
    base::Result<protocol::Restore> restoreState(const base::RestoreId& id, Deadline deadline) override;
    base::Result<void> cancelRestore(const protocol::CommandStamp& stamp, const base::RestoreId& id,
                                     Deadline deadline) override;

  private:
    std::shared_ptr<protocol::AgentClient> client_;
};

}  // namespace standin::drivers
