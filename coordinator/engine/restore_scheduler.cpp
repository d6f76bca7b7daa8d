#include "coordinator/engine/restore_scheduler.hpp"

#include <iterator>

namespace standin::engine {

void RestoreScheduler::wait(const base::AgentName& store, const Claim& claim) {
    if (!places_.emplace(claim.operation, Place{store, claim}).second) return;
    stores_[store].waiting.insert(claim);
    changed_ = true;
}

void RestoreScheduler::restore(const base::AgentName& store, const Claim& claim) {
    if (hasTurn(claim.operation)) return;
    leave(claim.operation);
    places_.emplace(claim.operation, Place{store, claim});
    stores_[store].restoring.insert(claim);
    changed_ = true;
}

void RestoreScheduler::leave(domain::OperationId operation) {
    const auto place = places_.extract(operation);
    if (place.empty()) return;
    Store& store = stores_.at(place.mapped().store);
    store.restoring.erase(place.mapped().claim);
    store.waiting.erase(place.mapped().claim);
    changed_ = true;
}

std::vector<domain::OperationId> RestoreScheduler::give() {
    std::vector<domain::OperationId> turns;
    for (auto& [name, store] : stores_) {
        const auto limit = limits_.find(name);
        const std::size_t at_once = limit == limits_.end() ? otherwise_ : limit->second;
        while (store.restoring.size() < at_once && !store.waiting.empty()) {
            const auto next = store.restoring.insert(store.waiting.extract(store.waiting.begin())).position;
            turns.push_back(next->operation);
            changed_ = true;
        }
    }
    return turns;
}

bool RestoreScheduler::hasTurn(domain::OperationId operation) const {
    const auto place = places_.find(operation);
    return place != places_.end() && stores_.at(place->second.store).restoring.count(place->second.claim) > 0;
}

std::optional<std::size_t> RestoreScheduler::before(domain::OperationId operation) const {
    const auto place = places_.find(operation);
    if (place == places_.end()) return std::nullopt;
    const Store& store = stores_.at(place->second.store);
    const auto found = store.waiting.find(place->second.claim);
    if (found == store.waiting.end()) return std::nullopt;
    return store.restoring.size() + static_cast<std::size_t>(std::distance(store.waiting.begin(), found));
}

std::optional<std::vector<RestoreQueue>> RestoreScheduler::takeChanged() {
    if (!std::exchange(changed_, false)) return std::nullopt;
    std::vector<RestoreQueue> queues;
    for (const auto& [name, store] : stores_) {
        if (store.waiting.empty()) continue;
        RestoreQueue& queue = queues.emplace_back();
        queue.under_way = store.restoring.size();
        queue.waiting.reserve(store.waiting.size());
        for (const auto& claim : store.waiting) queue.waiting.push_back(claim.operation);
    }
    return queues;
}

}  // namespace standin::engine
