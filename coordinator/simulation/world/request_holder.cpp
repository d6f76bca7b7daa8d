#include "coordinator/simulation/world/request_holder.hpp"

#include <fmt/format.h>

#include "coordinator/simulation/script.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using base::ErrorCode;
using base::failure;
using base::Result;
using protocol::HoldState;

namespace {

/// A machine that does not accept the connection yet is asked again.
constexpr VirtualTime retry{100ms};
/// A machine that boots does not even refuse: the holder keeps some connections waiting, and adds one this often.
constexpr VirtualTime between_probes{250ms};
/// A connection that was handed on stays open as long as its client likes; these clients close soon.
constexpr VirtualTime longest_open{600ms};

}  // namespace

RequestHolder::Job& RequestHolder::at(const std::string& job) {
    Job& its = jobs_[job];
    if (its.lan_switch == nullptr) {
        its.hold.job = base::JobName(job);
        its.lan_switch = &world_.switchOf(world_.serverOf(job));
    }
    return its;
}

std::size_t RequestHolder::held(const std::string& job) const {
    const auto found = jobs_.find(job);
    return found == jobs_.end() ? 0 : found->second.queue.size();
}

std::string_view RequestHolder::behindBackLeg(const Job& job) const {
    const auto* order = job.lan_switch->inForce(job.hold.job.text());
    return order == nullptr ? std::string_view() : world_.behind(*order, order->back_leg_to);
}

Result<protocol::Hold> RequestHolder::hold(const base::JobName& job) {
    Job& its = at(job.text());
    its.hold.held = its.queue.size();
    world_.invariants.tellsHold(job.text(), its.hold);
    return its.hold;
}

Result<protocol::Hold> RequestHolder::setHold(const base::JobName& name, HoldState state) {
    Job& job = at(name.text());
    if (state == HoldState::Idle && job.hold.state == HoldState::Holding && !job.queue.empty()) {
        return failure(ErrorCode::WrongState,
                       fmt::format("job '{}' holds {} requests that nobody has processed: release them first",
                                   name.text(), job.queue.size()));
    }
    if (job.hold.state == HoldState::Idle && state != HoldState::Idle) {
        job.hold.delivered = job.hold.refused = job.hold.broken = 0;
        job.hold.counted_since = durationText(world_.now());
    }
    if (job.hold.state != state)
        world_.log.line("holder of {}: {} -> {}, {} held", name.text(), protocol::nameOf(job.hold.state),
                        protocol::nameOf(state), job.queue.size());
    job.hold.state = state;
    job.hold.listening = state != HoldState::Idle;
    deliver(name.text());
    return hold(name);
}

bool RequestHolder::accept(const JobRequestPtr& request) {
    Job& job = at(request->job);
    if (job.hold.state == HoldState::Idle) return false;
    if (job.queue.size() >= world_.config.timings.holder_connections) {
        ++job.hold.refused;
        request->fate = JobRequest::Fate::Broken;
        return true;
    }
    request->fate = JobRequest::Fate::Held;
    request->by_holder = true;
    job.queue.push_back({request, world_.now(), ++job.arrivals});
    world_.log.line("request {} of {} is held", request->number, request->job);
    world_.queue.after(world_.config.timings.holder_age, [this, name = request->job] { turnAwayOld(name); });
    if (job.hold.state == HoldState::Releasing) deliver(request->job);
    return true;
}

void RequestHolder::turnAwayOld(const std::string& name) {
    Job& job = at(name);
    while (!job.queue.empty() && job.queue.front().arrived + world_.config.timings.holder_age <= world_.now()) {
        job.queue.front().request->fate = JobRequest::Fate::Broken;
        world_.log.line("request {} of {} was held too long and is turned away", job.queue.front().request->number,
                        name);
        ++job.hold.refused;
        job.queue.pop_front();
    }
}

/// One at a time: the next is handed on when the one before was answered, or lost.
void RequestHolder::deliver(const std::string& name) {
    Job& job = at(name);
    if (job.delivering || job.queue.empty() || job.hold.state == HoldState::Holding) return;
    const std::string executor(behindBackLeg(job));
    job.delivering = true;
    if (executor.empty() || !world_.answers(executor)) {
        world_.queue.after(retry, [this, name, life = job.life] {
            Job& its = at(name);
            if (its.life != life) return;
            its.delivering = false;
            deliver(name);
        });
        return;
    }
    const Held held = std::move(job.queue.front());
    job.queue.pop_front();
    world_.invariants.deliversHeld(name, executor, held.number, job.last_delivered);
    job.last_delivered = held.number;
    ++job.hold.proxied;
    ++job.hold.unanswered;
    world_.clients.work(held.request, executor, [this, name, held, life = job.life](bool answered) {
        if (at(name).life == life) handedOn(name, held, answered);
    });
}

void RequestHolder::handedOn(const std::string& name, const Held& held, bool answered) {
    Job& job = at(name);
    --job.hold.unanswered;
    ++(answered ? job.hold.delivered : job.hold.broken);
    auto chance = Randomness::about(world_.config.seed, "open/" + name, held.number);
    world_.queue.after(chance.between(VirtualTime(0), longest_open), [this, name, life = job.life] {
        if (at(name).life == life) --at(name).hold.proxied;
    });
    job.delivering = false;
    deliver(name);
}

void RequestHolder::restarted() {
    for (auto& [name, job] : jobs_) {
        for (auto& held : job.queue) held.request->fate = JobRequest::Fate::Broken;
        Job fresh;
        fresh.hold.job = job.hold.job;
        fresh.lan_switch = job.lan_switch;
        fresh.life = job.life + 1;
        fresh.arrivals = job.arrivals;
        fresh.last_delivered = job.last_delivered;
        job = std::move(fresh);
    }
}

void RequestHolder::probe(const base::JobName& job, const protocol::ProbeRequest& request,
                          const Reply<protocol::ProbeAnswer>& reply) {
    const auto begun = world_.now();
    look(std::make_shared<Probe>(
        Probe{at(job.text()), begun, begun + std::chrono::milliseconds(request.deadline_ms), 0, reply}));
}

void RequestHolder::look(const std::shared_ptr<Probe>& probe) {
    ++probe->attempts;
    const std::string_view executor = behindBackLeg(probe->job);
    if (!executor.empty() && world_.answers(executor)) {
        const auto work = world_.config.timings.request;
        world_.invariants.answersProbe(std::string(executor));
        world_.queue.after(work, [this, probe] {
            const auto took = base::milliseconds(world_.now() - probe->begun);
            probe->reply(protocol::ProbeAnswer{true, took, 200, probe->attempts, {}});
        });
        return;
    }
    if (world_.now() + between_probes > probe->until)
        return probe->reply(protocol::ProbeAnswer{false, 0, 0, probe->attempts, "connection refused"});
    world_.queue.after(between_probes, [this, probe] { look(probe); });
}

}  // namespace standin::simulation
