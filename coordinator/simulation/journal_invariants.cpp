// Claims that the journal may make, and how every run has to end.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "coordinator/engine/status_board.hpp"
#include "coordinator/simulation/invariants.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using domain::OperationKind;
using domain::State;
using domain::StepName;
using domain::StepState;

namespace {

std::string nameOf(const domain::Operation& operation) {
    return fmt::format("{} {}", domain::nameOf(operation.kind), operation.id);
}

}  // namespace

void Invariants::commits(const journal::Entry& entry) {
    for (const domain::Operation& operation : entry.operations) {
        const auto before = world_.disk.operations.find(operation.id);
        if (before == world_.disk.operations.end()) opens(operation);
        begins(operation, before == world_.disk.operations.end() ? nullptr : &*before->second, entry);
        static const decltype(operation.steps) none;
        const auto& known_steps = before == world_.disk.operations.end() ? none : before->second->steps;
        for (std::size_t i = 0; i < operation.steps.size(); ++i) {
            const domain::Step& step = operation.steps[i];
            if (step.state != StepState::Done) continue;
            if (i < known_steps.size() && operation.steps[i].sharesWith(known_steps[i])) continue;
            const auto* known = before == world_.disk.operations.end() ? nullptr : before->second->find(step.id);
            if (known == nullptr || known->state != StepState::Done || known->attempts != step.attempts)
                stepDone(operation, step);
        }
        if (before != world_.disk.operations.end() && before->second->claim && !operation.claim)
            settlesClaim(operation, entry);
        const bool rests = domain::isResting(operation.state);
        if (rests && (before == world_.disk.operations.end() || before->second->state != operation.state))
            this->rests(operation);
    }
    for (const auto& [server, placement] : entry.placements) {
        if (!placement.brought_back_by.empty()) {
            intended_returns_.insert(server);
        } else if (placement.on != domain::Placement::On::Server) {
            intended_returns_.erase(server);
        }
    }
    for (const auto& row : entry.rows) {
        const auto before = world_.disk.rows.find(row.server);
        const bool known =
            before != world_.disk.rows.end() && before->second.standin_ready && before->second.stand_in == row.stand_in;
        if (!row.standin_ready || known) continue;
        // It may have died since: that is for the watch to find out, and end() looks whether it did.
        if (suspended_.count(row.stand_in.text()) == 0)
            breach(7, row.server.text(),
                   fmt::format("stand-in '{}' is said to be ready, and nobody has said that it is suspended",
                               row.stand_in.text()));
    }
}

/// Rule 4.
void Invariants::opens(const domain::Operation& operation) {
    if (operation.kind != OperationKind::Failover) return;
    const std::string& server = operation.server.text();
    for (const auto& [id, other] : world_.disk.operations) {
        if (other->server == operation.server && other->kind == OperationKind::Failover && domain::isOpen(other))
            breach(4, server, fmt::format("failover {} is opened while failover {} is open", operation.id, id));
    }
    const bool restarted = restarted_.erase(server) > 0;
    if (reported_.erase(server) > 0) return;
    if (restarted && isDownAfterRestart(operation.server)) return;
    if (restarted) {
        breach(9, server, fmt::format("failover {} is opened because of what its restart caused", operation.id));
    } else {
        breach(4, server, fmt::format("failover {} is opened, and nobody has reported a failure", operation.id));
    }
}

/// Rule 6: a step that is done has its effect, or an agent has lied.
void Invariants::stepDone(const domain::Operation& operation, const domain::Step& step) {
    switch (step.id.name) {
        case StepName::FencePower:
        case StepName::PowerOffSpare:
        case StepName::PowerOffFailedSpare:
        case StepName::StopServer: {
            const auto machine = world_.machines.find(step.id.subject);
            const bool lied = world_.bmcs.at(step.id.subject).honesty == Bmc::Honesty::Lies;
            // A person may have switched it on by hand since it was read back.
            if (machine->second.on && !lied && !machine->second.switched_by_hand)
                breach(6, step.id.subject,
                       fmt::format("{}: {} is done, and it is on", nameOf(operation), domain::nameOf(step.id.name)));
            return;
        }
        case StepName::FencePort: {
            const auto& server = world_.config.inventory.servers.at(operation.server);
            if (world_.switchOf(server).owner(server.segment.text()) == "server")
                breach(6, operation.server.text(),
                       fmt::format("{}: FencePort is done, and the server owns its segment", nameOf(operation)));
            return;
        }
        case StepName::ReleaseSpare: {
            const VmHost* host = world_.hostOn(step.id.subject);
            if (host != nullptr && host->lives() && !host->standIns().empty())
                breach(6, step.id.subject,
                       fmt::format("{}: ReleaseSpare is done, and it carries stand-in {}", nameOf(operation),
                                   host->standIns().begin()->first));
            return;
        }
        case StepName::RestoreSpare: {
            const Machine& machine = world_.machines.at(step.id.subject);
            if (!machine.disk_whole || machine.disk != operation.image.text())
                breach(6, step.id.subject,
                       fmt::format("{}: RestoreSpare is done, and the image is not on the disk", nameOf(operation)));
            return;
        }
        case StepName::ProbeSpare:
            if (proved_.count(step.id.subject) == 0) unsaid(operation, step, "it has answered no probe");
            return;
        case StepName::DrainStandIn:
            if (drained_.count(step.id.subject) == 0) unsaid(operation, step, "it has never answered everything");
            return;
        case StepName::ReleaseHeld:
            if (released_.count(world_.config.inventory.servers.at(operation.server).segment.text()) == 0)
                unsaid(operation, step, "requests were held whenever somebody asked");
            return;
        default:
            return;
    }
}

void Invariants::unsaid(const domain::Operation& operation, const domain::Step& step, const char* what) {
    breach(6, step.id.subject,
           fmt::format("{}: {} is done, and {}", nameOf(operation), domain::nameOf(step.id.name), what));
}

/// Rule 8: no end in silence.
void Invariants::rests(const domain::Operation& operation) {
    if (operation.state == State::NeedsOperator && operation.cure.empty())
        breach(8, nameOf(operation), "it needs the operator and does not say what to do");
    // Setting it aside notifies the operator separately.
    const bool is_set_aside = operation.why.starts_with("set aside: ");
    if (operation.state != State::Closed && operation.notes.empty() && !is_set_aside)
        breach(8, nameOf(operation), "it ends without a message");
    if (operation.kind == OperationKind::Failover && operation.state == State::Succeeded) succeeds(operation);
    if (operation.state == State::Cancelled) cancels(operation);
    told_.erase(std::to_string(operation.id));  // earlier messages are not the message of its end
}

/// S229: the normal end says that the spare executes the job.
void Invariants::succeeds(const domain::Operation& operation) {
    const auto& server = world_.config.inventory.servers.at(operation.server);
    if (world_.switchOf(server).owner(server.segment.text()) != "spare")
        breach(8, nameOf(operation), "it has succeeded, and the spare does not own the segment");
    const auto spare = world_.machines.find(operation.spare.text());
    // Hardware that fails after it was proved is the next failure.
    if (spare != world_.machines.end() && !spare->second.broken && !spare->second.job_hangs &&
        !spare->second.answers(world_.now()))
        breach(8, nameOf(operation), fmt::format("it has succeeded, and spare '{}' does not answer", spare->first));
    endsWithout(operation);
}

void Invariants::end(const engine::StatusBoard& board) {
    std::set<std::string> in_suspense;
    for (const auto& [id, operation] : world_.disk.operations) {
        endOf(operation);
        endOfBlocked(operation);
        if (operation->state == State::NeedsOperator) in_suspense.insert(operation->server.text());
    }
    std::set<std::string> known_as_silent;
    for (const auto& agent : board.agents()) {
        if (!agent.reachable) known_as_silent.insert(agent.name.text());
    }
    for (const auto& row : board.rows()) {
        const auto& host = world_.config.inventory.servers.at(row.server).vm_host.text();
        const bool told_so = !world_.vm_hosts.at(host).lives() && known_as_silent.count(host) > 0;
        if (row.standin_ready && !told_so) endOf(row);
    }
    for (const auto& [name, server] : world_.config.inventory.servers) {
        if (world_.disk.adoption.observes(name)) continue;  // nothing is claimed about it
        endOf(board.server(server), in_suspense.count(name.text()) > 0);
        endOfExecutor(board.server(server));
        endOfJob(board.server(server));
    }
}

void Invariants::endOf(const domain::Operation& operation) {
    const bool waits = operation.restraint.inForce();
    if (!domain::isResting(operation.state) && !waits)
        return breach(8, nameOf(operation), fmt::format("it has not ended: it is {}", domain::nameOf(operation.state)));
    if (operation.state != State::Closed && told_.count(std::to_string(operation.id)) == 0)
        breach(8, nameOf(operation), "it has ended in silence");
}

void Invariants::endOf(const domain::SpareTableRow& row) {
    const auto* machine = world_.standIn(row.stand_in.text());
    if (machine == nullptr || machine->stand_in.state != protocol::StandInState::Suspended)
        breach(7, row.server.text(),
               fmt::format("stand-in '{}' is said to be ready and is not suspended", row.stand_in.text()));
}

/// Rule 12: who is said to execute the job does, as far as anybody can find out, or the operator has heard that it does
/// not.
void Invariants::endOfExecutor(const engine::ServerSnapshot& told) {
    using On = domain::Placement::On;
    const bool on_stand_in = told.placement.on == On::StandIn;
    const std::string& name = on_stand_in ? told.placement.stand_in.text() : told.placement.spare.text();
    if (name.empty() || (!on_stand_in && told.placement.on != On::Spare)) return;
    if (on_stand_in) {
        const auto* machine = world_.standIn(name);
        if (machine != nullptr && machine->stand_in.state == protocol::StandInState::Running) return;
    } else {
        const Bmc& bmc = world_.bmcs.at(name);
        const bool says_so = !bmc.dead && bmc.honesty == Bmc::Honesty::Honest;
        if (world_.machines.at(name).on || !says_so) return;
    }
    const auto says = [&](const std::string& message) {
        return message.find("'" + name + "'") != message.npos &&
               (message.find("is down or may be") != message.npos || message.find("is not known") != message.npos);
    };
    if (std::any_of(world_.told.begin(), world_.told.end(), says)) return;
    breach(12, told.server.name.text(),
           fmt::format("its job is said to be executed by '{}', which does not, without a message", name));
}

/// `in_suspense`: a failover has notified the operator what to do, and may have stopped half way of a handover.
void Invariants::endOf(const engine::ServerSnapshot& told, bool in_suspense) {
    using On = domain::Placement::On;
    const std::string& segment = told.server.segment.text();
    const std::string owner = world_.switchOf(told.server).owner(segment);
    const On on = told.placement.on;
    const bool agrees = (on == On::Server && owner == "server") || (on == On::StandIn && owner == "stand-in") ||
                        (on == On::Spare && owner == "spare") ||
                        (on == On::Nobody && owner != "stand-in" && owner != "spare") ||
                        (in_suspense && (owner == "holder" || on == On::Nobody)) ||
                        (owner == "server" && !told.placement.brought_back_by.empty());  // reported as not known
    if (!agrees)
        breach(8, told.server.name.text(),
               fmt::format("its job is said to be executed by '{}', and '{}' owns its segment", domain::nameOf(on),
                           owner));
    const auto holder = world_.holders.find(told.server.request_holder.text());
    if (!in_suspense && holder != world_.holders.end() && holder->second.held(segment) > 0)
        breach(3, segment, fmt::format("{} requests are still held at the end", holder->second.held(segment)));
}

}  // namespace standin::simulation
