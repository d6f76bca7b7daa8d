#pragma once

#include <map>
#include <memory>

#include "coordinator/drivers/deadline.hpp"
#include "coordinator/simulation/event_log.hpp"
#include "coordinator/simulation/fiber_executor.hpp"
#include "coordinator/simulation/world/agent_gate.hpp"
#include "coordinator/simulation/world/command.hpp"

namespace standin::simulation {

class Occurrences;

/// A program that carries out commands.
struct Agent {
    std::string name;
    bool up = true;
    unsigned lives = 0;  ///< how often it was started again
    AgentGate gate;
    std::function<void()> restarted;  ///< what it loses when it is started again, beside its memory
};

/// The way between coordinators and agents, with all that goes wrong on it. A question takes its time to arrive, the
/// effect comes when it arrives, the answer takes its time back; who asked may have given up, or be dead, by then.
class Network {
  public:
    Network(EventQueue& queue, EventLog& log, Occurrences& occurrences, std::uint64_t seed)
        : queue_(queue), log_(log), occurrences_(occurrences), seed_(seed) {}

    /// Precondition: within a task. Waits for the answer, or for the deadline: TimedOut.
    template <typename Answer>
    base::Result<Answer> ask(const Command& command, drivers::Deadline deadline, Effect<Answer> effect);

    /// `target`: an agent, a verb, or a command (`segment.set/job01`). It takes the place of an earlier one.
    void disturb(const std::string& target, const Disturbance& disturbance);
    void heal(const std::string& target) { disturbances_.erase(target); }
    void healAll() { disturbances_.clear(); }

    Agent& agent(const std::string& name);
    /// Down for so long, then up again without its memory.
    void restart(const std::string& name, VirtualTime down);

    /// Commands on their way whose effects are still to come.
    [[nodiscard]] std::size_t underWay() const { return under_way_; }
    [[nodiscard]] unsigned count(const std::string& verb_or_command) const;

  private:
    /// How one command fares.
    struct Fate {
        std::optional<Mishap> mishap;
        std::optional<base::Error> error;  ///< with Unreachable and Refused
        VirtualTime there{};
        VirtualTime back{};
        VirtualTime by{};
    };
    Fate fateOf(const Command& command);
    std::optional<Disturbance> disturbanceOf(const Command& command);
    /// Nothing: the command may have its effect.
    static std::optional<base::Error> refusal(const Command& command, Agent& agent);
    void carriedOut(const Command& command, const base::Error* error);
    static base::Error noAnswer(const Command& command, drivers::Deadline deadline);
    static bool isGuarded(const Command& command) { return command.stamp && command.stamp->epoch != 0; }
    static std::string keyOf(const Command& command);
    static std::string subjectOf(const Command& command);
    template <typename Answer>
    void deliver(const Command& command, const Effect<Answer>& effect, const Reply<Answer>& reply);

    EventQueue& queue_;
    EventLog& log_;
    Occurrences& occurrences_;
    const std::uint64_t seed_;
    std::map<std::string, Disturbance> disturbances_;
    std::map<std::string, Agent> agents_;
    std::map<std::string, unsigned> counts_;
    std::size_t under_way_ = 0;
};

template <typename Answer>
base::Result<Answer> Network::ask(const Command& command, drivers::Deadline deadline, Effect<Answer> effect) {
    const Fate fate = fateOf(command);
    auto answered = std::make_shared<std::optional<base::Result<Answer>>>();
    Suspension suspension;
    auto give = [answered, end = suspension.ender()](base::Result<Answer> answer) {
        if (*answered) return;
        *answered = std::move(answer);
        end();
    };
    Reply<Answer> reply = [this, give, fate](base::Result<Answer> answer) {
        if (fate.mishap == Mishap::AnswerLost) return;
        if (fate.mishap == Mishap::Unverified)
            answer = base::failure(base::ErrorCode::TimedOut, "it was done, but could not be read back");
        queue_.after(fate.back, [give, answer = std::move(answer)] { give(answer); });
    };
    if (fate.mishap == Mishap::Unreachable || fate.mishap == Mishap::Refused) {
        queue_.after(fate.there + fate.back, [give, error = *fate.error] { give(base::failure(error)); });
    } else if (fate.mishap != Mishap::Lost) {
        ++under_way_;
        queue_.after(fate.there, [this, command, effect, reply] {
            --under_way_;
            deliver<Answer>(command, effect, reply);
        });
    }
    if (fate.mishap == Mishap::Twice) {
        ++under_way_;
        queue_.after(fate.there + fate.by, [this, command, effect] {
            --under_way_;
            deliver<Answer>(command, effect, [](const base::Result<Answer>&) {});
        });
    }
    queue_.after(deadline, [give, command, deadline] { give(base::failure(noAnswer(command, deadline))); });
    suspension.last();
    return std::move(**answered);
}

template <typename Answer>
void Network::deliver(const Command& command, const Effect<Answer>& effect, const Reply<Answer>& reply) {
    Agent& its = agent(command.agent);
    if (const auto error = refusal(command, its)) {
        carriedOut(command, &*error);
        return reply(base::failure(*error));
    }
    std::shared_ptr<AgentGate::Handled> mine;
    if (isGuarded(command)) {
        const std::string key = keyOf(command);
        const auto earlier = its.gate.earlier(key);
        if (earlier && earlier->answer.has_value()) return reply(std::any_cast<base::Result<Answer>>(earlier->answer));
        if (earlier && !earlier->done) return;  // the first one is answered
        auto entered = its.gate.enter(key, subjectOf(command), *command.stamp);
        if (!entered) {
            carriedOut(command, &entered.error());
            return reply(base::failure(entered.error()));
        }
        mine = *entered;
    }
    effect([this, command, reply, mine, life = its.lives](base::Result<Answer> answer) {
        if (agent(command.agent).lives != life) return;  // who would have answered is gone
        carriedOut(command, answer ? nullptr : &answer.error());
        if (mine) {
            mine->done = true;
            if (answer) mine->answer = answer;
        }
        reply(std::move(answer));
    });
}

}  // namespace standin::simulation
