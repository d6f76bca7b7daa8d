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
/// locks, waiting and a file; the simulated agents add virtual time. How it works, and why so:
///
/// The epoch is a fencing token. It is one higher after each start of a coordinator, and an agent refuses an older one
/// than it has seen: a coordinator that was deposed while it was paused can't act on what it decided before. The
/// instance is a random name beside the epoch: a journal that was restored from a backup gives its epoch once more, and
/// of two coordinators with one epoch the agent obeys the one that it saw first.
///
/// The sequence ascends within an epoch. A command that its coordinator has given up may still be on its way; once a
/// newer one for its subject was seen, even if that waits, the older is refused and can undo nothing. Subjects (a
/// segment, a stand-in, a job's hold) are apart, because steps run beside each other and their commands may overtake
/// each other: one counter for the whole agent would refuse sound commands. A subject has one command at a time.
///
/// Answers are remembered, because an answer can be lost and its command come again: it is answered again, not done
/// again. Only success is remembered; what was refused or failed may be tried again. Memory is bounded: the newest
/// answers, and the subjects that were commanded last.
///
/// At a restart all but the leader is lost. That is safe: a connection ends with its agent, so what was on its way to
/// the old process does not reach the new one; and a step observes first where acting twice would harm.
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
    /// Its coordinator leads from now on. Precondition: checkLeader() has succeeded; an agent that has to know its
    /// leader after a restart has made it durable.
    void obey(const CommandStamp& stamp) { leader_ = leaderBy(stamp); }

    /// `what` is commanded; with the stamp it identifies the command. Precondition: obey(stamp) was called.
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
