// A stand-in that has no part in the job any more is stopped, and kept until the failover is closed.
#include <fmt/format.h>

#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;
using protocol::StandInState;

namespace {

/// Its port is known to the switch's agent, and nobody is led to it: neither clients nor the request holder.
bool isInQuarantine(const StepContext& context, const protocol::Segment& segment) {
    const auto& order = segment.order;
    const auto is_member = std::any_of(order.members.begin(), order.members.end(), [&](const auto& member) {
        return member.port == context.operation->stand_in_port;
    });
    const auto belongs = [&](const base::MemberName& who) {
        const auto* member = order.member(who);
        return member != nullptr && member->port == context.operation->stand_in_port;
    };
    return is_member && !belongs(order.owner) && !belongs(order.established) && !belongs(order.back_leg_to);
}

}  // namespace

StepReport stopStandIn(const StepContext& context) {
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return StepReport::failed(driver.error());
    auto stand_in =
        (*driver)->setState(context.stamp(), context.operation->stand_in, StandInState::Stopped, context.remaining());
    if (!stand_in) {
        if (stand_in.error().code == ErrorCode::NotFound) return StepReport::done("it does not exist any more");
        return StepReport::failed(stand_in.error());
    }
    return StepReport::done(fmt::format("stand-in '{}' is stopped, and kept", context.operation->stand_in.text()));
}

StepReport retireStandIn(const StepContext& context) {
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return StepReport::failed(driver.error());
    const auto& name = context.operation->stand_in;
    auto stand_in = (*driver)->standIn(name, context.remaining());
    if (!stand_in && stand_in.error().code == ErrorCode::NotFound)
        return StepReport::done("it does not exist any more");
    if (!stand_in) return StepReport::failed(stand_in.error());
    if (stand_in->state == StandInState::Suspended) {
        // A suspended machine cannot end by itself: it runs for that, in quarantine.
        auto segment = observe(context);
        if (!segment) return StepReport::failed(segment.error());
        if (!segment->verified || !isInQuarantine(context, *segment)) {
            return StepReport::failed(ErrorCode::WrongState,
                                      fmt::format("stand-in '{}' is not confirmed to be in quarantine", name.text()));
        }
        auto running = (*driver)->setState(context.stamp("resume"), name, StandInState::Running, context.remaining());
        if (!running) return StepReport::failed(running.error());
    }
    auto stopped = (*driver)->setState(context.stamp(), name, StandInState::Stopped, context.remaining());
    if (!stopped) return StepReport::failed(stopped.error());
    if (stopped->state != StandInState::Stopped) {
        return StepReport::failed(ErrorCode::TimedOut, fmt::format("stand-in '{}' is {}, not stopped", name.text(),
                                                                   protocol::nameOf(stopped->state)));
    }
    return StepReport::done(fmt::format("stand-in '{}' is shut down, and kept", name.text()));
}

}  // namespace standin::engine::steps
