#include "coordinator/engine/identity_watch.hpp"

#include <exception>

#include "agent/base/log.hpp"

namespace standin::engine {

namespace {

/// ipmitool is a process, and a BMC is slow.
constexpr std::chrono::milliseconds identity_patience{10000};
/// A machine or a BMC is exchanged by hand, which takes longer.
constexpr std::chrono::hours again_when_confirmed{1};
/// Somebody may be mending it.
constexpr std::chrono::minutes again_when_not{5};

}  // namespace

IdentityWatch::IdentityWatch(const Drivers& drivers, const Inventory& inventory, Executor& executor,
                             const base::Clock& clock, StatusBoard& board)
    : drivers_(drivers), executor_(executor), clock_(clock), board_(board) {
    for (const auto& [name, server] : inventory.servers)
        if (!server.uuid.empty())
            machines_.push_back({name.text(), fmt::format("server '{}'", name.text()), server.uuid,
                                 &inventory.server_power.at(name), true});
    for (const auto& [name, spare] : inventory.spares)
        if (!spare.uuid.empty())
            machines_.push_back({name.text(), fmt::format("spare '{}'", name.text()), spare.uuid,
                                 &inventory.spare_power.at(name), false});
}

void IdentityWatch::look() {
    for (const auto& machine : machines_) {
        {
            const std::lock_guard lock(mutex_);
            auto& due = due_[machine.name];
            if (clock_.steady() < due) continue;
            due = clock_.steady() + again_when_not;  // also where the answer never comes
        }
        executor_.post({domain::Lane::Watch, "identity", [this, machine] { ask(machine); }});
    }
}

void IdentityWatch::ask(const Machine& machine) {
    MachineIdentity found;
    try {
        found = identityOf(*drivers_.power, *machine.ladder, machine.whose, machine.uuid, identity_patience);
    } catch (const std::exception& exception) {
        return base::Log("watch").error("a question to the power devices of {} was given up: {}", machine.whose,
                                        exception.what());
    }
    if (found.verdict == MachineIdentity::Verdict::Confirmed) {
        const std::lock_guard lock(mutex_);
        due_[machine.name] = clock_.steady() + again_when_confirmed;
    }
    const auto before = board_.identity(machine.name);
    board_.post(machine.name, found);
    if (found.verdict != MachineIdentity::Verdict::Different || before == found) return;
    if (!machine.is_server) return;  // a spare is reported with the row that names it
    drivers_.notifier->notify({drivers::Notification::Kind::Warning,
                               {},
                               machine.name,
                               fmt::format("a failover would switch off another machine: {}", found.words)});
}

}  // namespace standin::engine
