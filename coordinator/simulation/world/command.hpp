#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/protocol/common.hpp"
#include "coordinator/simulation/virtual_time.hpp"

namespace standin::simulation {

/// What is asked of whom. Verbs: `segment.get`, `segment.list`, `segment.set`, `hold.get`, `hold.idle`, `hold.holding`,
/// `hold.releasing`, `probe`, `stand_in.get`, `stand_in.make`, `stand_in.running`, `stand_in.suspended`,
/// `stand_in.stopped`, `stand_in.resources`, `stand_in.remove`, `stand_in.requests`, `capacity.get`, `image.get`,
/// `image.list`, `image.capture`, `image.difference`, `image.remove`, `restore.begin`, `restore.get`, `restore.cancel`,
/// `power.off`, `power.on`, `power.read`, `health.get`, `epoch.get`, `epoch.claim`, `stand_in.list`, `restore.list`.
struct Command {
    /// `about`: the segment, job, stand-in, image, spare or machine.
    Command(std::string agent_name, std::string its_verb, const std::string& about)
        : agent(std::move(agent_name)), verb(std::move(its_verb)) {
        name.reserve(verb.size() + 1 + about.size());
        name.append(verb).append(1, '/').append(about);
    }
    [[nodiscard]] std::string_view subject() const { return std::string_view(name).substr(verb.size() + 1); }

    std::string agent;
    std::string verb;
    std::string name;                             ///< `segment.set/job01`
    std::optional<protocol::CommandStamp> stamp;  ///< absent: a question, which changes nothing
};

/// Takes an answer on its way; called at most once, at any time.
template <typename Answer>
using Reply = std::function<void(base::Result<Answer>)>;

/// The effect of a command in the world when it arrives there. It may reply later: a machine that is stopped takes its
/// time.
template <typename Answer>
using Effect = std::function<void(const Reply<Answer>&)>;

/// A fault between a coordinator and the agent that it asks.
enum class Mishap {
    Unreachable,  ///< the agent is not reached, and that is known at once
    Lost,         ///< the question is lost: no effect, no answer
    AnswerLost,   ///< the effect comes, no answer does
    Late,         ///< the effect comes `by` later, whether or not the coordinator still waits for it
    Refused,      ///< a definite no
    Unverified,   ///< the effect comes, and the agent says that it does not know
    Twice,        ///< it arrives twice, the second time `by` later
    Slow,         ///< question and answer take `by` longer
    Drip,         ///< the effect comes, no answer does, and the driver lets go only `by` after its deadline
    Hung,         ///< no effect, no answer, and the thread that asks hangs until `by` after its deadline
    Throws        ///< the effect comes, and the coordinator's own driver throws at the answer
};
/// The client is held beyond its deadline.
inline bool holdsOn(std::optional<Mishap> mishap) {
    return mishap == Mishap::Drip || mishap == Mishap::Hung;
}
std::string_view nameOf(Mishap mishap);
std::optional<Mishap> mishapFrom(std::string_view name);

struct Disturbance {
    Mishap mishap{};
    VirtualTime by{};
    unsigned times = 0;  ///< so many commands; 0: all
    std::optional<VirtualTime> until;
};

}  // namespace standin::simulation
