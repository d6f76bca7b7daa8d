#include "coordinator/simulation/actions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "agent/base/number.hpp"
#include "coordinator/simulation/action_options.hpp"
#include "coordinator/simulation/operator_actions.hpp"
#include "coordinator/simulation/simulation.hpp"

namespace standin::simulation {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

VirtualTime duration(const Action& action, const char* option, VirtualTime otherwise) {
    const auto found = action.options.find(option);
    return found == action.options.end() ? otherwise : durationFrom(found->second).value_or(otherwise);
}

unsigned number(const Action& action, const char* option, unsigned otherwise) {
    const auto found = action.options.find(option);
    if (found == action.options.end()) return otherwise;
    return base::parseNumber<unsigned>(found->second).value_or(otherwise);
}

std::string option(const Action& action, const char* name, const std::string& otherwise) {
    const auto found = action.options.find(name);
    return found == action.options.end() ? otherwise : found->second;
}

/// The BMC notices what has broken and says so.
constexpr VirtualTime noticing{120ms};

void fail(Simulation& simulation, const Action& action) {
    World& world = simulation.world;
    const std::string& name = action.arguments[0];
    world.machines.at(name).hung = option(action, "hung", "no") == "yes";
    world.breakDown(world.machines.at(name), option(action, "serves", "no") == "yes");
    if (option(action, "bmc", "") == "dead") world.bmcs.at(name).dead = true;
    if (!world.machines.at(name).is_spare && option(action, "trap", "yes") == "yes")
        simulation.traps.send(simulation.traps.trapOf(name, option(action, "kind", "processor")), noticing);
}

void trap(Simulation& simulation, const Action& action) {
    auto sent = simulation.traps.trapOf(action.arguments[0], option(action, "kind", "processor"));
    sent.source = option(action, "from", sent.source);
    const auto every = duration(action, "every", 1s);
    for (unsigned i = 0; i < number(action, "times", 1); ++i) simulation.traps.send(sent, i * every);
}

void boot(Simulation& simulation, const Action& action) {
    Machine& machine = simulation.world.machines.at(action.arguments[0]);
    const auto& how = action.arguments[1];
    machine.boot = how == "never" ? Boot::Never : how == "elsewhere" ? Boot::Elsewhere : Boot::Well;
    machine.boot_takes = duration(action, "takes", simulation.config.timings.boot);
}

void bmc(Simulation& simulation, const Action& action) {
    Bmc& its = simulation.world.bmcs.at(action.arguments[0]);
    const auto& how = action.arguments[1];
    if (how == "honest") its.honesty = Bmc::Honesty::Honest;
    if (how == "ignores") its.honesty = Bmc::Honesty::Ignores;
    if (how == "lies") its.honesty = Bmc::Honesty::Lies;
    if (how == "dead") its.dead = true;
    if (how == "alive") its.dead = false;
    if (how == "dependent") its.dies_with_machine = true;
    if (how == "chatty") its.chatty = true;
    if (how == "another") its.uuid = "ffffffff-0000-4000-8000-000000000001";
    if (how == "own") its.uuid = its.declared_uuid;
    its.busy = number(action, "busy", its.busy);
    its.slower = duration(action, "slower", its.slower);
}

void vmHost(Simulation& simulation, const Action& action) {
    VmHost& host = simulation.world.vm_hosts.at(action.arguments[0]);
    if (action.arguments[1] == "dies") host.die();
    if (action.arguments[1] == "returns") host.comeBack();
}

/// The stand-in that the spare table names for the server; null: there is none.
VirtualMachine* standInOf(Simulation& simulation, const std::string& server) {
    const auto row = simulation.world.disk.rows.find(base::ServerName(server));
    return row == simulation.world.disk.rows.end() ? nullptr : simulation.world.standIn(row->second.stand_in.text());
}

void halt(Simulation& simulation, VirtualMachine& machine) {
    machine.halts = true;
    if (machine.stand_in.state != protocol::StandInState::Running) return;
    const auto& server = simulation.world.config.inventory.servers.at(machine.stand_in.definition.server);
    simulation.world.vm_hosts.at(server.vm_host.text()).halt(machine);
}

void standIn(Simulation& simulation, const Action& action) {
    VirtualMachine* machine = standInOf(simulation, action.arguments[0]);
    if (machine == nullptr) return;
    const auto& how = action.arguments[1];
    if (how == "mute") machine->mute_since = simulation.world.now();
    if (how == "mute") machine->mute = true;
    if (how == "stuck") machine->will_not_resume = true;
    if (how == "halts") halt(simulation, *machine);
    if (how == "well") machine->mute = machine->will_not_resume = machine->halts = false;
    if (how == "lost") simulation.world.lose(machine->stand_in.name.text());
}

void linger(Simulation& simulation, const Action& action) {
    VirtualMachine* machine = standInOf(simulation, action.arguments[0]);
    if (machine == nullptr) return;
    const unsigned count = number(action, "count", 1);
    const bool busy = option(action, "busy", "no") == "yes";
    (busy ? machine->unanswered : machine->idle) += count;
    const std::string name = machine->stand_in.name.text();
    simulation.world.queue.after(duration(action, "for", 10s), [&simulation, name, count, busy] {
        auto* still = simulation.world.standIn(name);
        if (still == nullptr) return;
        unsigned& open = busy ? still->unanswered : still->idle;
        open -= std::min(open, count);
        still->unseen = std::min(still->unseen, still->unanswered);
    });
}

void disturb(Simulation& simulation, const Action& action) {
    Disturbance disturbance;
    disturbance.mishap = *mishapFrom(action.arguments[1]);
    disturbance.by = duration(action, "by", 5s);
    disturbance.times = number(action, "times", 0);
    if (action.options.count("for") > 0) disturbance.until = simulation.world.now() + duration(action, "for", 0s);
    simulation.world.network.disturb(action.arguments[0], disturbance);
}

void heal(Simulation& simulation, const Action& action) {
    if (action.arguments.empty()) simulation.world.network.healAll();
    for (const auto& target : action.arguments) simulation.world.network.heal(target);
}

Coordinator& coordinator(Simulation& simulation, const Action& action) {
    return !action.arguments.empty() && action.arguments[0] == "two" ? simulation.two : simulation.one;
}

void start(Simulation& simulation, const Action& action) {
    auto& its = coordinator(simulation, action);
    if (its.running()) return;
    if (option(action, "journal", "") == "backup") return its.startFromBackup();
    its.start();
}

void kill(Simulation& simulation, const Action& action) {
    auto& its = coordinator(simulation, action);
    if (!its.running()) return;
    its.kill();
    simulation.later(duration(action, "for", 2s), [&its] {
        if (!its.running()) its.start();
    });
}

/// As the message about a journal that is damaged advises.
void moveJournalAway(Simulation& simulation, const Action&) {
    if (simulation.one.running()) simulation.one.kill();
    simulation.world.moveJournalAway();
    simulation.one.start();
}

void pause(Simulation& simulation, const Action& action) {
    auto& its = coordinator(simulation, action);
    its.pause();
    simulation.later(duration(action, "for", 10s), [&its] { its.goOn(); });
}

void journal(Simulation& simulation, const Action& action) {
    bool& full = simulation.world.disk.full;
    full = action.arguments[0] == "full";
    if (full) simulation.later(duration(action, "for", 20s), [&full] { full = false; });
}

struct Verb {
    const char* name;
    std::vector<const char*> arguments;  ///< what each names: a kind of thing, or the words that are possible
    std::function<void(Simulation&, const Action&)> perform;
};

const std::vector<Verb>& verbs() {
    static const std::vector<Verb> all = [] {
        std::vector<Verb> known{
            {"fail", {"machine"}, &fail},
            {"repair",
             {"machine"},
             [](Simulation& s, const Action& a) { s.world.repair(s.world.machines.at(a.arguments[0])); }},
            {"cut-power",
             {"machine"},
             [](Simulation& s, const Action& a) { s.world.machines.at(a.arguments[0]).on = false; }},
            {"update",
             {"machine"},
             [](Simulation& s, const Action& a) {
                 for (auto& [name, store] : s.world.stores)
                     store.contents[a.arguments[0]] = "content of " + a.arguments[0] + ", updated";
             }},
            {"power",
             {"machine", "on|off"},
             [](Simulation& s, const Action& a) {
                 s.world.power(s.world.machines.at(a.arguments[0]), a.arguments[1] == "on", World::SwitchedBy::Hand);
             }},
            {"job",
             {"machine", "hangs|well"},
             [](Simulation& s, const Action& a) {
                 s.world.hang(s.world.machines.at(a.arguments[0]), a.arguments[1] == "hangs");
             }},
            {"trap", {"server"}, &trap},
            {"boot", {"machine", "well|never|elsewhere"}, &boot},
            {"shutdown",
             {"machine", "well|hangs"},
             [](Simulation& s, const Action& a) {
                 s.world.machines.at(a.arguments[0]).hangs = a.arguments[1] == "hangs";
             }},
            {"disk",
             {"machine", "refuses|well|small|other"},
             [](Simulation& s, const Action& a) {
                 Machine& machine = s.world.machines.at(a.arguments[0]);
                 const auto& how = a.arguments[1];
                 machine.disk_refuses = how == "refuses";
                 machine.disk_mib = s.config.timings.image_mib - (how == "small" ? 1 : 0);
                 machine.disk_serial = how == "other" ? "another disk" : machine.declared_serial;
             }},
            {"bmc", {"machine", "honest|ignores|lies|dead|alive|dependent|chatty|another|own"}, &bmc},
            {"vm-host", {"vm-host", "dies|returns"}, &vmHost},
            {"stand-in", {"server", "mute|stuck|halts|lost|well"}, &standIn},
            {"switch",
             {"switch", "forgets"},
             [](Simulation& s, const Action& a) { s.world.switches.at(a.arguments[0]).forget(); }},
            {"linger", {"server"}, &linger},
            {"image",
             {"", "corrupt|well"},
             [](Simulation& s, const Action& a) {
                 for (auto& [name, store] : s.world.stores) store.corrupt[a.arguments[0]] = a.arguments[1] == "corrupt";
             }},
            {"restart",
             {"agent"},
             [](Simulation& s, const Action& a) { s.world.network.restart(a.arguments[0], duration(a, "down", 2s)); }},
            {"disturb", {"", "mishap"}, &disturb},
            {"heal", {"?"}, &heal},
            {"kill", {"?one|two"}, &kill},
            {"start", {"?one|two"}, &start},
            {"stop", {"one|two"}, [](Simulation& s, const Action& a) { coordinator(s, a).kill(); }},
            {"back-up-journal",
             {},
             [](Simulation& s, const Action&) {
                 s.world.backup = s.world.disk;
                 s.world.backup.instances.clear();
             }},
            {"move-journal-away", {}, &moveJournalAway},
            {"adopt", {}, [](Simulation& s, const Action&) { adopt(s, "operator: adopt"); }},
            {"pause", {"?one|two"}, &pause},
            {"go-on", {"?one|two"}, [](Simulation& s, const Action& a) { coordinator(s, a).goOn(); }},
            {"journal", {"full|well"}, &journal},
        };
        for (const char* name :
             {"failover", "prepare", "refresh", "backup", "retry", "confirm-fence", "close", "return", "unset-spare"})
            known.push_back({name, {"server"}, &operatorAsks});
        known.push_back({"maintenance", {"server", "on|off"}, &operatorAsks});
        known.push_back({"freeze", {"on|off"}, &operatorRestrains});
        known.push_back({"release-brake", {"?"}, &operatorRestrains});
        known.push_back({"cancel", {"server"}, &operatorAsks});
        known.push_back({"set-spare", {"server", "spare", ""}, &operatorAsks});
        return known;
    }();
    return all;
}

bool names(const Simulation& simulation, std::string_view kind, const std::string& word) {
    const World& world = simulation.world;
    const auto& inventory = simulation.config.inventory;
    if (kind.starts_with('?')) kind.remove_prefix(1);
    if (kind.empty()) return true;
    if (!base::isIdentifier(word)) return false;
    if (kind == "server") return inventory.servers.count(base::ServerName(word)) > 0;
    if (kind == "spare") return inventory.spares.count(base::SpareName(word)) > 0;
    if (kind == "machine") return world.machines.count(word) > 0;
    if (kind == "switch") return world.switches.count(word) > 0;
    if (kind == "vm-host") return world.vm_hosts.count(word) > 0;
    if (kind == "agent") return inventory.agent_urls.count(base::AgentName(word)) > 0;
    if (kind == "mishap") return mishapFrom(word).has_value();
    return isOneOf(kind, word);
}

}  // namespace

Result<void> check(const Simulation& simulation, const Action& action) {
    const auto& all = verbs();
    const auto verb = std::find_if(all.begin(), all.end(), [&](const Verb& one) { return one.name == action.verb; });
    if (verb == all.end())
        return failure(ErrorCode::InvalidInput, fmt::format("'{}': there is no verb '{}'", text(action), action.verb));
    if (action.arguments.size() > verb->arguments.size())
        return failure(ErrorCode::InvalidInput, fmt::format("'{}': too many words", text(action)));
    for (std::size_t i = 0; i < verb->arguments.size(); ++i) {
        const std::string_view kind = verb->arguments[i];
        const bool missing = i >= action.arguments.size();
        if (missing && kind.starts_with('?')) continue;
        if (missing || !names(simulation, kind, action.arguments[i]))
            return failure(ErrorCode::InvalidInput, fmt::format("'{}': word {} is no {}", text(action), i + 1, kind));
    }
    return checkOptions(action);
}

void perform(Simulation& simulation, const Action& action) {
    const auto& all = verbs();
    std::find_if(all.begin(), all.end(), [&](const Verb& one) {
        return one.name == action.verb;
    })->perform(simulation, action);
}

}  // namespace standin::simulation
