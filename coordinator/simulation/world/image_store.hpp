#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/base/name_map.hpp"
#include "agent/protocol/image.hpp"
#include "coordinator/simulation/virtual_time.hpp"
#include "coordinator/simulation/world/command.hpp"

namespace standin::simulation {

class World;

/// Transfers to or from an image store. All that are moving share its bandwidth; those that come when enough move wait
/// for their turn.
class Transfers {
  public:
    using Ended = std::function<void(const base::Result<void>&)>;
    explicit Transfers(World& world) : world_(world) {}

    /// Refused: too many wait already.
    base::Result<void> begin(const std::string& name, std::uint64_t mib, Ended ended);
    /// Without telling its end.
    void cancel(const std::string& name);
    /// All of them end in failure.
    void interrupt();
    /// Bytes moved; nothing: there is no such transfer.
    [[nodiscard]] std::optional<std::uint64_t> progress(const std::string& name) const;
    [[nodiscard]] bool waits(const std::string& name) const;
    [[nodiscard]] std::size_t moving() const { return moving_.size(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  private:
    struct Transfer {
        std::string name;
        std::int64_t total = 0;
        std::int64_t left = 0;  ///< KiB
        Ended ended;
    };
    void proceed();
    void plan();
    [[nodiscard]] std::int64_t moved() const;  ///< KiB of each one since `at_`

    World& world_;
    std::vector<Transfer> moving_;
    std::deque<Transfer> waiting_;
    VirtualTime at_{};
    std::uint64_t planned_ = 0;
};

/// Images and restores. A restore writes a machine's disk while it runs, and reads it back at its end.
class ImageStore {
  public:
    explicit ImageStore(World& world) : transfers(world), world_(world) {}

    [[nodiscard]] std::vector<protocol::Image> list() const;
    base::Result<protocol::Image> image(const base::ImageId& id) const;
    base::Result<protocol::Image> capture(const base::ImageId& id, const base::DiskName& disk);
    base::Result<protocol::ImageDifference> difference(const base::ImageId& a, const base::ImageId& b) const;
    void remove(const base::ImageId& id);

    [[nodiscard]] std::vector<protocol::Disk> disks() const;
    [[nodiscard]] std::vector<base::RestoreId> restores() const;
    base::Result<protocol::Restore> restore(const base::RestoreId& id, const base::ImageId& image,
                                            const base::DiskName& disk, VirtualTime commanded_at,
                                            const std::string& by);
    base::Result<protocol::Restore> restoreState(const base::RestoreId& id) const;
    void cancel(const base::RestoreId& id);
    /// The agent is started again: what had not ended has failed, also for VM hosts that were reading an image.
    void interrupt() { transfers.interrupt(); }

    Transfers transfers;
    base::NameMap<std::string, protocol::Image> images;
    base::NameMap<std::string, std::string> contents;   ///< of the images: their checksums
    std::map<std::string, protocol::Disk> other_disks;  ///< found where a spare's own should be
    std::map<std::string, bool> corrupt;                ///< blocks that do not match are found when they are read

  private:
    void restored(const std::string& id, const base::Result<void>& moved);
    void captured(const std::string& id, const base::Result<void>& moved);
    void end(protocol::Restore& restore, protocol::RestoreState state, std::string problem);

    World& world_;
    std::map<std::string, protocol::Restore> restores_;
};

}  // namespace standin::simulation
