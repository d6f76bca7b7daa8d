// Whole numbers only: what is the same on every machine must not depend on how one rounds.
#include <algorithm>
#include <iterator>
#include <utility>

#include "coordinator/simulation/world/image_store.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

std::int64_t Transfers::moved() const {
    const auto kib_per_second = static_cast<std::int64_t>(world_.config.timings.store_mib_per_second * 1024);
    const auto shares = static_cast<std::int64_t>(std::max<std::size_t>(moving_.size(), 1));
    return kib_per_second * (world_.now() - at_).count() / (1'000'000 * shares);
}

base::Result<void> Transfers::begin(const std::string& name, std::uint64_t mib, Ended ended) {
    if (waiting_.size() >= world_.config.timings.store_waiting)
        return base::failure(base::ErrorCode::Refused, "too many transfers wait already");
    proceed();
    const auto kib = static_cast<std::int64_t>(mib * 1024);
    Transfer transfer{name, kib, kib, std::move(ended)};
    if (moving_.size() < world_.config.timings.store_transfers) {
        moving_.push_back(std::move(transfer));
    } else {
        waiting_.push_back(std::move(transfer));
    }
    plan();
    return {};
}

void Transfers::cancel(const std::string& name) {
    proceed();
    const auto is = [&name](const Transfer& transfer) { return transfer.name == name; };
    moving_.erase(std::remove_if(moving_.begin(), moving_.end(), is), moving_.end());
    waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), is), waiting_.end());
    plan();
}

void Transfers::interrupt() {
    auto interrupted = std::exchange(moving_, {});
    std::move(waiting_.begin(), waiting_.end(), std::back_inserter(interrupted));
    waiting_.clear();
    plan();
    for (const Transfer& transfer : interrupted)
        transfer.ended(base::failure(base::ErrorCode::Unreachable, "the agent was stopped"));
}

std::optional<std::uint64_t> Transfers::progress(const std::string& name) const {
    for (const Transfer& transfer : moving_) {
        if (transfer.name != name) continue;
        return static_cast<std::uint64_t>(std::min(transfer.total, transfer.total - transfer.left + moved())) * 1024;
    }
    return waits(name) ? std::optional<std::uint64_t>(0) : std::nullopt;
}

bool Transfers::waits(const std::string& name) const {
    return std::any_of(waiting_.begin(), waiting_.end(),
                       [&](const Transfer& transfer) { return transfer.name == name; });
}

/// The bytes that were moved since the last change.
void Transfers::proceed() {
    const auto since = moved();
    for (Transfer& transfer : moving_) transfer.left -= since;
    at_ = world_.now();
}

void Transfers::plan() {
    while (moving_.size() < world_.config.timings.store_transfers && !waiting_.empty()) {
        moving_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    ++planned_;
    if (moving_.empty()) return;
    const auto next = std::min_element(moving_.begin(), moving_.end(),
                                       [](const auto& one, const auto& other) { return one.left < other.left; });
    const auto kib_per_second = static_cast<std::int64_t>(world_.config.timings.store_mib_per_second * 1024);
    const auto share = 1'000'000 * static_cast<std::int64_t>(moving_.size());
    const auto wait = (std::max<std::int64_t>(next->left, 0) * share + kib_per_second - 1) / kib_per_second;
    world_.queue.after(VirtualTime(wait), [this, plan_then = planned_] {
        if (planned_ != plan_then) return;
        proceed();
        std::vector<Transfer> ended;
        for (auto it = moving_.begin(); it != moving_.end();) {
            if (it->left > 0) {
                ++it;
                continue;
            }
            ended.push_back(std::move(*it));
            it = moving_.erase(it);
        }
        plan();
        for (const Transfer& transfer : ended) transfer.ended({});
    });
}

}  // namespace standin::simulation
