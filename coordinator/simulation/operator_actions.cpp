#include "coordinator/simulation/operator_actions.hpp"

#include "coordinator/simulation/simulation.hpp"

namespace standin::simulation {

using base::Result;
using domain::OperationId;
using engine::Conductor;

namespace {

const std::string ada = "operator ada";

bool discards(const Action& action) {
    const auto said = action.options.find("discard");
    return said != action.options.end() && said->second == "yes";
}

/// The server's newest operation; 0: there is none.
OperationId newestOf(const World& world, const base::ServerName& server) {
    OperationId newest = 0;
    for (const auto& [id, operation] : world.disk.operations) {
        if (operation->server == server) newest = id;
    }
    return newest;
}

using VoidQuestion = std::function<Result<void>(Conductor&)>;

Result<void> withoutId(const Result<OperationId>& answer) {
    return answer ? Result<void>() : base::failure(answer.error());
}

VoidQuestion questionFor(Simulation& simulation, const Action& action) {
    const base::ServerName server(action.arguments[0]);
    const OperationId newest = newestOf(simulation.world, server);
    if (action.verb == "retry") return [newest](Conductor& c) { return c.requests().retry(newest, ada); };
    if (action.verb == "cancel") return [newest](Conductor& c) { return c.requests().cancel(newest, ada); };
    if (action.verb == "close")
        return [newest, discard = discards(action)](Conductor& c) { return c.requests().close(newest, ada, discard); };
    if (action.verb == "confirm-fence")
        return [newest](Conductor& c) { return c.requests().confirmFence(newest, ada); };
    if (action.verb == "unset-spare")
        return [server](Conductor& c) { return withoutId(c.table().unsetSpare(server, ada)); };
    if (action.verb == "maintenance") {
        return [server, on = action.arguments[1] == "on"](Conductor& c) {
            return c.maintenance().set(server, on, "a test", ada);
        };
    }
    STANDIN_ASSERT(action.verb == "set-spare");
    return [server, spare = base::SpareName(action.arguments[1]), image = base::ImageId(action.arguments[2])](
               Conductor& c) { return c.table().setSpare(server, spare, image, ada); };
}

/// An honest operator: the server is repaired, and the machine that had its job is stopped, before it is brought back.
void makeReady(World& world, const engine::ServerSnapshot& told, bool discard) {
    Machine& server = world.machines.at(told.server.name.text());
    world.repair(server);
    world.invariants.returned(server.name);
    world.power(server, true);
    if (auto* stand_in = world.standIn(told.placement.stand_in.text());
        stand_in != nullptr && stand_in->stand_in.state != protocol::StandInState::Kept)
        stand_in->stand_in.state = protocol::StandInState::Stopped;
    if (!told.placement.spare.empty()) world.machines.at(told.placement.spare.text()).on = false;
    // The operator agrees to lose the writes that were made until no machine executed the job any more.
    if (discard) world.invariants.givesUpData(server.name);
}

void bringBack(Simulation& simulation, const base::ServerName& server, const std::string& what, bool discard) {
    auto& leader = simulation.leader();
    if (leader.epoch() == 0) return;
    const auto told = leader.board().server(simulation.config.inventory.servers.at(server));
    leader.ask<void>(
        what, [server, discard](Conductor& c) { return c.requests().mayReturn(server, discard); },
        [&simulation, &leader, told, server, what, discard](const Result<void>& may) {
            if (!may) return;
            makeReady(simulation.world, told, discard);
            leader.ask<void>(what, [&log = simulation.world.log, server, what, discard](Conductor& c) {
                return c.requests().beginReturn(server, ada, discard, [&log, what](const Result<void>& done) {
                    log.line("{}: {}", what, done ? "done" : "not done: " + done.error().message);
                });
            });
        });
}

}  // namespace

void adopt(Simulation& simulation, const std::string& what) {
    auto& leader = simulation.leader();
    auto& log = simulation.world.log;
    auto& world = simulation.world;
    leader.take(engine::Request([&leader, &log, &world, what](Conductor& asked) -> engine::Reply {
        asked.adoption().survey([&leader, &log, &world, what](const Result<engine::AdoptionSnapshot>& shown) {
            for (const auto& sentence : shown->contradictions) log.line("{}: found: {}", what, sentence);
            leader.take(engine::Request([&log, &world, what, mark = shown->mark](Conductor& again) -> engine::Reply {
                world.invariants.agreesToAdoption();
                again.adoption().begin(mark, ada, [&log, what](const Result<engine::AdoptionSnapshot>& done) {
                    log.line("{}: {}", what, done ? "adopted" : "not adopted: " + done.error().message);
                });
                return {};
            }));
        });
        return {};
    }));
}

void operatorRestrains(Simulation& simulation, const Action& action) {
    const std::string what = "operator: " + text(action).substr(text(action).find(": ") + 2);
    const std::optional<std::string> word =
        action.arguments.empty() ? std::nullopt : std::optional(action.arguments[0]);
    simulation.leader().ask<void>(what, [freezes = action.verb == "freeze", word](Conductor& c) -> Result<void> {
        if (freezes) {
            c.restraints().setFreeze(*word == "on", "a test", ada);
            return {};
        }
        const auto released = c.restraints().release(word, ada);
        return released ? Result<void>() : base::failure(released.error());
    });
}

void operatorAsks(Simulation& simulation, const Action& action) {
    using domain::OperationKind;
    const base::ServerName server(action.arguments[0]);
    const std::string what = "operator: " + text(action).substr(text(action).find(": ") + 2);
    const std::map<std::string, OperationKind> kinds{{"failover", OperationKind::Failover},
                                                     {"prepare", OperationKind::Prepare},
                                                     {"refresh", OperationKind::Refresh},
                                                     {"backup", OperationKind::Backup}};
    if (const auto kind = kinds.find(action.verb); kind != kinds.end()) {
        if (kind->second == OperationKind::Failover) simulation.world.invariants.failureReported(server.text());
        simulation.leader().ask<OperationId>(what, [server, its = kind->second](Conductor& c) {
            return c.requests().request({its, server, {}, ada, {}});
        });
        return;
    }
    if (action.verb == "return") return bringBack(simulation, server, what, discards(action));
    if (discards(action)) simulation.world.invariants.givesUpData(server.text());
    if (action.verb == "confirm-fence") {  // an honest operator has cut the power by hand
        auto& machine = simulation.world.machines.at(server.text());
        simulation.world.power(machine, false);
    }
    simulation.leader().ask<void>(what, questionFor(simulation, action));
}

}  // namespace standin::simulation
