#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "agent/base/log.hpp"
#include "agent/image_store/images/image_repository.hpp"
#include "agent/image_store/transfers/transfer.hpp"
#include "agent/image_store/transfers/transfer_pool.hpp"
#include "agent/protocol/image.hpp"

namespace standin::image_store {

/// Images that are being verified, and what came of it, as long as the agent runs. One at a time, and it pauses
/// while anything is captured or restored: a server that has failed waits for its image. Thread-safe.
class Verifications {
  public:
    using Finished = std::function<void(bool succeeded, std::chrono::nanoseconds took)>;
    /// `transfers` come first.
    Verifications(TransferPool& transfers, Throttle& throttle, const base::Clock& clock, base::Log log);

    void start() { pool_.start(); }
    /// All that goes on is broken off.
    void stop();

    /// Begins; while one of this image goes on that one is the answer, one that has ended starts again. Refused: too
    /// many wait.
    base::Result<protocol::ImageVerification> begin(const base::ImageId& id, std::unique_ptr<ImageContent> content);
    /// NotFound: none was begun since the agent was started.
    [[nodiscard]] base::Result<protocol::ImageVerification> find(const base::ImageId& id) const;
    /// Forgets it; if it goes on, breaks it off and waits until the image is not read any more.
    void remove(const base::ImageId& id);
    void onFinished(Finished finished) { finished_ = std::move(finished); }

  private:
    struct Task;
    void run(const std::shared_ptr<Task>& task);
    void end(const std::shared_ptr<Task>& task, protocol::ImageVerification outcome);
    static protocol::ImageVerification describe(const Task& task);
    void forgetOld();

    TransferPool& transfers_;
    Throttle& throttle_;
    const base::Clock& clock_;
    base::Log log_;
    Finished finished_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    std::map<base::ImageId, std::shared_ptr<Task>> tasks_;
    TransferPool pool_;
};

}  // namespace standin::image_store
