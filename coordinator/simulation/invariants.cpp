#include "coordinator/simulation/invariants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "coordinator/domain/segment_members.hpp"
#include "coordinator/simulation/script.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using domain::holder_member;
using domain::server_member;
using domain::spare_member;
using domain::stand_in_member;
using domain::State;

namespace {

constexpr std::size_t last_events = 40;
/// Between the last question and the order of the segment. When it arrives is the network's matter.
constexpr VirtualTime longest_unasked{5s};
/// A reading of a spare's power may be so old when it is answered; the command to write follows at once.
constexpr VirtualTime longest_unread{5s};

}  // namespace

void Invariants::breach(int rule, std::string who, std::string what) {
    world_.log.line("RULE {} IS BROKEN: {}: {}", rule, who, what);
    breaches_.push_back({rule, world_.now(), std::move(who), std::move(what), world_.log.last(last_events)});
}

/// By what is so: a machine without power, a port that was taken off, or a BMC that lied to us.
bool Invariants::isFenced(const std::string& server, const base::MemberName& owner) const {
    const Machine& machine = world_.machines.at(server);
    const bool off = !machine.on || world_.bmcs.at(server).honesty == Bmc::Honesty::Lies;
    const auto policy = world_.config.inventory.servers.at(base::ServerName(server)).fence_policy;
    return off || (policy == domain::FencePolicy::Port && owner != server_member);
}

void Invariants::segmentMoves(const std::string& segment, const base::MemberName& from,
                              const protocol::SegmentOrder& order, VirtualTime ordered_at) {
    const std::string& server = world_.serverOf(segment).name.text();
    if (order.owner == server_member || order.owner == spare_member) handed_over_.erase(segment);
    if (order.owner == server_member && from != server_member) {
        if (returned_.erase(server) == 0 && !isCancelled(server))
            breach(1, server, fmt::format("segment {} goes back to a fenced server", segment));
        returnsWithout(server);
        return leavesHeldBehind(segment, order);
    }
    if (order.owner.empty() || order.owner == server_member) return;
    // The owner keeps it, also while the server is on again because its job is being returned.
    if (from != order.owner && !isFenced(server, from)) {
        breach(2, server,
               fmt::format("segment {} goes to '{}' before the server is fenced", segment, order.owner.text()));
    }
    const auto* stand_in = world_.standInOf(order);
    if (order.owner == holder_member && stand_in != nullptr) drained_.erase(stand_in->stand_in.name.text());
    if (order.owner != spare_member) return;
    if (from != spare_member) reliesOn(segment, order, ordered_at);
    const auto policy = world_.serverOf(segment).fence_policy;
    // Later it may run in quarantine, in order to be shut down.
    if (policy == domain::FencePolicy::Power && from != spare_member && stand_in != nullptr &&
        stand_in->stand_in.state == protocol::StandInState::Running)
        breach(1, server, fmt::format("segment {} goes to the spare, and the stand-in runs", segment));
    leavesHeldBehind(segment, order);
}

void Invariants::fences(const protocol::CommandStamp& stamp, const std::string& segment,
                        const protocol::SegmentOrder& order) {
    if (stamp.operation.find("/FencePort/") == stamp.operation.npos || order.member(spare_member) == nullptr) return;
    breach(8, stamp.operation,
           fmt::format("the fence of segment {} depends on port '{}' of the spare", segment,
                       order.member(spare_member)->port.text()));
}

/// Nobody but the owner gets what is held, and the owner only through the holder.
void Invariants::leavesHeldBehind(const std::string& segment, const protocol::SegmentOrder& order) {
    const auto holder = world_.holders.find(world_.serverOf(segment).request_holder.text());
    if (order.proxied || holder == world_.holders.end() || holder->second.held(segment) == 0) return;
    breach(
        3, segment,
        fmt::format("{} held requests can't reach the {} any more", holder->second.held(segment), order.owner.text()));
}

void Invariants::breaks(const std::string& machine) {
    broken_.try_emplace(machine, world_.now(), world_.network.count("probe"));
}

/// S228: the machine that gets the segment was probed just before, or no agent could be reached to probe it.
void Invariants::reliesOn(const std::string& segment, const protocol::SegmentOrder& order, VirtualTime ordered_at) {
    const std::string spare(world_.at(order.member(order.owner)->port));
    const auto broken = broken_.find(spare);
    if (broken == broken_.end() || world_.machines.at(spare).answers(world_.now())) return;
    const auto& [since, probes] = broken->second;
    if (ordered_at < since + longest_unasked || world_.network.count("probe") > probes) return;
    breach(8, spare,
           fmt::format("segment {} goes to it, it has been dead for {}, and nobody has asked it since", segment,
                       durationText(world_.now() - since)));
}

void Invariants::executes(const JobRequest& request, const std::string& executor) {
    if (request.by_holder && request.executions > 1) {
        breach(3, request.job,
               fmt::format("request {}, which the holder had accepted, is executed twice, now by {}", request.number,
                           executor));
    }
}

void Invariants::deliversHeld(const std::string& job, const std::string& executor, std::uint64_t number,
                              std::uint64_t last_number) {
    if (number <= last_number)
        breach(3, job, fmt::format("held request {} is delivered after request {}", number, last_number));
    const auto machine = world_.machines.find(executor);
    if (machine == world_.machines.end()) {
        // The spare's writes are on its disk alone.
        if (handed_over_.count(job) > 0)
            breach(3, job, fmt::format("held request {} goes to {}, and the spare has got others", number, executor));
        return;
    }
    if (!machine->second.is_spare) return;
    handed_over_.insert(job);
    const auto& server = world_.serverOf(job);
    const auto* order = world_.switchOf(server).inForce(job);
    const auto* stand_in = order == nullptr ? nullptr : world_.standInOf(*order);
    if (stand_in == nullptr || stand_in->stand_in.state != protocol::StandInState::Running) return;
    const bool reached = order->owner == stand_in_member || order->established == stand_in_member;
    if (reached || server.fence_policy == domain::FencePolicy::Power)
        breach(1, job,
               fmt::format("held request {} goes to {} while stand-in '{}' executes the job", number, executor,
                           stand_in->stand_in.name.text()));
}

void Invariants::writesDisk(const std::string& name, const std::string& restore, VirtualTime commanded_at,
                            const std::string& by) {
    const Machine& machine = world_.machines.at(name);
    if (!machine.is_spare) return breach(5, name, fmt::format("restore {} writes to a server", restore));
    losesNothing(name, "it is written to");
    // A person who switches it on by hand after its last reading cannot be seen, even where the command then takes long
    // to arrive.
    const bool unseen = machine.switched_by_hand && commanded_at < machine.on_since + longest_unread;
    if (machine.on && !unseen && world_.bmcs.at(name).honesty != Bmc::Honesty::Lies)
        breach(5, name, fmt::format("restore {} writes to it while it is on", restore));
    if (machine.disk_serial != machine.declared_serial)
        breach(5, name, fmt::format("restore {} writes to another disk than the one that is declared", restore));
    throughItsOwnDevice(name, "it is written to");
    // By the journal of the very coordinator that the store obeys: a lease in another's copy does not count.
    const auto& leases = world_.diskOf(by).leases;
    const auto lease = leases.find(base::SpareName(name));
    if (lease == leases.end() || lease->second.failover == 0) {
        breach(5, name, fmt::format("restore {} writes to it without a lease", restore));
    } else if (!restore.starts_with(std::to_string(lease->second.failover) + "-")) {
        breach(5, name,
               fmt::format("restore {} writes to it while failover {} has leased it", restore, lease->second.failover));
    }
}

void Invariants::commandsPower(const std::string& name) {
    if (world_.machines.at(name).is_spare) throughItsOwnDevice(name, "it is to be switched");
}

void Invariants::throughItsOwnDevice(const std::string& name, const char* what) {
    const Bmc& bmc = world_.bmcs.at(name);
    constexpr VirtualTime longest_awaited{1s};  // whose it is stays unknown if it is slower, and that forbids nothing
    if (bmc.uuid != bmc.declared_uuid && bmc.slower < longest_awaited)
        breach(5, name, fmt::format("{}, and its power device is that of another machine", what));
}

void Invariants::switchesPower(const std::string& name, bool on) {
    const Machine& machine = world_.machines.at(name);
    if (on && !machine.being_written.empty())
        breach(5, name, fmt::format("it is switched on while restore {} writes to it", machine.being_written));
    if (on) proved_.erase(name);
    if (on) asked_to_shut_down_.erase(name);
    if (on || !machine.is_spare) return;
    const VmHost* host = world_.hostOn(name);
    if (host != nullptr && host->lives() && !host->standIns().empty())
        breach(5, name, fmt::format("it is switched off under stand-in {}", host->standIns().begin()->first));
    for (const auto& [switch_name, lan_switch] : world_.switches) {
        const std::string segment = lan_switch.ownedBy(machine.port);
        if (!segment.empty() && machine.answers(world_.now()))
            breach(5, name, fmt::format("it is switched off while it executes the job of segment {}", segment));
    }
}

void Invariants::removesStandIn(const std::string& stand_in) {
    suspended_.erase(stand_in);
    losesNothing(stand_in, "it is deleted");
    const auto* machine = world_.standIn(stand_in);
    const std::string server = machine->stand_in.definition.server.text();
    const auto found = world_.config.inventory.servers.find(base::ServerName(server));
    if (found == world_.config.inventory.servers.end()) return;
    const std::string& segment = found->second.segment.text();
    const base::MemberName& owner = world_.switchOf(found->second).ownerOf(segment);
    if (world_.behind(segment, owner) == stand_in && machine->answers(world_.now()))
        breach(1, stand_in, "it is deleted while it executes the job");
    // Its writes are on no other disk.
    for (const auto& [id, operation] : world_.disk.operations) {
        if (operation->kind == domain::OperationKind::Failover && operation->stand_in.text() == stand_in &&
            domain::isOpen(operation) && operation->state != State::Closing)
            breach(10, stand_in, fmt::format("it is deleted, and failover {} is not closed", id));
    }
}

void Invariants::capturesDisk(const std::string& name) {
    const Machine& machine = world_.machines.at(name);
    if (machine.on && world_.bmcs.at(name).honesty == Bmc::Honesty::Honest)
        breach(6, name, "its disk is captured while it is on");
}

/// An intent is durable before its effect begins: after a crash nobody would know of it.
void Invariants::commanded(const protocol::CommandStamp& stamp) {
    const std::string_view text = stamp.operation;
    const bool agreed = adoption_agreed_ && text == "claim";  // the agents are asked again after it
    const JournalDisk& disk = world_.diskOf(stamp.instance);
    if (disk.adoption.observing && !agreed)
        breach(5, stamp.operation, "it is commanded by a coordinator that may only observe");
    const auto slash = text.find('/');
    domain::OperationId id = 0;
    const auto read = std::from_chars(text.data(), text.data() + std::min(slash, text.size()), id);
    if (text.starts_with("returned/")) {
        const base::ServerName server(std::string(text.substr(slash + 1, text.find('/', slash + 1) - slash - 1)));
        if (intended_returns_.count(server) == 0)
            breach(8, stamp.operation, "it is commanded, and the journal does not know of it");
    }
    if (slash == text.npos || read.ec != std::errc() || id == 0) return;  // no operation's
    const auto name = domain::stepFrom(text.substr(slash + 1, text.find('/', slash + 1) - slash - 1));
    const auto known = disk.operations.find(id);
    const bool intended = known != disk.operations.end() && name &&
                          std::any_of(known->second->steps.begin(), known->second->steps.end(),
                                      [&](const domain::Step& step) { return step.id.name == *name; });
    if (!intended) breach(8, stamp.operation, "it is commanded, and the journal does not know of it");
}

void Invariants::answersProbe(const std::string& executor) {
    proved_.insert(executor);
}

void Invariants::tellsRequests(const std::string& stand_in, unsigned unanswered) {
    if (unanswered == 0) drained_.insert(stand_in);
}

void Invariants::tellsStandIn(const protocol::StandIn& stand_in) {
    if (stand_in.state == protocol::StandInState::Suspended) {
        suspended_.insert(stand_in.name.text());
    } else {
        suspended_.erase(stand_in.name.text());
    }
}

void Invariants::tellsHold(const std::string& job, const protocol::Hold& hold) {
    if (hold.state == protocol::HoldState::Holding) released_.erase(job);
    if (hold.state != protocol::HoldState::Holding && hold.held == 0) released_.insert(job);
}

void Invariants::failureReported(const std::string& server) {
    reported_.insert(server);
}

void Invariants::restartReported(const std::string& server) {
    restarted_.insert(server);
}

void Invariants::returned(const std::string& server) {
    returned_.insert(server);
}

void Invariants::tells(const std::string& operation, const std::string& message) {
    if (message.empty()) breach(8, "operation " + operation, "an empty message is sent");
    told_.insert(operation);
}

}  // namespace standin::simulation
