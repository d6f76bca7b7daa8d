#include "coordinator/simulation/world/clients.hpp"

#include <algorithm>

#include "coordinator/domain/segment_members.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

namespace {

/// TCP tries a connection again that no machine accepts, each time after twice the pause (Linux's begins with 1 s),
/// and given up by the client some time.
constexpr VirtualTime first_pause{1s};
constexpr VirtualTime patience{30s};
/// A client repeats what is not confirmed; one that has an answer to come looks this often, so to speak.
constexpr VirtualTime while_suspended{200ms};

}  // namespace

void Clients::begin(const std::string& job) {
    if (world_.config.timings.between_requests.count() == 0) return;
    Job& its = jobs_[job];
    its.name = job;
    its.server = &world_.serverOf(job);
    its.lan_switch = &world_.switchOf(*its.server);
    const auto holder = world_.holders.find(its.server->request_holder.text());
    its.holder = holder == world_.holders.end() ? nullptr : &holder->second;
    sendNext(its);
}

void Clients::sendNext(Job& job) {
    auto chance = Randomness::about(world_.config.seed, "request/" + job.name, job.ledger.size());
    const auto pause = world_.config.timings.between_requests;
    world_.queue.after(chance.between(pause / 10, 2 * pause), [this, &job] {
        if (!sending_) return;
        auto request = std::make_shared<JobRequest>();
        request->job = job.name;
        request->sent = world_.now();
        job.ledger.push_back(request);
        request->number = static_cast<unsigned>(job.ledger.size());
        attempt(job, request);
        sendNext(job);
    });
}

void Clients::attempt(Job& job, const JobRequestPtr& request) {
    const auto* order = job.lan_switch->inForce(job.name);
    if (order != nullptr && order->owner == domain::holder_member) {
        if (job.holder != nullptr && job.holder->accept(request)) return;
    } else {
        const std::string_view executor =
            order == nullptr ? std::string_view(job.server->name.text()) : world_.behind(*order, order->owner);
        if (!executor.empty() && world_.answers(executor)) return work(request, std::string(executor), {});
    }
    if (world_.now() - request->sent >= patience) {
        request->fate = JobRequest::Fate::GivenUp;
        world_.log.line("request {} of {} is given up by its client", request->number, request->job);
        return;
    }
    const auto waited = world_.now() - request->sent;
    world_.queue.after(waited + first_pause, [this, &job, request] { attempt(job, request); });
}

void Clients::work(const JobRequestPtr& request, const std::string& executor, std::function<void(bool)> done) {
    request->fate = JobRequest::Fate::Working;
    auto* stand_in = world_.standIn(executor);
    const unsigned cycle = stand_in == nullptr ? 0 : stand_in->power_cycle;
    if (stand_in != nullptr) ++stand_in->unanswered;
    auto chance = Randomness::about(world_.config.seed, "work/" + request->job, request->number);
    const auto takes = world_.config.timings.request;
    world_.queue.after(chance.between(takes / 2, 4 * takes), [this, request, executor, cycle, done = std::move(done)] {
        endWork(request, executor, cycle, done);
    });
}

void Clients::endWork(const JobRequestPtr& request, const std::string& executor, unsigned cycle,
                      const std::function<void(bool)>& done) {
    auto* still = world_.standIn(executor);
    const bool same = still == nullptr || still->power_cycle == cycle;
    if (still != nullptr && same && still->stand_in.state == protocol::StandInState::Suspended) {
        world_.queue.after(while_suspended,
                           [this, request, executor, cycle, done] { endWork(request, executor, cycle, done); });
        return;
    }
    if (still != nullptr && same) still->ended();
    const bool answers = same && world_.answers(executor) && (still == nullptr || isReached(request->job, executor));
    if (answers) {
        answered(request, executor);
    } else {
        request->fate = JobRequest::Fate::Broken;
        world_.log.line("request {} of {} breaks off: {} is gone", request->number, request->job, executor);
    }
    if (done) done(answers);
}

/// By clients, on connections that they have, or by the request holder.
bool Clients::isReached(const std::string& job, const std::string& executor) {
    const auto* order = jobs_.at(job).lan_switch->inForce(job);
    if (order == nullptr) return false;
    for (const auto& who : {order->owner, order->established, order->back_leg_to}) {
        if (!who.empty() && world_.behind(*order, who) == executor) return true;
    }
    return false;
}

void Clients::answered(const JobRequestPtr& request, const std::string& executor) {
    ++request->executions;
    world_.invariants.executes(*request, executor);
    request->fate = JobRequest::Fate::Answered;
    request->executed_by = executor;
    if (world_.serverOf(request->job).job_data == domain::JobData::Local)
        world_.writes.wrote(executor, request->number, world_.now());
}

unsigned Clients::count(const std::string& job, JobRequest::Fate fate) {
    const auto& ledger = jobs_[job].ledger;
    return static_cast<unsigned>(
        std::count_if(ledger.begin(), ledger.end(), [fate](const auto& request) { return request->fate == fate; }));
}

}  // namespace standin::simulation
