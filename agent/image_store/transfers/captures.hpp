#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/image_store/disks/disk_access.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/transfer.hpp"
#include "agent/image_store/transfers/transfer_pool.hpp"
#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// Captures that wait, run or have failed. One that succeeded is an image of the repository and is forgotten here.
/// Thread-safe.
class Captures {
  public:
    using Finished = std::function<void(bool succeeded, std::chrono::nanoseconds took)>;
    Captures(ImageRepository& repository, TransferPool& pool, Throttle& throttle, const base::Clock& clock,
             base::Log log);

    /// Begins to capture. Precondition: no image of this id exists. Repeating it while it runs answers the one that
    /// runs; after it failed it starts again. Conflict: the id is being captured from another disk. Refused: the disk
    /// is in use, the queue full.
    base::Result<protocol::Image> begin(const base::ImageId& id, const DiskPlace& place, std::uint64_t block_size_bytes,
                                        std::uint64_t least_free_bytes);
    [[nodiscard]] std::vector<protocol::Image> list() const;
    /// Cancels and waits until nothing is left of it; true if there was one.
    bool remove(const base::ImageId& id);
    /// All are cancelled; they end soon.
    void cancelAll();
    void onFinished(Finished finished) { finished_ = std::move(finished); }

  private:
    struct Task;
    void run(const std::shared_ptr<Task>& task, std::uint64_t block_size_bytes);
    void end(const std::shared_ptr<Task>& task, std::string problem);
    [[nodiscard]] protocol::Image imageOf(const Task& task) const;
    void forgetOldFailures();

    ImageRepository& repository_;
    TransferPool& pool_;
    Throttle& throttle_;
    const base::Clock& clock_;
    base::Log log_;
    Finished finished_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    std::map<base::ImageId, std::shared_ptr<Task>> tasks_;
};

}  // namespace standin::image_store
