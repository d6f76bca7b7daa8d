#pragma once

#include <any>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/base/result.hpp"
#include "agent/protocol/command_order.hpp"

namespace standin::simulation {

/// What an agent lets in, by the rules of http::CommandGate (agent/protocol/command_order.hpp): no older epoch, and no
/// other instance of the same; for one
/// subject one command after the other and none after a newer one; and a command that comes twice is answered again,
/// not done again.
class AgentGate {
  public:
    struct Handled {
        bool done = false;
        std::any answer;  ///< empty unless it was done: what was refused may be tried again
    };
    /// What comes for one subject.
    struct Lane {
        /// Conflict: a newer one has come.
        base::Result<void> arrive(const protocol::CommandStamp& stamp);
        /// One is still being carried out: the next has to wait for its end.
        [[nodiscard]] bool isBusy() const { return under_way && !under_way->done; }

        std::string subject;
        std::shared_ptr<Handled> under_way;
        protocol::NewestCommand newest;
    };

    /// Refused: an older epoch; otherwise the command's epoch is kept, durably.
    base::Result<void> admit(const protocol::CommandStamp& stamp);
    /// The same command, if it was let in before; null otherwise.
    [[nodiscard]] std::shared_ptr<Handled> earlier(const std::string& key) const;
    /// Until forget().
    Lane& lane(const std::string& subject);
    /// Lets it in. Precondition: the lane is not busy.
    std::shared_ptr<Handled> enter(std::string key, Lane& lane);
    [[nodiscard]] std::uint64_t epoch() const { return leader_.epoch; }
    /// The agent was started again: it knows only the epoch.
    void forget();

  private:
    static constexpr std::size_t most_answers = 1024;

    protocol::Leader leader_;
    std::map<std::string, Lane> lanes_;
    std::map<std::string, std::shared_ptr<Handled>> handled_;
    std::deque<std::string> order_;
};

}  // namespace standin::simulation
