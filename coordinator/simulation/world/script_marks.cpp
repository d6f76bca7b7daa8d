#include "coordinator/simulation/world/script_marks.hpp"

#include "agent/base/assertion.hpp"

namespace standin::simulation {

void ScriptMarks::await(const std::string& what, unsigned nth, std::function<void()> then) {
    STANDIN_ASSERT(nth > 0);
    auto& awaited = awaited_[what];
    awaited.then.emplace_back(awaited.count + nth, std::move(then));
}

void ScriptMarks::happened(std::string_view what) {
    const auto found = awaited_.find(what);
    if (found != awaited_.end()) happened(found->second);
}

void ScriptMarks::happened(Awaited& awaited) {
    const unsigned count = ++awaited.count;
    std::vector<std::function<void()>> due;  // one of them may await something more
    for (const auto& [nth, then] : awaited.then) {
        if (nth == count) due.push_back(then);
    }
    for (const auto& then : due) then();
}

void ScriptMarks::happened(std::string_view verb, std::string_view subject) {
    for (auto it = awaited_.lower_bound(verb); it != awaited_.end() && it->first.starts_with(verb); ++it) {
        const std::string_view rest = std::string_view(it->first).substr(verb.size());
        if (rest.empty() || (rest.front() == '/' && rest.substr(1) == subject)) happened(it->second);
    }
}

}  // namespace standin::simulation
