#include "coordinator/engine/steps/power_commands.hpp"

#include <fmt/format.h>

namespace standin::engine::steps {

using base::ErrorCode;

namespace {

/// A healthy agent answers in a millisecond.
constexpr drivers::Deadline patience{2000};
/// Nobody waits so long for an answer: this coordinator stood still meanwhile (was stopped, swapped out), and what it
/// was told says nothing about who leads now.
constexpr drivers::Deadline too_old{2 * patience};

/// A thread that hung until now: what it would do may be wrong by now.
base::Result<void> isWanted(const StepContext& context) {
    if (!context.isGivenUp()) return {};
    return base::failure(ErrorCode::TimedOut, "the attempt was given up before it came to the power device");
}

base::Result<void> stillLeads(const StepContext& context, const base::AgentName& witness) {
    if (!context.drivers.claim) return isWanted(context);
    for (int question = 0; question < 2; ++question) {  // a witness that is always so late says nothing at all
        const auto asked = context.clock.steady();
        auto leads = context.drivers.claim(witness, context.epoch, std::min(patience, context.remaining()));
        if (context.clock.steady() - asked < too_old) return leads ? isWanted(context) : leads;
    }
    return base::failure(ErrorCode::TimedOut,
                         fmt::format("agent '{}' did not say within {} ms who leads; see that it runs and is reached",
                                     witness.text(), too_old.count()));
}

}  // namespace

base::Result<void> switchOff(const StepContext& context, const drivers::PowerLadder& ladder,
                             const base::AgentName& switch_agent) {
    auto leads = stillLeads(context, switch_agent);
    if (!leads) return leads;
    return context.drivers.power->off(ladder, context.remaining());
}

base::Result<void> askToShutDown(const StepContext& context, const drivers::PowerLadder& ladder,
                                 const base::AgentName& switch_agent) {
    auto leads = stillLeads(context, switch_agent);
    if (!leads) return leads;
    return context.drivers.power->shutDown(ladder, context.remaining());
}

base::Result<void> switchOn(const StepContext& context, const drivers::PowerLadder& ladder,
                            const base::AgentName& switch_agent, const std::function<base::Result<void>()>& before) {
    auto leads = stillLeads(context, switch_agent);
    if (!leads) return leads;
    if (before) {
        auto may = before();
        if (!may) return may;
    }
    return context.drivers.power->on(ladder, context.remaining());
}

base::Result<void> fenceByPower(const StepContext& context) {
    const auto& server = context.server();
    if (context.request.attempt > 1) {
        auto leads = stillLeads(context, server.switch_agent);
        if (!leads && leads.error().code == ErrorCode::StaleEpoch) return leads;
    }
    return context.drivers.power->off(context.inventory.server_power.at(server.name), context.remaining());
}

}  // namespace standin::engine::steps
