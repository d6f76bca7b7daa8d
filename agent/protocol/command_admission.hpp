#pragma once

#include <any>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/result.hpp"
#include "agent/protocol/command_order.hpp"

namespace standin::protocol {

/// Decides which commands an agent admits, without threads, clocks or I/O. http::CommandGate adds locks, waiting and a
/// file; the simulated agents add virtual time. How it works, and why so:
///
/// The epoch is a fencing token. It increases with each start of a coordinator, and an agent refuses an epoch older
/// than the newest it has seen: a coordinator that was paused and deposed meanwhile cannot act on its earlier
/// decisions. The instance is a random name beside the epoch: a journal restored from a backup leads to the same epoch
/// again, and of two coordinators with one epoch the agent obeys the one that it saw first.
///
/// The sequence ascends within an epoch. A command that its coordinator has given up may still be on its way. Once a
/// newer one for its subject was seen, even if that one still waits, the older one is refused, so it cannot undo
/// anything. Subjects (a segment, a stand-in, a job's hold) are independent, because steps run concurrently and their
/// commands may overtake each other: one counter for the whole agent would refuse valid commands. A subject has one
/// command at a time.
///
/// Answers are stored, because an answer can be lost and its command repeated: then the answer is repeated, not the
/// action. Only success is stored; a command that was refused or failed may be tried again. Storage is bounded: the
/// newest answers, and the subjects that were commanded last.
///
/// After a restart of the agent only the leader is known. That is safe: connections end with the process, so commands
/// on their way to the old process do not reach the new one; and a step observes first where acting twice would do
/// harm.
class CommandAdmission {
  public:
    /// An admitted command.
    struct Admitted {
        bool done = false;
        std::any answer;  ///< as passed to end(); empty: there is no answer to repeat
    };
    enum class Verdict {
        Refused,   ///< StaleEpoch, or Conflict: a newer command for the subject was seen
        Answered,  ///< the command was executed before: `command` has the answer
        UnderWay,  ///< the same command is running: `command`
        Waits,     ///< another command for the subject is running: decide again when it has ended
        Admitted   ///< to be executed now, until end() of `command`
    };
    struct Decision {
        Verdict verdict{};
        std::shared_ptr<Admitted> command;
        std::optional<base::Error> refusal{};
    };

    explicit CommandAdmission(Leader leader = {}) : leader_(std::move(leader)) {}

    [[nodiscard]] const Leader& leader() const { return leader_; }
    /// StaleEpoch: another coordinator has commanded here.
    [[nodiscard]] base::Result<void> checkLeader(const CommandStamp& stamp) const;
    /// Accepts the command's coordinator as leader. Precondition: checkLeader() has succeeded; an agent that has to
    /// know its leader after a restart has stored it durably.
    void obey(const CommandStamp& stamp) { leader_ = leaderBy(stamp); }

    /// `what` is the commanded action; with the stamp it identifies the command. Precondition: obey(stamp) was called.
    Decision decide(const CommandStamp& stamp, const std::string& subject, const std::string& what);
    /// The sequence of a newer command for the subject, if one was seen.
    [[nodiscard]] std::optional<std::uint64_t> newerThan(const CommandStamp& stamp, const std::string& subject) const;
    /// Ends the command, with any outcome.
    static void end(Admitted& command, std::any answer = {});

    /// Forgets everything but the leader, as at a restart of the agent.
    void forget();

  private:
    /// Epoch, and sequence within it; always ascends.
    using Age = std::pair<std::uint64_t, std::uint64_t>;
    struct Subject {
        Age newest{};
        std::shared_ptr<Admitted> last;  ///< the last admitted command
        [[nodiscard]] bool isBusy() const { return last && !last->done; }
    };
    static Age ageOf(const CommandStamp& stamp) { return {stamp.epoch, stamp.sequence}; }
    std::shared_ptr<Admitted> admit(std::string identity);
    void forgetOldSubjects();

    Leader leader_;
    std::map<std::string, Subject> subjects_;
    std::map<std::string, std::shared_ptr<Admitted>> commands_;  ///< by their identities
    std::deque<std::string> order_;                              ///< of commands_, oldest first
};

}  // namespace standin::protocol
