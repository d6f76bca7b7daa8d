#pragma once

#include <map>
#include <set>
#include <tuple>

#include "coordinator/domain/decide.hpp"

namespace standin::engine {

/// Who restores when many spares want it: so many at a time from one image store, since they share its bandwidth and
/// the first that is whole helps more than all that are half written; the most urgent first.
class RestoreTurns {
  public:
    explicit RestoreTurns(std::size_t at_once) : at_once_(at_once) {}

    /// How urgent a restore is: by its server's priority, then by which failure was the first.
    struct Claim {
        int priority = 0;
        base::WallTime failure_at{};
        domain::OperationId operation = 0;
        unsigned attempt = 0;
        auto operator<=>(const Claim& other) const {
            return std::tuple(-priority, failure_at, operation, attempt) <=>
                   std::tuple(-other.priority, other.failure_at, other.operation, other.attempt);
        }
        bool operator==(const Claim&) const = default;
    };

    void claim(const base::AgentName& store, const Claim& claim) { stores_[store].waiting.insert(claim); }
    /// Those whose turn it is now, most urgent first; `isOver` tells of a claim whether its restore has ended, or is
    /// not wanted any more.
    template <typename IsOver>
    std::vector<Claim> next(const IsOver& is_over);

  private:
    struct Store {
        std::set<Claim> restoring;
        std::set<Claim> waiting;
    };
    const std::size_t at_once_;
    std::map<base::AgentName, Store> stores_;
};

template <typename IsOver>
std::vector<RestoreTurns::Claim> RestoreTurns::next(const IsOver& is_over) {
    std::vector<Claim> turns;
    for (auto& [name, store] : stores_) {
        std::erase_if(store.restoring, is_over);
        while (store.restoring.size() < at_once_ && !store.waiting.empty()) {
            auto first = store.waiting.extract(store.waiting.begin());
            if (is_over(first.value())) continue;
            turns.push_back(first.value());
            store.restoring.insert(std::move(first));
        }
    }
    return turns;
}

}  // namespace standin::engine
