#include "coordinator/engine/steps/spare_guard.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/engine/steps/segment_orders.hpp"

namespace standin::engine::steps {

bool serves(const protocol::Segment& segment, const base::PortName& port, bool other) {
    const auto& order = segment.order;
    const auto is = [&](const base::MemberName& name) {
        const auto* member = order.member(name);
        return member != nullptr && member->port == port;
    };
    return is(order.owner) || is(order.established) || (other && order.owner == holder_member && is(order.back_leg_to));
}

base::Result<void> executesNothing(const StepContext& context) {
    const auto& spare = context.spare();
    auto driver = driverOf(context.drivers.switches, spare.switch_agent);
    if (!driver) return base::failure(driver.error());
    auto segments = (*driver)->segmentsAt(spare.port, context.remaining());
    if (!segments) return base::failure(segments.error());
    for (const auto& segment : *segments) {
        if (!serves(segment, spare.port, segment.id != context.server().segment)) continue;
        return base::failure(
            base::ErrorCode::Conflict,
            fmt::format("spare '{}' serves segment '{}', so it executes a job that this coordinator does not know of; "
                        "it is left alone: see standinctl status, and GET /v1/segments of agent '{}'",
                        spare.name.text(), segment.id.text(), spare.switch_agent.text()));
    }
    return {};
}

}  // namespace standin::engine::steps
