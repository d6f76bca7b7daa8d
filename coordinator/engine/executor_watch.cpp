#include "coordinator/engine/executor_watch.hpp"

#include <fmt/format.h>

#include <exception>

namespace standin::engine {

namespace {

constexpr std::chrono::milliseconds host_patience{3000};
constexpr std::chrono::milliseconds power_patience{10000};
/// A fence agent is a process that starts slowly; a minute is soon enough to report a spare that is off.
constexpr std::chrono::seconds power_every{60};
/// A look that has not come back by then never will.
constexpr std::chrono::seconds longest_look{60};
/// One look may have been unlucky, or have met a restart of what it looks at.
constexpr unsigned wrong_looks = 2;

}  // namespace

ExecutorWatch::Looks& ExecutorWatch::looksOf(const WatchedPlacement& placed) {
    Looks& looks = looks_[placed.server];
    if (looks.placement != placed.placement) looks = Looks{placed.placement, 0, false, false, false, {}, false};
    return looks;
}

bool ExecutorWatch::isDue(const WatchedPlacement& placed) {
    const std::lock_guard lock(mutex_);
    Looks& looks = looksOf(placed);
    const auto moment = clock_.steady();
    const bool never = looks.asked == base::SteadyTime{};
    const bool rarely = placed.placement.on == domain::Placement::On::Spare && looks.wrong == 0;
    if (rarely && !never && moment < looks.asked + power_every) return false;
    if (looks.looking && moment < looks.asked + longest_look) return false;
    looks.asked = moment;
    looks.looking = true;
    return true;
}

void ExecutorWatch::look(const WatchedPlacement& placed) {
    Sight sight;
    try {
        sight = at(placed);
    } catch (const std::exception& exception) {
        sight = {Kind::Silent, fmt::format("cannot be asked after: {}", exception.what())};
    }
    {
        const std::lock_guard lock(mutex_);
        looksOf(placed).looking = false;
    }
    if (sight.kind != Kind::NotKnown) judge(placed, sight);
}

void ExecutorWatch::judge(const WatchedPlacement& placed, const Sight& sight) {
    bool after_silence = false;
    {
        const std::lock_guard lock(mutex_);
        Looks& looks = looksOf(placed);
        if (sight.kind == Kind::Well) {
            looks = Looks{placed.placement, 0, false, false, false, looks.asked, false};
            return;
        }
        ++looks.wrong;
        after_silence = sight.kind == Kind::Lost && looks.was_silent && !looks.told_after_silence;
        if (sight.kind == Kind::Silent) looks.was_silent = true;
        if (looks.wrong < wrong_looks || (looks.told && !after_silence)) return;
        looks.told = true;
        looks.told_after_silence = looks.told_after_silence || after_silence;
    }
    const ExecutorLoss loss{sight.why, after_silence, isOff(placed.server)};
    post_([placed, loss](Conductor& conductor) -> Reply {
        conductor.jobs().executorLost(placed, loss);
        return {};
    });
}

std::optional<bool> ExecutorWatch::runs(const WatchedPlacement& placed) const {
    const auto kind = at(placed).kind;
    if (kind != Kind::Well && kind != Kind::Lost) return std::nullopt;
    return kind == Kind::Well;
}

bool ExecutorWatch::isOff(const base::ServerName& server) const {
    const auto ladder = inventory_.server_power.find(server);
    if (ladder == inventory_.server_power.end() || !drivers_.power) return false;
    const auto power = drivers_.power->state(ladder->second, power_patience);
    return power && *power == drivers::PowerState::Off;
}

ExecutorWatch::Sight ExecutorWatch::at(const WatchedPlacement& placed) const {
    return placed.placement.on == domain::Placement::On::Spare ? atSpare(placed) : atStandIn(placed);
}

ExecutorWatch::Sight ExecutorWatch::atStandIn(const WatchedPlacement& placed) const {
    const auto hypervisor = drivers_.hypervisors.find(inventory_.servers.at(placed.server).vm_host);
    if (placed.placement.stand_in.empty() || hypervisor == drivers_.hypervisors.end()) return {};
    auto stand_in = hypervisor->second->standIn(placed.placement.stand_in, host_patience);
    if (!stand_in && stand_in.error().code == base::ErrorCode::NotFound) return {Kind::Lost, "does not exist any more"};
    if (!stand_in) return {Kind::Silent, "cannot be asked after: " + stand_in.error().message};
    if (stand_in->state == protocol::StandInState::Running) return {Kind::Well, {}};
    if (stand_in->state == protocol::StandInState::Unknown) return {};
    return {Kind::Lost, fmt::format("is {}, not running", protocol::nameOf(stand_in->state))};
}

ExecutorWatch::Sight ExecutorWatch::atSpare(const WatchedPlacement& placed) const {
    const auto ladder = inventory_.spare_power.find(placed.placement.spare);
    if (ladder == inventory_.spare_power.end() || !drivers_.power) return {};
    auto power = drivers_.power->state(ladder->second, power_patience);
    if (!power || *power == drivers::PowerState::Unknown) return {};  // a BMC that is away says nothing about the job
    if (*power == drivers::PowerState::On) return {Kind::Well, {}};
    return {Kind::Lost, "is without power, as its power device says"};
}

}  // namespace standin::engine
