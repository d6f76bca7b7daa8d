#include "coordinator/engine/attempts.hpp"

namespace standin::engine {

void Attempts::add(Attempt attempt, base::WallTime look_at) {
    const auto sequence = attempt.sequence;
    in_order_.emplace(look_at, sequence);
    by_sequence_.insert_or_assign(sequence, Entry{std::move(attempt), look_at});
}

bool Attempts::end(std::uint64_t sequence) {
    const auto found = by_sequence_.find(sequence);
    if (found == by_sequence_.end()) return false;
    in_order_.erase({found->second.look_at, sequence});
    by_sequence_.erase(found);
    return true;
}

std::optional<Attempt> Attempts::takeDue(base::WallTime now) {
    if (in_order_.empty() || in_order_.begin()->first > now) return std::nullopt;
    const auto found = by_sequence_.find(in_order_.begin()->second);
    Attempt attempt = std::move(found->second.attempt);
    in_order_.erase(in_order_.begin());
    by_sequence_.erase(found);
    return attempt;
}

void Attempts::clear() {
    by_sequence_.clear();
    in_order_.clear();
}

}  // namespace standin::engine
