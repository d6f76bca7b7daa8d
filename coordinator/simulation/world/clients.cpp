#include "coordinator/simulation/world/clients.hpp"

#include <algorithm>

#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

namespace {

/// A connection that nobody accepts is tried again by TCP after this time, and given up by the client some time.
constexpr VirtualTime again{1s};
constexpr VirtualTime patience{30s};

const base::MemberName holder_member("holder");

}  // namespace

void Clients::begin(const std::string& job) {
    if (world_.setting.measures.between_requests.count() > 0) sendNext(job);
}

void Clients::sendNext(const std::string& job) {
    auto& ledger = ledgers_[job];
    auto chance = Randomness::about(world_.setting.seed, "request/" + job, ledger.size());
    const auto pause = world_.setting.measures.between_requests;
    world_.queue.after(chance.between(pause / 10, 2 * pause), [this, job] {
        if (!sending_) return;
        auto request = std::make_shared<JobRequest>();
        request->job = job;
        request->sent = world_.now();
        auto& its_ledger = ledgers_[job];
        its_ledger.push_back(request);
        request->number = static_cast<unsigned>(its_ledger.size());
        attempt(request);
        sendNext(job);
    });
}

void Clients::attempt(const JobRequestPtr& request) {
    const domain::Server& server = world_.serverOf(request->job);
    const base::MemberName& owner = world_.switchOf(server).ownerOf(request->job);
    if (owner == holder_member) {
        const auto holder = world_.holders.find(server.request_holder.text());
        if (holder != world_.holders.end() && holder->second.accept(request)) return;
    } else {
        const std::string executor = world_.behind(request->job, owner);
        if (!executor.empty() && world_.answers(executor)) return work(request, executor, {});
    }
    if (world_.now() - request->sent >= patience) {
        request->fate = JobRequest::Fate::GivenUp;
        world_.log.line("request {} of {} is given up by its client", request->number, request->job);
        return;
    }
    world_.queue.after(again, [this, request] { attempt(request); });
}

void Clients::work(const JobRequestPtr& request, const std::string& executor, std::function<void(bool)> done) {
    request->fate = JobRequest::Fate::Working;
    auto* stand_in = world_.standIn(executor);
    const unsigned cycle = stand_in == nullptr ? 0 : stand_in->power_cycle;
    if (stand_in != nullptr) ++stand_in->unanswered;
    auto chance = Randomness::about(world_.setting.seed, "work/" + request->job, request->number);
    const auto takes = world_.setting.measures.request;
    world_.queue.after(chance.between(takes / 2, 4 * takes), [this, request, executor, cycle, done = std::move(done)] {
        auto* still = world_.standIn(executor);
        const bool same = still == nullptr || still->power_cycle == cycle;
        if (still != nullptr && same && still->unanswered > 0) --still->unanswered;
        const bool answers = same && world_.answers(executor);
        if (answers) {
            answered(request, executor);
        } else {
            request->fate = JobRequest::Fate::Broken;
            world_.log.line("request {} of {} breaks off: {} is gone", request->number, request->job, executor);
        }
        if (done) done(answers);
    });
}

void Clients::answered(const JobRequestPtr& request, const std::string& executor) {
    ++request->executions;
    world_.invariants.executes(*request, executor);
    request->fate = JobRequest::Fate::Answered;
    request->executed_by = executor;
}

unsigned Clients::count(const std::string& job, JobRequest::Fate fate) {
    const auto& ledger = ledgers_[job];
    return static_cast<unsigned>(
        std::count_if(ledger.begin(), ledger.end(), [fate](const auto& request) { return request->fate == fate; }));
}

}  // namespace standin::simulation
