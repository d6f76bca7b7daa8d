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

/// What an agent admits of the commands that reach it, decided without threads, clocks or I/O. http::CommandGate adds
/// locks, waiting and a file; the simulated agents add virtual time.
///
/// How it works, and why so:
/// - The epoch is a fencing token. It is one higher after each start of a coordinator, and an agent refuses an older
/// one
///   than it has seen. A deposed coordinator that was paused can't act on what it decided before its pause.
/// - The instance is a random name beside the epoch. A journal that was restored from a backup gives its epoch once
/// more;
///   of two coordinators with one epoch the agent obeys the one that it saw first.
/// - The sequence ascends within an epoch. A command that its coordinator has given up may still be on its way; once a
///   newer one for the same subject has been seen, also one that waits, the older is refused and can undo nothing.
/// - Per subject (a segment, a stand-in, a job's hold), because only commands for one subject can undo each other.
/// Steps
///   run beside each other and their commands may overtake each other on the way; one counter for the whole agent would
///   refuse sound commands. For one subject one command is carried out at a time, in this order.
/// - Answers are remembered, because an answer can be lost and the same command come again: it is answered again, not
///   done again. Only success is remembered; a command that was refused or failed may be tried again.
/// - Memory is bounded: the newest answers, and the subjects that were commanded last.
/// - At a restart all but the leader is lost. That is safe: a connection ends with its agent, so what was on its way to
///   the old process does not reach the new one; and a step observes before it acts where acting twice would harm.
class CommandAdmission {
  public:
    /// A command that was admitted.
    struct Admitted {
        bool done = false;
        std::any answer;  ///< as end() got it; empty: it has none to give again
    };
    enum class Verdict {
        Refused,   ///< StaleEpoch, or Conflict: a newer command for the subject was seen
        Answered,  ///< it was done before: `command` has the answer
        UnderWay,  ///< the same command is being carried out: `command`
        Waits,     ///< another command for the subject is being carried out: to be decided again when that has ended
        Admitted   ///< it is to be carried out now, until end() of `command`
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
    /// Its coordinator leads from now on. Precondition: checkLeader(), and whoever has to outlive a restart with it has
    /// made it durable.
    void obey(const CommandStamp& stamp) { leader_ = leaderBy(stamp); }

    /// `what` is commanded; with the stamp it identifies the command. Precondition: its leader was checked and obeyed.
    Decision decide(const CommandStamp& stamp, const std::string& subject, const std::string& what);
    /// The sequence of a newer command for the subject, if one was seen.
    [[nodiscard]] std::optional<std::uint64_t> newerThan(const CommandStamp& stamp, const std::string& subject) const;
    /// However it ended.
    static void end(Admitted& command, std::any answer = {});

    /// The agent was started again.
    void forget();

  private:
    /// Epoch, and sequence within it: ascends for ever.
    using Age = std::pair<std::uint64_t, std::uint64_t>;
    struct Subject {
        Age newest{};
        std::shared_ptr<Admitted> last;  ///< that was admitted
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
