// Writes of a job are not lost without a message (rule 10).
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/simulation/invariants.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

void Invariants::givesUpData(const std::string& server) {
    world_.writes.giveUp(server);
}

/// All writes on it are also on another disk, or an operator has given them up.
void Invariants::losesNothing(const std::string& disk, const char* how) {
    const auto only = world_.writes.onlyOn(disk);
    if (!only.empty()) breach(10, disk, fmt::format("{}, and has the only copy of {}", how, text(only)));
}

/// An end that leaves writes behind says so, and names every disk that has them.
void Invariants::endsWithout(const domain::Operation& operation) {
    const std::string who = fmt::format("failover {}", operation.id);
    const auto note = std::find_if(operation.notes.begin(), operation.notes.end(),
                                   [](const domain::Note& one) { return one.topic == "end"; });
    const std::string said = note == operation.notes.end() ? std::string() : note->sentence;
    for (const auto& [disk, written] : world_.writes.missingOn(operation.spare.text(), operation.server.text())) {
        // An image never has the only copy of a write: its content was on the server when it was captured.
        if (world_.machines.count(disk) == 0 && world_.standIn(disk) == nullptr) continue;
        const auto own = operation.stand_in.text();
        if (disk != operation.server.text() && disk != own) continue;  // of an earlier failover: reported then
        if (said.find("ended normally") != std::string::npos)
            breach(10, who,
                   fmt::format("its end is called normal, and the spare lacks {} of '{}'", text(written), disk));
        if (said.find("'" + disk + "'") == std::string::npos)
            breach(10, who, fmt::format("its end does not say that {} of '{}' are missing", text(written), disk));
    }
}

/// An operator who returns a job has agreed to lose the writes that its server lacks.
void Invariants::returnsWithout(const std::string& server) {
    for (const auto& [disk, written] : world_.writes.missingOn(server, server)) {
        if (world_.machines.count(disk) == 0 && world_.standIn(disk) == nullptr) continue;
        breach(10, server,
               fmt::format("it gets its job back without {} of '{}', and nobody has agreed", text(written), disk));
    }
}

}  // namespace standin::simulation
