#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/image_store/disks/disk_access.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/restore_records.hpp"
#include "agent/image_store/transfers/transfer.hpp"
#include "agent/image_store/transfers/transfer_pool.hpp"
#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// Restores that wait, run or have ended; remembered across restarts of the agent. Thread-safe.
class Restores {
  public:
    using Finished = std::function<void(bool succeeded, std::chrono::nanoseconds took)>;
    Restores(ImageRepository& repository, RestoreRecords records, TransferPool& pool, Throttle& throttle,
             const base::Clock& clock, base::Log log);

    /// Reads the records; what had not ended has failed.
    base::Result<void> start();

    /// Begins to restore, after the disk was locked and found large enough. The same id again answers the same restore;
    /// after it failed or was cancelled it starts again. Conflict: the id is another restore. Refused: disk in use or
    /// too small, or the queue is full.
    base::Result<protocol::Restore> begin(const base::RestoreId& id, const base::ImageId& image,
                                          const DiskPlace& place);
    [[nodiscard]] base::Result<protocol::Restore> find(const base::RestoreId& id) const;
    [[nodiscard]] std::vector<protocol::Restore> list() const;
    /// Ends it if it waits or runs and waits until it moves nothing any more. Afterwards nothing goes on under this id.
    void cancel(const base::RestoreId& id);
    /// The agent stops: all end soon and count as interrupted.
    void interruptAll();
    void onFinished(Finished finished) { finished_ = std::move(finished); }

  private:
    struct Task;
    base::Result<std::shared_ptr<Task>> prepare(const base::RestoreId& id, const base::ImageId& image,
                                                const DiskPlace& place);
    void run(const std::shared_ptr<Task>& task);
    void end(const std::shared_ptr<Task>& task, const base::Result<void>& outcome);
    void forgetOldest();
    static protocol::Restore restoreOf(const Task& task);

    ImageRepository& repository_;
    RestoreRecords records_;
    TransferPool& pool_;
    Throttle& throttle_;
    const base::Clock& clock_;
    base::Log log_;
    Finished finished_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    bool interrupted_ = false;
    std::uint64_t begun_ = 0;
    std::map<base::RestoreId, std::shared_ptr<Task>> tasks_;
};

}  // namespace standin::image_store
