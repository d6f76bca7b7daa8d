#include "coordinator/simulation/simulated_agent_client.hpp"

namespace standin::simulation {

using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

class SimulatedImageStoreDriver final : public drivers::ImageStoreDriver {
  public:
    SimulatedImageStoreDriver(World& world, const std::string& agent)
        : way_(world, agent), store_(world.stores.at(agent)) {}

    Result<std::vector<protocol::Image>> images(Deadline deadline) override {
        return way_.ask<std::vector<protocol::Image>>(
            "image.list", way_.agent(), nullptr, deadline,
            [this]() -> Result<std::vector<protocol::Image>> { return store_.list(); });
    }
    Result<protocol::Image> image(const base::ImageId& id, Deadline deadline) override {
        return way_.ask<protocol::Image>("image.get", id.text(), nullptr, deadline,
                                         [this, id] { return store_.image(id); });
    }
    Result<protocol::Image> capture(const CommandStamp& stamp, const base::ImageId& id, const base::DiskName& disk,
                                    Deadline deadline) override {
        return way_.ask<protocol::Image>("image.capture", id.text(), &stamp, deadline,
                                         [this, id, disk] { return store_.capture(id, disk); });
    }
    Result<protocol::ImageDifference> difference(const base::ImageId& a, const base::ImageId& b,
                                                 Deadline deadline) override {
        return way_.ask<protocol::ImageDifference>("image.difference", a.text(), nullptr, deadline,
                                                   [this, a, b] { return store_.difference(a, b); });
    }
    Result<void> remove(const CommandStamp& stamp, const base::ImageId& id, Deadline deadline) override {
        return way_.ask<void>("image.remove", id.text(), &stamp, deadline, [this, id]() -> Result<void> {
            store_.remove(id);
            return {};
        });
    }
    Result<std::vector<protocol::Disk>> disks(Deadline deadline) override {
        return way_.ask<std::vector<protocol::Disk>>(
            "disk.list", way_.agent(), nullptr, deadline,
            [this]() -> Result<std::vector<protocol::Disk>> { return store_.disks(); });
    }
    Result<std::vector<base::RestoreId>> restores(Deadline deadline) override {
        return way_.ask<std::vector<base::RestoreId>>(
            "restore.list", way_.agent(), nullptr, deadline,
            [this]() -> Result<std::vector<base::RestoreId>> { return store_.restores(); });
    }
    Result<protocol::Restore> restore(const CommandStamp& stamp, const base::RestoreId& id, const base::ImageId& image,
                                      const base::DiskName& disk, Deadline deadline) override {
        return way_.ask<protocol::Restore>("restore.begin", id.text(), &stamp, deadline,
                                           [this, id, image, disk, sent = way_.world().now(), by = stamp.instance] {
                                               return store_.restore(id, image, disk, sent, by);
                                           });
    }
    Result<protocol::Restore> restoreState(const base::RestoreId& id, Deadline deadline) override {
        return way_.ask<protocol::Restore>("restore.get", id.text(), nullptr, deadline,
                                           [this, id] { return store_.restoreState(id); });
    }
    Result<void> cancelRestore(const CommandStamp& stamp, const base::RestoreId& id, Deadline deadline) override {
        return way_.ask<void>("restore.cancel", id.text(), &stamp, deadline, [this, id]() -> Result<void> {
            store_.cancel(id);
            return {};
        });
    }

  private:
    SimulatedAgentClient way_;
    ImageStore& store_;
};

class SimulatedHolderDriver final : public drivers::HolderDriver {
  public:
    SimulatedHolderDriver(World& world, const std::string& agent)
        : way_(world, agent), holder_(world.holders.at(agent)) {}

    Result<protocol::Hold> hold(const base::JobName& job, Deadline deadline) override {
        return way_.ask<protocol::Hold>("hold.get", job.text(), nullptr, deadline,
                                        [this, job] { return holder_.hold(job); });
    }
    Result<protocol::Hold> setHold(const CommandStamp& stamp, const base::JobName& job, protocol::HoldState state,
                                   Deadline deadline) override {
        return way_.ask<protocol::Hold>(std::string("hold.") + protocol::nameOf(state), job.text(), &stamp, deadline,
                                        [this, job, state] { return holder_.setHold(job, state); });
    }
    Result<protocol::ProbeAnswer> probe(const base::JobName& job, const protocol::ProbeRequest& request,
                                        Deadline deadline) override {
        return way_.askLater<protocol::ProbeAnswer>(
            "probe", job.text(), nullptr, deadline,
            [this, job, request](const auto& reply) { holder_.probe(job, request, reply); });
    }

  private:
    SimulatedAgentClient way_;
    RequestHolder& holder_;
};

}  // namespace

std::shared_ptr<drivers::ImageStoreDriver> imageStoreDriver(World& world, const std::string& agent) {
    return std::make_shared<SimulatedImageStoreDriver>(world, agent);
}

std::shared_ptr<drivers::HolderDriver> holderDriver(World& world, const std::string& agent) {
    return std::make_shared<SimulatedHolderDriver>(world, agent);
}

}  // namespace standin::simulation
