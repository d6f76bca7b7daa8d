#include "coordinator/simulation/world/occurrences.hpp"

#include "agent/base/assertion.hpp"

namespace standin::simulation {

void Occurrences::await(const std::string& what, unsigned nth, std::function<void()> then) {
    STANDIN_ASSERT(nth > 0);
    auto& awaited = awaited_[what];
    awaited.then.emplace_back(awaited.count + nth, std::move(then));
}

void Occurrences::happened(std::string_view what) {
    const auto found = awaited_.find(what);
    if (found == awaited_.end()) return;
    const unsigned count = ++found->second.count;
    const auto actions = found->second.then;  // one of them may await something more
    for (const auto& [nth, then] : actions) {
        if (nth == count) then();
    }
}

void Occurrences::happened(std::string_view verb, std::string_view subject) {
    if (awaited_.empty()) return;
    happened(verb);
    happened(std::string(verb) + "/" + std::string(subject));
}

}  // namespace standin::simulation
