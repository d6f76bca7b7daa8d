#pragma once

#include <fmt/format.h>

#include "tests/simulated/simulated_world.hpp"

namespace standin::simulated {

/// Every verb goes through here: an epoch that is older than one seen is refused, faults are applied before or after
/// the effect.
template <typename Answer>
base::Result<Answer> carryOut(SimulatedWorld& world, const std::string& verb, const std::string& subject,
                              const protocol::CommandStamp* stamp, drivers::Deadline deadline,
                              const std::function<base::Result<Answer>()>& effect) {
    const std::lock_guard lock(world.mutex);
    const Fault fault = world.meet(verb, subject);
    const std::string what = verb + " " + subject;
    if (fault == Fault::Unreachable) return base::failure(base::ErrorCode::Unreachable, what + ": connection refused");
    if (fault == Fault::Refuses) return base::failure(base::ErrorCode::Refused, what + ": refused by the test");
    if (fault == Fault::TimesOut) {
        world.clock.pass(deadline);
        return base::failure(base::ErrorCode::TimedOut,
                             fmt::format("{}: no answer within {} ms", what, deadline.count()));
    }
    if (stamp != nullptr) {
        if (protocol::isDeposed(*stamp, world.leader))
            return base::failure(base::ErrorCode::StaleEpoch, what + ": stale epoch");
        world.leader = protocol::leaderBy(*stamp);
    }
    auto answer = effect();
    if (stamp != nullptr && answer) world.progress.push_back(what);
    if (stamp != nullptr && world.after_effect) world.after_effect(verb, subject);
    if (fault == Fault::TimesOutAfter) {
        world.clock.pass(deadline);
        return base::failure(base::ErrorCode::TimedOut,
                             fmt::format("{}: no answer within {} ms", what, deadline.count()));
    }
    return answer;
}

// The parts of simulatedDrivers().
std::shared_ptr<drivers::HypervisorDriver> simulatedHypervisor(SimulatedWorld& world);
std::shared_ptr<drivers::SwitchDriver> simulatedSwitch(SimulatedWorld& world);
std::shared_ptr<drivers::ImageStoreDriver> simulatedImageStore(SimulatedWorld& world);
std::shared_ptr<drivers::HolderDriver> simulatedHolder(SimulatedWorld& world);
std::shared_ptr<drivers::PowerDriver> simulatedPower(SimulatedWorld& world);

}  // namespace standin::simulated
