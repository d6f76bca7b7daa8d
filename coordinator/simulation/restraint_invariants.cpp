// Freeze, brake and cancel: what must not begin, and what must not be left behind.
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/simulation/invariants.hpp"
#include "coordinator/simulation/script.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using domain::OperationKind;
using domain::StepName;

namespace {

constexpr domain::StepSet fence_steps{StepName::FencePort, StepName::FencePower};
/// What a freeze forbids: fences, and orders that lead a segment away.
constexpr domain::StepSet frozen_steps{StepName::FencePort, StepName::FencePower, StepName::GiveSegment,
                                       StepName::GiveSegmentToSpare, StepName::StopServer};

unsigned attemptsOf(const domain::Operation* operation, domain::StepSet steps) {
    unsigned attempts = 0;
    if (operation == nullptr) return attempts;
    for (const domain::Step& step : operation->steps) {
        if (steps.contains(step.id.name)) attempts += step.attempts;
    }
    return attempts;
}

/// The segment is being given, or the server being switched off for a capture: that is finished.
bool isPastTheGate(const domain::Operation* operation) {
    return attemptsOf(operation, {StepName::GiveSegment, StepName::GiveSegmentToSpare, StepName::StopServer}) > 0;
}

}  // namespace

/// Rule 9: a storm of messages fences nobody beyond the brake's limit, and nothing is fenced while the site is frozen.
void Invariants::begins(const domain::Operation& operation, const domain::Operation* before,
                        const journal::Entry& entry) {
    const bool begins_more = attemptsOf(&operation, frozen_steps) > attemptsOf(before, frozen_steps);
    const bool thaws = entry.freeze && !entry.freeze->on;
    if (begins_more && world_.disk.freeze.on && !thaws && !isPastTheGate(before))
        breach(9, operation.server.text(),
               fmt::format("operation {} begins although the site is frozen", operation.id));
    const bool is_first = attemptsOf(before, fence_steps) == 0 && attemptsOf(&operation, fence_steps) > 0;
    if (operation.kind != OperationKind::Failover || !is_first) return;
    const auto& why = operation.brake_pass.why;
    if (why.starts_with("released by") || why.starts_with("its server is dead")) return;
    const auto& brake = world_.config.inventory.brake;
    const auto within = std::chrono::duration_cast<VirtualTime>(brake.within);
    unproved_fences_.push_back(world_.now());
    // A commit takes its time after the decision.
    const auto recent = std::count_if(unproved_fences_.begin(), unproved_fences_.end(), [&](VirtualTime at) {
        return at + within > world_.now() + std::chrono::seconds(1);
    });
    if (static_cast<std::size_t>(recent) > limitOf(brake, world_.config.inventory.servers.size()))
        breach(9, operation.server.text(),
               fmt::format("failover {} fences, number {} within {}, and nobody has released the brake", operation.id,
                           recent, durationText(within)));
}

bool Invariants::isCancelled(const std::string& server) const {
    return std::any_of(world_.disk.operations.begin(), world_.disk.operations.end(), [&](const auto& entry) {
        const domain::Operation& operation = *entry.second;
        return operation.server.text() == server && operation.state == domain::State::Cancelling &&
               attemptsOf(&operation, {StepName::FencePower}) == 0;
    });
}

/// Rule 8: nothing fenced is left behind unsaid.
void Invariants::cancels(const domain::Operation& operation) {
    const auto& server = world_.config.inventory.servers.at(operation.server);
    const auto owner = world_.switchOf(server).owner(server.segment.text());
    if (owner != "server" && attemptsOf(&operation, fence_steps) > 0)
        breach(8, operation.server.text(),
               fmt::format("failover {} is cancelled, and the server has not its segment again", operation.id));
}

}  // namespace standin::simulation
