// Rule 12: after an end the placement is watched.
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/engine/status_board.hpp"
#include "coordinator/simulation/invariants.hpp"
#include "coordinator/simulation/script.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

namespace {

/// The holder's back leg is led to the job, it does not answer, and that is reported; with some rounds to spare, for an
/// operation that runs at the same time and for questions that are lost.
constexpr int rounds_until_told = 10;
/// From the answer of a job that breaks down in that moment until what came of it is durable.
constexpr VirtualTime longest_question{20s};

}  // namespace

/// Since the newest failover of the server came to its rest.
VirtualTime Invariants::executesSince(const base::ServerName& server) const {
    VirtualTime since{};
    for (const auto& [id, operation] : world_.disk.operations) {
        if (operation->server != server || operation->ended_at == base::WallTime{}) continue;
        since = std::max(since, std::chrono::duration_cast<VirtualTime>(operation->ended_at - first_moment));
    }
    return since;
}

/// A failure that was reported during a restart is forgotten only where the job answers, a failover handles it, or the
/// operator was notified that it is not known, or that nothing may be started.
void Invariants::settlesClaim(const domain::Operation& capture, const journal::Entry& entry) {
    const std::string& name = capture.server.text();
    const Machine& machine = world_.machines.at(name);
    if (!machine.broken || world_.now() < machine.silent_since + longest_question || world_.answers(name)) return;
    const auto handles = [&](const domain::Operation& operation) {
        return operation.server == capture.server && operation.kind == domain::OperationKind::Failover &&
               domain::isOpen(operation);
    };
    for (const domain::Operation& operation : entry.operations) {
        if (handles(operation)) return;
    }
    for (const auto& [id, operation] : world_.disk.operations) {
        if (handles(*operation)) return;
    }
    const auto says = [&](const std::string& message) {
        return message.find("failure of server '" + name + "'") == 0 &&
               (message.find("is not known") != message.npos ||
                message.find("and nothing is started") != message.npos) &&
               message.find("answers now") == message.npos;
    };
    if (std::any_of(world_.told.begin(), world_.told.end(), says)) return;
    breach(12, name,
           fmt::format("what was reported while capture {} restarted it is forgotten, and its job does not answer",
                       capture.id));
}

/// A job that has been down for long, on a machine that runs, is reported.
void Invariants::endOfJob(const engine::ServerSnapshot& told) {
    using On = domain::Placement::On;
    const bool on_stand_in = told.placement.on == On::StandIn;
    const std::string& name = on_stand_in ? told.placement.stand_in.text() : told.placement.spare.text();
    const bool is_watched = (on_stand_in || told.placement.on == On::Spare) && told.placement.brought_back_by.empty();
    if (name.empty() || !is_watched || world_.answers(name)) return;
    VirtualTime silent_since{};
    if (on_stand_in) {
        const auto* machine = world_.standIn(name);
        if (machine == nullptr || machine->stand_in.state != protocol::StandInState::Running) return;
        silent_since = machine->mute_since;
    } else {
        const Machine& machine = world_.machines.at(name);
        if (!machine.on) return;
        silent_since = std::max(machine.silent_since, machine.on_since);
    }
    const auto since =
        std::max({silent_since, executesSince(told.server.name), world_.led_since, world_.network.disturbedAt()});
    const auto limit = rounds_until_told * std::chrono::duration_cast<VirtualTime>(world_.config.engine.watch_every);
    if (limit.count() == 0 || world_.now() < since + limit) return;
    const auto says = [&](const std::string& message) {
        return message.find("'" + name + "'") != message.npos &&
               (message.find("has not answered") != message.npos || message.find("is down or may be") != message.npos);
    };
    if (std::any_of(world_.told.begin(), world_.told.end(), says)) return;
    breach(12, told.server.name.text(),
           fmt::format("its job on '{}' has not answered for {}, without a message", name,
                       durationText(world_.now() - since)));
}

}  // namespace standin::simulation
