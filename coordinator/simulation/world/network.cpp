#include "coordinator/simulation/world/network.hpp"

#include <algorithm>

#include "coordinator/simulation/world/script_marks.hpp"

namespace standin::simulation {

using namespace std::chrono_literals;
using base::ErrorCode;

namespace {

/// One way to an agent in the same data centre, its own work included.
constexpr VirtualTime shortest_way{150};
constexpr VirtualTime longest_way{1500};

}  // namespace

void Network::disturb(const std::string& target, const Disturbance& disturbance) {
    disturbances_[target] = disturbance;
    unmet_.insert(target);
}

Agent& Network::agent(const std::string& name) {
    Agent& its = agents_[name];
    if (its.name.empty()) its.name = name;
    return its;
}

void Network::restart(const std::string& name, VirtualTime down) {
    Agent& its = agent(name);
    log_.line("{} is restarted", name);
    its.up = false;
    its.admission.forget();
    ++its.lives;
    if (its.restarted) its.restarted();
    queue_.after(down, [this, &its] {
        its.up = true;
        disturbed_at_ = queue_.now();
        log_.line("{} runs again", its.name);
    });
}

unsigned Network::count(const std::string& verb_or_command) const {
    unsigned count = 0;
    for (const auto& [name, times] : counts_) {
        if (!name.starts_with(verb_or_command)) continue;
        const auto rest = name.substr(verb_or_command.size());
        if (rest.empty() || rest.front() == '/') count += times;
    }
    return count;
}

bool Network::isUndisturbed() const {
    return std::all_of(disturbances_.begin(), disturbances_.end(),
                       [this](const auto& entry) { return entry.second.until && *entry.second.until <= queue_.now(); });
}

std::optional<Disturbance> Network::disturbanceOf(const Command& command) {
    if (disturbances_.empty()) return std::nullopt;
    for (const auto* target : {&command.name, &command.verb, &command.agent}) {
        const auto found = disturbances_.find(*target);
        if (found == disturbances_.end()) continue;
        const Disturbance disturbance = found->second;
        const bool over = disturbance.until && *disturbance.until <= queue_.now();
        if (over || disturbance.times == 1) disturbances_.erase(found);
        if (over) continue;
        if (disturbance.times > 1) --found->second.times;
        unmet_.erase(*target);
        if (disturbance.until || disturbance.times > 0) ++disturbed_;
        disturbed_at_ = queue_.now();
        return disturbance;
    }
    return std::nullopt;
}

Network::Fate Network::fateOf(const Command& command) {
    auto chance = Randomness::about(seed_, command.name, ++counts_[command.name]);
    Fate fate;
    fate.there = chance.between(shortest_way, longest_way);
    fate.back = chance.between(shortest_way, longest_way);
    const auto disturbance = disturbanceOf(command);
    if (!disturbance) return fate;
    fate.mishap = disturbance->mishap;
    fate.by = disturbance->by;
    log_.line("{}: {} {}: {}", command.agent, command.verb, command.subject(), nameOf(disturbance->mishap));
    switch (disturbance->mishap) {
        case Mishap::Unreachable:
            fate.error = base::Error{ErrorCode::Unreachable, command.agent + " is not reachable: connection refused"};
            break;
        case Mishap::Refused:
            fate.error = base::Error{ErrorCode::Refused, command.agent + " refuses: it is out of order"};
            break;
        case Mishap::Late:
            fate.there += disturbance->by;
            break;
        case Mishap::Slow:
            fate.there += disturbance->by / 2;
            fate.back += disturbance->by / 2;
            break;
        default:
            break;
    }
    return fate;
}

std::optional<base::Error> Network::refusal(const Command& command, const std::string& subject, Agent& agent) {
    if (!agent.up) return base::Error{ErrorCode::Unreachable, agent.name + " is not reachable: connection refused"};
    if (!isGuarded(command)) return std::nullopt;
    const auto& stamp = *command.stamp;
    if (auto leads = agent.admission.checkLeader(stamp); !leads) return leads.error();
    agent.admission.obey(stamp);
    // A copy that comes after a newer command is of interest in the log; its answer reaches nobody.
    const auto newer = agent.admission.newerThan(stamp, subject);
    if (!newer) return std::nullopt;
    return base::Error{ErrorCode::Conflict, fmt::format("command {} for '{}' came too late: {} was commanded since",
                                                        stamp.sequence, subject, *newer)};
}

void Network::carriedOut(const Command& command, const base::Error* error) {
    if (command.stamp && log_.on()) {
        log_.line("{}: {} {} [{}]{}{}", command.agent, command.verb, command.subject(), command.stamp->operation,
                  error == nullptr ? "" : ": ", error == nullptr ? "" : error->message);
    }
    if (error != nullptr) return;
    script_marks_.happened(command.verb, command.subject());
    had_effect(command);
}

base::Error Network::noAnswer(const Command& command, drivers::Deadline deadline) {
    return {ErrorCode::TimedOut, fmt::format("{} did not answer within {} ms", command.agent, deadline.count())};
}

std::string Network::subjectOf(const Command& command) {
    std::string subject = command.name;
    if (const auto dot = command.verb.find('.'); dot != command.verb.npos)
        subject.erase(dot, command.verb.size() - dot);
    return subject;
}

}  // namespace standin::simulation
