#include <fmt/format.h>

#include "coordinator/domain/transitions.hpp"

namespace standin::domain {

namespace {

bool takesPart(OperationKind kind, State state) {
    for (const auto& row : transitions()) {
        if (row.kind == kind && (row.from == state || row.to == state)) return true;
    }
    return false;
}

template <typename Visit>
void eachState(Visit visit) {
    for (int index = static_cast<int>(first_state); index <= static_cast<int>(last_state); ++index) {
        visit(static_cast<State>(index));
    }
}

}  // namespace

std::string diagram(OperationKind kind) {
    std::string text = "```mermaid\nstateDiagram-v2\n    [*] --> Opened\n";
    for (const auto& row : transitions()) {
        if (row.kind != kind) continue;
        text += fmt::format("    {} --> {}: {}\n", nameOf(row.from), nameOf(row.to), nameOf(row.event));
    }
    return text + "```\n";
}

std::string stateTable() {
    std::string text = "| state | of | meaning |\n| --- | --- | --- |\n";
    eachState([&text](State state) {
        std::string kinds;
        for (auto kind : {OperationKind::Prepare, OperationKind::Refresh, OperationKind::Backup,
                          OperationKind::Failover, OperationKind::Unset}) {
            if (takesPart(kind, state)) kinds += (kinds.empty() ? "" : ", ") + std::string(nameOf(kind));
        }
        text += fmt::format("| `{}` | {} | {} |\n", nameOf(state), kinds, describe(state));
    });
    return text;
}

std::string transitionTable(OperationKind kind) {
    std::string text = "| from | event | to | meaning |\n| --- | --- | --- | --- |\n";
    for (const auto& row : transitions()) {
        if (row.kind != kind) continue;
        text += fmt::format("| `{}` | `{}` | `{}` | {} |\n", nameOf(row.from), nameOf(row.event), nameOf(row.to),
                            row.meaning);
    }
    return text;
}

}  // namespace standin::domain
