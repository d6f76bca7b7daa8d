// A failover that was cancelled is undone.
#include <fmt/format.h>

#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;
using protocol::StandInState;

StepReport restStandIn(const StepContext& context) {
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return StepReport::failed(driver.error());
    const auto& name = context.operation->stand_in;
    auto stand_in = (*driver)->setState(context.stamp(), name, StandInState::Suspended, context.remaining());
    if (!stand_in) return StepReport::failed(stand_in.error());
    if (stand_in->state != StandInState::Suspended) {
        return StepReport::failed(ErrorCode::TimedOut, fmt::format("stand-in '{}' is {}, not suspended", name.text(),
                                                                   protocol::nameOf(stand_in->state)));
    }
    return StepReport::done(fmt::format("stand-in '{}' is suspended again, confirmed", name.text()));
}

/// Nobody else was given the segment (mayUnfencePort), so nobody has to be stopped first.
StepReport unfencePort(const StepContext& context) {
    const auto& server = context.server();
    auto segment = order(context, segmentOrder(context, server_member, {}));
    if (!segment) return StepReport::failed(segment.error());
    auto report = StepReport::done(fmt::format("port '{}' of server '{}' has segment '{}' again", server.port.text(),
                                               server.name.text(), server.segment.text()));
    report.phases_ms["transaction"] = segment->transaction_ms;
    return report;
}

}  // namespace standin::engine::steps
