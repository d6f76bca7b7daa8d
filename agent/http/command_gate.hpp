#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "agent/http/router.hpp"
#include "agent/protocol/command_admission.hpp"

namespace standin::http {

/// Guards an agent's commands: protocol::CommandAdmission with locks, waiting, and durable storage of the leader. The
/// certificate's right to command was checked before (roles.hpp).
class CommandGate {
  public:
    /// `epoch_file` stores the highest epoch seen and its instance durably.
    static base::Result<std::unique_ptr<CommandGate>> open(std::string epoch_file);

    /// Reads the stamp from the headers, checks it and runs `handler`. If the same command was answered before or is
    /// running, its answer is returned or awaited instead. Exceptions of `handler` are passed to the caller, and the
    /// next command may run.
    base::Result<Response> pass(Request& request, const Handler& handler);

    [[nodiscard]] std::uint64_t highestEpoch() const;
    /// `PUT /v1/epoch`: a coordinator claims its epoch. Success: no newer coordinator has commanded here, and no older
    /// one can from now on.
    void addRoutes(Router& router);

  private:
    CommandGate(std::string epoch_file, protocol::Leader leader);
    base::Result<void> admit(Request& request);
    base::Result<void> raiseEpoch(const protocol::CommandStamp& stamp);

    using Lock = std::unique_lock<std::mutex>;
    class Turn;
    /// Waits until the command is admitted, or has an answer, which is then in `answer`.
    base::Result<std::shared_ptr<protocol::CommandAdmission::Admitted>> enter(const Request& request, Lock& lock);

    const std::string epoch_file_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;  ///< of a command
    protocol::CommandAdmission admission_;
};

}  // namespace standin::http
