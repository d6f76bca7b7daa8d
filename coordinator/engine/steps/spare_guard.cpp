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

base::Result<MachineIdentity> askedIdentity(const StepContext& context, const drivers::PowerLadder& ladder,
                                            const std::string& whose, const std::string& declared,
                                            drivers::Deadline within) {
    if (!declared.empty() && within < shortest_identity_question) {
        return base::failure(
            base::ErrorCode::TimedOut,
            fmt::format("{}: no time was left to ask its power devices which machine they belong to", whose));
    }
    return identityOf(*context.drivers.power, ladder, whose, declared, within);
}

namespace {

base::Result<MachineIdentity> identityOfSpare(const StepContext& context, drivers::Deadline within) {
    const auto& spare = context.spare();
    return askedIdentity(context, context.inventory.spare_power.at(spare.name),
                         fmt::format("spare '{}'", spare.name.text()), spare.uuid, within);
}

base::Result<void> acceptedIf(const base::Result<MachineIdentity>& identity, bool required) {
    if (!identity) return base::failure(identity.error());
    const auto problem = identity->problem(required);
    if (problem.empty()) return {};
    const bool is_other = identity->verdict == MachineIdentity::Verdict::Different;
    return base::failure(is_other ? base::ErrorCode::Conflict : base::ErrorCode::Refused, problem);
}

}  // namespace

base::Result<void> isNoOtherMachine(const StepContext& context, drivers::Deadline within) {
    return acceptedIf(identityOfSpare(context, within), false);
}

base::Result<void> isDeclaredMachine(const StepContext& context, drivers::Deadline within) {
    return acceptedIf(identityOfSpare(context, within), context.spare().uuid_required);
}

}  // namespace standin::engine::steps
