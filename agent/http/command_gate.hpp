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

/// Guards an agent's commands: protocol::CommandAdmission with locks, waiting, and the leader kept durably. That a
/// command's certificate may command was found before (roles.hpp).
class CommandGate {
  public:
    /// `epoch_file` keeps the highest epoch seen and, behind it, its instance, durably.
    static base::Result<std::unique_ptr<CommandGate>> open(std::string epoch_file);

    /// Reads the stamp from the headers, checks it and runs `handler` unless the same command was answered before or is
    /// being handled right now (then its answer is awaited). What `handler` throws goes on to the caller, and the next
    /// command has its turn.
    base::Result<Response> pass(Request& request, const Handler& handler);

    [[nodiscard]] std::uint64_t highestEpoch() const;
    /// `PUT /v1/epoch`: a coordinator claims its epoch; success: nobody newer has commanded here, and from now on
    /// nobody older can.
    void addRoutes(Router& router);

  private:
    CommandGate(std::string epoch_file, protocol::Leader leader);
    base::Result<void> admit(Request& request);
    base::Result<void> raiseEpoch(const protocol::CommandStamp& stamp);

    using Lock = std::unique_lock<std::mutex>;
    class Turn;
    /// Waits until the command is admitted; or has its answer, which is then in `answer`.
    base::Result<std::shared_ptr<protocol::CommandAdmission::Admitted>> enter(const Request& request, Lock& lock);

    const std::string epoch_file_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;  ///< of a command
    protocol::CommandAdmission admission_;
};

}  // namespace standin::http
