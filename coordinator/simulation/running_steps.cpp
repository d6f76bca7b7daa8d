#include "coordinator/simulation/running_steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using domain::StepState;

namespace {

/// Of an attempt beyond its deadline: the engine's own grace, its turn for a thread, and its way into the journal.
constexpr VirtualTime margin{10'000'000};

std::chrono::milliseconds deadlineOf(const World& world, const domain::Operation& operation, domain::StepName step) {
    domain::Observation observation;
    observation.server = world.config.inventory.servers.at(operation.server);
    if (const auto spare = world.config.inventory.spares.find(operation.spare);
        spare != world.config.inventory.spares.end()) {
        observation.spare_boot_within = spare->second.boot_within;
        observation.spare_power_within = spare->second.power_within;
    }
    return domain::limitsOf(step, observation).deadline;
}

/// Of one that is polled the end of the last poll is known.
bool isFirstAnswerAwaited(const domain::Step* step) {
    return step != nullptr && step->state == StepState::Running && step->ended == base::WallTime{};
}

}  // namespace

void RunningSteps::begin(const journal::Entry& entry) {
    for (const domain::Operation& operation : entry.operations) {
        const auto before = world_.disk.operations.find(operation.id);
        for (const domain::Step& step : operation.steps) {
            if (!isFirstAnswerAwaited(&step)) continue;
            const auto* known = before == world_.disk.operations.end() ? nullptr : before->second->find(step.id);
            if (isFirstAnswerAwaited(known) && known->attempts == step.attempts) continue;
            world_.queue.after(
                deadlineOf(world_, operation, step.id.name) + margin,
                [this, id = operation.id, its = step.id, attempt = step.attempts, interruptions = interruptions_] {
                    if (interruptions == interruptions_) lookAgain(id, its, attempt);
                });
        }
    }
}

void RunningSteps::notWritten() {
    not_written_at_ = world_.now();
}

void RunningSteps::lookAgain(domain::OperationId id, const domain::StepId& step, unsigned attempt) const {
    if (world_.disk.full || world_.now() < not_written_at_ + margin) return;  // it has ended, and nobody can write it
    const auto operation = world_.disk.operations.find(id);
    if (operation == world_.disk.operations.end()) return;
    const auto* now = operation->second->find(step);
    if (!isFirstAnswerAwaited(now) || now->attempts != attempt) return;
    world_.invariants.breach(
        8, fmt::format("operation {}", id),
        fmt::format("{} '{}' still runs long after its deadline", domain::nameOf(step.name), step.subject));
}

}  // namespace standin::simulation
