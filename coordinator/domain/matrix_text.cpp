// The generated part of coordinator/README.md.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "coordinator/domain/matrix.hpp"
#include "coordinator/domain/step_descriptors.hpp"

namespace standin::domain {

namespace {

using Kinds = std::vector<OperationKind>;

template <typename Visit>
void eachState(Visit visit) {
    for (std::size_t i = 0; i < state_count; ++i) visit(static_cast<State>(i));
}

template <typename Value>
std::string quoted(const std::vector<Value>& values) {
    std::vector<std::string> names;
    for (const auto value : values) names.push_back(fmt::format("`{}`", nameOf(value)));
    return fmt::format("{}", fmt::join(names, ", "));
}

/// ` (refresh, backup)` where that is not all of them.
std::string only(const Kinds& kinds, const Kinds& all) {
    if (kinds == all) return {};
    std::vector<std::string_view> names;
    for (const auto kind : kinds) names.push_back(nameOf(kind));
    return fmt::format(" ({})", fmt::join(names, ", "));
}

Kinds kindsWith(const Kinds& kinds, State state) {
    Kinds found;
    std::copy_if(kinds.begin(), kinds.end(), std::back_inserter(found),
                 [state](OperationKind kind) { return takesPart(kind, state); });
    return found;
}

/// A transition and the kinds that have it.
struct Edge {
    Transition row;
    Kinds kinds;
};

std::vector<Edge> edgesOf(const Kinds& kinds) {
    std::vector<Edge> edges;
    for (const auto& row : transitions()) {
        if (std::find(kinds.begin(), kinds.end(), row.kind) == kinds.end()) continue;
        const auto same = std::find_if(edges.begin(), edges.end(), [&row](const Edge& edge) {
            return edge.row.from == row.from && edge.row.event == row.event && edge.row.to == row.to;
        });
        if (same == edges.end()) {
            edges.push_back({row, {row.kind}});
        } else {
            same->kinds.push_back(row.kind);
        }
    }
    std::stable_sort(edges.begin(), edges.end(), [](const Edge& one, const Edge& other) {
        return std::pair(one.row.from, one.row.event) < std::pair(other.row.from, other.row.event);
    });
    return edges;
}

std::string diagram(const Kinds& kinds) {
    std::string text = "```mermaid\nstateDiagram-v2\n    [*] --> Opened\n";
    for (const auto& edge : edgesOf(kinds)) {
        text += fmt::format("    {} --> {}: {}{}\n", nameOf(edge.row.from), nameOf(edge.row.to), nameOf(edge.row.event),
                            only(edge.kinds, kindsWith(kinds, edge.row.from)));
    }
    return text + "```\n";
}

std::string stepsText(State state) {
    std::vector<StepName> steps;
    for (const auto& row : step_descriptors) {
        if (stepsOf(state).contains(row.step)) steps.push_back(row.step);
    }
    return quoted(steps);
}

std::string stateTable(const Kinds& kinds, std::set<State>& described) {
    std::string text = "| state | meaning | steps | event → next state |\n| --- | --- | --- | --- |\n";
    const auto edges = edgesOf(kinds);
    eachState([&](State state) {
        const Kinds its = kindsWith(kinds, state);
        if (its.empty()) return;
        std::string events;
        for (const auto& [row, of] : edges) {
            if (row.from != state) continue;
            events += fmt::format("{}`{}` → `{}`{}", events.empty() ? "" : "<br>", nameOf(row.event), nameOf(row.to),
                                  only(of, its));
            if (*row.meaning != '\0') events += fmt::format(": {}", row.meaning);
        }
        const bool is_new = described.insert(state).second;
        if (events.empty() && !is_new) return;
        text += fmt::format("| `{}`{} | {} | {} | {} |\n", nameOf(state), only(its, kinds),
                            is_new ? describe(state) : "as above", stepsText(state), events);
    });
    return text;
}

/// All that one reason is given for.
struct SameReason {
    std::vector<Event> events;
    std::vector<State> states;
    Kinds kinds;
};

template <typename Value>
void addOnce(std::vector<Value>& values, Value value) {
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

template <typename Visit>
void eachCell(const Kinds& kinds, Visit visit) {
    for (std::size_t i = 0; i < event_count; ++i) {
        for (const auto kind : kinds) {
            eachState([&](State state) {
                if (takesPart(kind, state)) visit(kind, state, static_cast<Event>(i));
            });
        }
    }
}

std::string statesText(const SameReason& same) {
    std::vector<State> others;
    eachState([&](State state) {
        const bool listed = std::find(same.states.begin(), same.states.end(), state) != same.states.end();
        if (!listed && !kindsWith(same.kinds, state).empty()) others.push_back(state);
    });
    if (others.empty()) return "every state";
    if (others.size() < same.states.size()) return "every state but " + quoted(others);
    return quoted(same.states);
}

std::string ignoredTable(const Kinds& kinds) {
    std::vector<const char*> reasons;
    std::map<const char*, SameReason> by_reason;
    eachCell(kinds, [&](OperationKind kind, State state, Event event) {
        const Cell cell = cellOf(kind, state, event);
        const auto* ignored = std::get_if<Ignored>(&cell);
        if (ignored == nullptr && !std::holds_alternative<Unhandled>(cell)) return;
        const char* reason = ignored != nullptr ? ignored->reason : "**unhandled**";
        addOnce(reasons, reason);
        auto& same = by_reason[reason];
        addOnce(same.events, event);
        addOnce(same.states, state);
        addOnce(same.kinds, kind);
    });
    std::string text = "| event | changes nothing in | because |\n| --- | --- | --- |\n";
    for (const char* reason : reasons) {
        const auto& same = by_reason.at(reason);
        text +=
            fmt::format("| {} | {}{} | {} |\n", quoted(same.events), statesText(same), only(same.kinds, kinds), reason);
    }
    return text;
}

}  // namespace

std::string matrixText() {
    const std::pair<const char*, Kinds> groups[] = {
        {"Failover", {OperationKind::Failover}},
        {"Prepare, refresh, backup, unset",
         {OperationKind::Prepare, OperationKind::Refresh, OperationKind::Backup, OperationKind::Unset}}};
    std::string text;
    std::set<State> described;
    for (const auto& [title, kinds] : groups) {
        text += fmt::format("\n### {}\n\n{}\n{}\n{}", title, diagram(kinds), stateTable(kinds, described),
                            ignoredTable(kinds));
    }
    return text + "\n";
}

}  // namespace standin::domain
