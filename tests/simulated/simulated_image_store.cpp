#include "tests/simulated/simulated_command.hpp"

namespace standin::simulated {

using base::ErrorCode;
using base::failure;
using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

class SimulatedImageStoreDriver final : public drivers::ImageStoreDriver {
  public:
    explicit SimulatedImageStoreDriver(SimulatedWorld& world) : world_(world) {}

    Result<std::vector<protocol::Image>> images(Deadline) override {
        std::vector<protocol::Image> all;
        for (const auto& [id, image] : world_.images) all.push_back(image);
        return all;
    }
    Result<std::vector<base::RestoreId>> restores(Deadline) override {
        std::vector<base::RestoreId> ids;
        for (const auto& [id, restore] : world_.restores) ids.emplace_back(id);
        return ids;
    }
    Result<protocol::Image> image(const base::ImageId& id, Deadline deadline) override {
        return carryOut<protocol::Image>(
            world_, "image.get", id.text(), nullptr, deadline, [&]() -> Result<protocol::Image> {
                auto found = world_.images.find(id.text());
                if (found == world_.images.end())
                    return failure(ErrorCode::NotFound, "there is no image '" + id.text() + "'");
                if (found->second.state == protocol::ImageState::Capturing)
                    found->second.state = protocol::ImageState::Ready;
                return found->second;
            });
    }
    Result<protocol::Image> capture(const CommandStamp& stamp, const base::ImageId& id, const base::DiskName& disk,
                                    Deadline deadline) override {
        return carryOut<protocol::Image>(
            world_, "image.capture", id.text(), &stamp, deadline, [&]() -> Result<protocol::Image> {
                auto& image = world_.images[id.text()];
                if (!image.id.empty()) return image;
                if (world_.machines[disk.text()].on)
                    world_.breach("disk '" + disk.text() + "' was captured while its server ran");
                image.id = id;
                image.disk = disk;
                image.state = protocol::ImageState::Capturing;
                image.size_bytes = image.stored_bytes = 1 << 20;
                image.checksum = content[disk.text()].empty() ? "content of " + disk.text() : content[disk.text()];
                return image;
            });
    }
    Result<protocol::ImageDifference> difference(const base::ImageId& a, const base::ImageId& b,
                                                 Deadline deadline) override {
        return carryOut<protocol::ImageDifference>(
            world_, "image.difference", a.text(), nullptr, deadline, [&]() -> Result<protocol::ImageDifference> {
                const bool equal = world_.images[a.text()].checksum == world_.images[b.text()].checksum;
                return protocol::ImageDifference{equal, equal ? 0u : 7u, equal ? 0u : 7u * 65536u};
            });
    }
    Result<void> remove(const CommandStamp& stamp, const base::ImageId& id, Deadline deadline) override {
        return carryOut<void>(world_, "image.remove", id.text(), &stamp, deadline, [&]() -> Result<void> {
            world_.images.erase(id.text());
            return {};
        });
    }
    Result<std::vector<protocol::Disk>> disks(Deadline deadline) override {
        return carryOut<std::vector<protocol::Disk>>(world_, "disk.list", "store1", nullptr, deadline,
                                                     [&]() -> Result<std::vector<protocol::Disk>> {
                                                         std::vector<protocol::Disk> all;
                                                         for (const auto& [name, disk] : world_.disks)
                                                             all.push_back(disk);
                                                         return all;
                                                     });
    }
    Result<protocol::Restore> restore(const CommandStamp& stamp, const base::RestoreId& id, const base::ImageId& image,
                                      const base::DiskName& disk, Deadline deadline) override {
        const auto& spare = world_.spare_of_disk[disk.text()];
        return carryOut<protocol::Restore>(
            world_, "restore.begin", spare, &stamp, deadline, [&]() -> Result<protocol::Restore> {
                auto& restore = world_.restores[id.text()];
                if (!restore.id.empty()) return restore;
                if (world_.machines[spare].on) world_.breach("spare '" + spare + "' was written to while it was on");
                restore.id = id;
                restore.image = image;
                restore.disk = disk;
                restore.state = protocol::RestoreState::Restoring;
                restore.progress = {0, 100, 0};
                world_.machines[spare].disk = "half written";
                return restore;
            });
    }
    Result<protocol::Restore> restoreState(const base::RestoreId& id, Deadline deadline) override {
        return carryOut<protocol::Restore>(
            world_, "restore.get", id.text(), nullptr, deadline, [&]() -> Result<protocol::Restore> {
                auto found = world_.restores.find(id.text());
                if (found == world_.restores.end())
                    return failure(ErrorCode::NotFound, "there is no restore '" + id.text() + "'");
                auto& restore = found->second;
                if (restore.state == protocol::RestoreState::Restoring) {
                    restore.progress.done_bytes += 25;
                    if (restore.progress.done_bytes >= 100) {
                        restore.state = protocol::RestoreState::Done;
                        world_.machines[world_.spare_of_disk[restore.disk.text()]].disk = restore.image.text();
                    }
                }
                return restore;
            });
    }
    Result<void> cancelRestore(const CommandStamp& stamp, const base::RestoreId& id, Deadline deadline) override {
        return carryOut<void>(world_, "restore.cancel", id.text(), &stamp, deadline, [&]() -> Result<void> {
            if (auto found = world_.restores.find(id.text()); found != world_.restores.end())
                found->second.state = protocol::RestoreState::Cancelled;
            return {};
        });
    }
    std::map<std::string, std::string> content;

  private:
    SimulatedWorld& world_;
};

}  // namespace

std::shared_ptr<drivers::ImageStoreDriver> simulatedImageStore(SimulatedWorld& world) {
    return std::make_shared<SimulatedImageStoreDriver>(world);
}

}  // namespace standin::simulated
