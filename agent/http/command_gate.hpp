#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/http/router.hpp"
#include "agent/protocol/command_order.hpp"

namespace standin::http {

/// Guards an agent's commands. That their certificate may command was found before (roles.hpp).
///
/// - A coordinator that was deposed has an older epoch, or the same epoch as another instance, and is refused
///   (StaleEpoch); the highest epoch and its instance are kept durably.
/// - A command that comes twice (its answer was lost) is answered again, not done again.
/// - Commands for one subject are carried out one after the other, and none after a newer one: of two, the one with the
///   lower sequence is refused (Conflict) once the other was seen. So a command that its coordinator has given up, and
///   that was held up on its way, cannot undo what was commanded since. This is remembered as long as the agent runs;
///   what was on its way to an agent that has ended does not reach the next one.
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

    struct Answered {
        bool done = false;
        std::optional<Response> response;
    };
    /// The commands for one subject.
    struct Lane {
        bool busy = false;
        protocol::NewestCommand newest;
    };
    using Lock = std::unique_lock<std::mutex>;
    class Turn;
    std::shared_ptr<Answered> remember(const std::string& key);
    base::Result<std::shared_ptr<Lane>> enter(const Request& request, Lock& lock);
    void forgetOldLanes();

    const std::string epoch_file_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;  ///< of a command
    protocol::Leader leader_;
    std::map<std::string, std::shared_ptr<Answered>> answered_;
    std::list<std::string> order_;  ///< oldest first, bounds `answered_`
    std::map<std::string, std::shared_ptr<Lane>> lanes_;
};

}  // namespace standin::http
