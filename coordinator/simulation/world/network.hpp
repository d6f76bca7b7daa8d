#pragma once

#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <unordered_map>

#include "agent/protocol/command_admission.hpp"
#include "coordinator/drivers/deadline.hpp"
#include "coordinator/simulation/event_log.hpp"
#include "coordinator/simulation/fiber_executor.hpp"
#include "coordinator/simulation/world/command.hpp"

namespace standin::simulation {

class ScriptMarks;

/// A program that carries out commands.
struct Agent {
    std::string name;
    bool up = true;
    unsigned lives = 0;  ///< how often it was started again
    protocol::CommandAdmission admission;
    std::function<void()> restarted;  ///< deletes the state, besides memory, that it loses at a restart
};

/// The way between coordinators and agents, with all that goes wrong on it. A question takes its time to arrive, the
/// effect comes when it arrives, the answer takes its time back; the coordinator that asked may have given up, or be
/// dead, by then.
class Network {
  public:
    Network(EventQueue& queue, EventLog& log, ScriptMarks& script_marks, std::uint64_t seed)
        : queue_(queue), log_(log), script_marks_(script_marks), seed_(seed) {}

    /// Precondition: within a task. Waits for the answer, or for the deadline: TimedOut.
    template <typename Answer>
    base::Result<Answer> ask(Command command, drivers::Deadline deadline, Effect<Answer> effect);

    /// `target`: an agent, a verb, or a command (`segment.set/job01`). It takes the place of an earlier one.
    void disturb(const std::string& target, const Disturbance& disturbance);
    void heal(const std::string& target) { disturbances_.erase(target); }
    /// Targets of disturbances that nothing has met so far.
    [[nodiscard]] const std::set<std::string>& unmet() const { return unmet_; }
    /// How often something was disturbed by what will pass.
    [[nodiscard]] std::size_t disturbed() const { return disturbed_; }
    /// When something was disturbed last, or an agent was not there.
    [[nodiscard]] VirtualTime disturbedAt() const { return disturbed_at_; }
    void healAll() { disturbances_.clear(); }
    /// Nothing is in the way of a question that would be asked now.
    [[nodiscard]] bool isUndisturbed() const;

    Agent& agent(const std::string& name);
    /// Down for so long, then up again without its memory.
    void restart(const std::string& name, VirtualTime down);

    /// Called for every command that is admitted, before its effect.
    std::function<void(const protocol::CommandStamp&)> commanded = [](const auto&) {};
    /// Told of everything that has had its effect, before its answer is on its way.
    std::function<void(const Command&)> had_effect = [](const auto&) {};
    /// The exception of Mishap::Throws.
    std::function<void(const Command&)> broken_driver = [](const Command& command) {
        throw std::runtime_error("the driver of " + command.agent + " is broken");
    };

    /// Commands on their way whose effects are still to come.
    [[nodiscard]] std::size_t underWay() const { return under_way_; }
    /// How often a verb, or a command (`segment.set/job01`), was asked for.
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
    template <typename Answer>
    struct Call;
    Fate fateOf(const Command& command);
    std::optional<Disturbance> disturbanceOf(const Command& command);
    /// Nothing: the command may have its effect, once it is its turn.
    static std::optional<base::Error> refusal(const Command& command, const std::string& subject, Agent& agent);
    void carriedOut(const Command& command, const base::Error* error);
    static base::Error noAnswer(const Command& command, drivers::Deadline deadline);
    static bool isGuarded(const Command& command) { return command.stamp && command.stamp->epoch != 0; }
    /// The subjects in the agents' paths: `/v1/segments/job01` and all that is below it is one subject.
    static std::string subjectOf(const Command& command);
    template <typename Answer>
    void send(const std::shared_ptr<Call<Answer>>& call, VirtualTime there, Reply<Answer> reply);
    template <typename Answer>
    void deliver(const std::shared_ptr<Call<Answer>>& call, const Reply<Answer>& reply);

    /// A command whose predecessor is still being carried out is let in about so soon after its end.
    static constexpr VirtualTime next_turn{10'000};

    EventQueue& queue_;
    EventLog& log_;
    ScriptMarks& script_marks_;
    const std::uint64_t seed_;
    std::map<std::string, Disturbance> disturbances_;
    std::set<std::string> unmet_;
    std::map<std::string, Agent> agents_;
    std::unordered_map<std::string, unsigned> counts_;  ///< of commands
    std::size_t under_way_ = 0;
    std::size_t disturbed_ = 0;
    VirtualTime disturbed_at_{};
};

/// One question, from who asks until its answer comes too late.
template <typename Answer>
struct Network::Call {
    Command command;
    Agent& agent;
    Effect<Answer> effect;
    Fate fate;
    Suspension::Ender end;
    std::optional<base::Result<Answer>> answer;

    void give(base::Result<Answer> given) {
        if (answer) return;
        answer = std::move(given);
        end();
    }
};

template <typename Answer>
base::Result<Answer> Network::ask(Command command, drivers::Deadline deadline, Effect<Answer> effect) {
    Suspension suspension;
    auto its_fate = fateOf(command);
    Agent& asked = agent(command.agent);
    auto call = std::make_shared<Call<Answer>>(
        Call<Answer>{std::move(command), asked, std::move(effect), std::move(its_fate), suspension.ender(), {}});
    const Fate& fate = call->fate;
    if (fate.error) {
        queue_.after(fate.there + fate.back, [call] { call->give(base::failure(*call->fate.error)); });
    } else if (fate.mishap != Mishap::Lost && fate.mishap != Mishap::Hung) {
        send<Answer>(call, fate.there, [this, call](base::Result<Answer> answer) {
            if (call->fate.mishap == Mishap::AnswerLost || call->fate.mishap == Mishap::Drip) return;
            if (call->fate.mishap == Mishap::Unverified)
                answer = base::failure(base::ErrorCode::TimedOut, "it was done, but could not be read back");
            queue_.after(call->fate.back,
                         [call, answer = std::move(answer)]() mutable { call->give(std::move(answer)); });
        });
    }
    if (fate.mishap == Mishap::Twice) send<Answer>(call, fate.there + fate.by, [](const base::Result<Answer>&) {});
    queue_.after(holdsOn(fate.mishap) ? deadline + fate.by : VirtualTime(deadline), [call, deadline] {
        if (!call->answer) call->give(base::failure(noAnswer(call->command, deadline)));
    });
    suspension.last();
    if (call->fate.mishap == Mishap::Throws) broken_driver(call->command);
    return std::move(*call->answer);
}

template <typename Answer>
void Network::send(const std::shared_ptr<Call<Answer>>& call, VirtualTime there, Reply<Answer> reply) {
    ++under_way_;
    queue_.after(there, [this, call, reply = std::move(reply), life = call->agent.lives] {
        --under_way_;
        // A connection ends with the agent; its successor never gets the commands that were under way.
        if (call->agent.lives == life) deliver<Answer>(call, reply);
    });
}

template <typename Answer>
void Network::deliver(const std::shared_ptr<Call<Answer>>& call, const Reply<Answer>& reply) {
    using Verdict = protocol::CommandAdmission::Verdict;
    const Command& command = call->command;
    Agent& its = call->agent;
    const std::string subject = isGuarded(command) ? subjectOf(command) : std::string();
    if (const auto error = refusal(command, subject, its)) {
        carriedOut(command, &*error);
        return reply(base::failure(*error));
    }
    std::shared_ptr<protocol::CommandAdmission::Admitted> mine;
    if (isGuarded(command)) {
        const auto decision = its.admission.decide(*command.stamp, subject, command.name);
        if (decision.verdict == Verdict::Answered)
            return reply(std::any_cast<base::Result<Answer>>(decision.command->answer));
        if (decision.verdict == Verdict::UnderWay) return;  // the first one is answered
        if (decision.verdict == Verdict::Waits) {
            ++under_way_;
            queue_.after(next_turn, [this, call, reply] {
                --under_way_;
                deliver<Answer>(call, reply);
            });
            return;
        }
        mine = decision.command;
        commanded(*command.stamp);
    }
    call->effect([call, reply, mine, &its, life = its.lives, this](base::Result<Answer> answer) {
        if (its.lives != life) return;  // the agent that would have answered is gone
        carriedOut(call->command, answer ? nullptr : &answer.error());
        if (mine) protocol::CommandAdmission::end(*mine, answer ? std::any(answer) : std::any());
        reply(std::move(answer));
    });
}

}  // namespace standin::simulation
