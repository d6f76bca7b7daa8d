#include "coordinator/machine_check.hpp"

#include <fmt/format.h>

#include "coordinator/engine/machine_identity.hpp"

namespace standin {

namespace {

/// ipmitool is a process, and a BMC is slow.
constexpr std::chrono::milliseconds asked_for{10000};

}  // namespace

MachineCheck checkMachines(const config::Configuration& configuration, drivers::PowerDriver& power) {
    using Verdict = engine::MachineIdentity::Verdict;
    MachineCheck check;
    const auto add = [&](const std::string& whose, const std::string& uuid, const drivers::PowerLadder& ladder,
                         bool required) {
        const auto identity = engine::identityOf(power, ladder, whose, uuid, asked_for);
        const bool is_asked = identity.verdict != Verdict::NotDeclared;
        check.lines.push_back(is_asked ? identity.words : fmt::format("{} declares no 'uuid'", whose));
        check.good = check.good && identity.problem(required).empty();
    };
    for (const auto& one : configuration.servers)
        add(fmt::format("server '{}'", one.server.name.text()), one.server.uuid, one.ladder, false);
    for (const auto& one : configuration.spares)
        add(fmt::format("spare '{}'", one.spare.name.text()), one.spare.uuid, one.ladder, one.spare.uuid_required);
    return check;
}

}  // namespace standin
