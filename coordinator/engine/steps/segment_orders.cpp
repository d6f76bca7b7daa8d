#include "coordinator/engine/steps/segment_orders.hpp"

#include <fmt/format.h>

namespace standin::engine::steps {

protocol::SegmentOrder segmentOrder(const StepContext& context, const base::MemberName& owner,
                                    const base::MemberName& back_leg_to) {
    const auto& server = context.server();
    const domain::Operation& operation = context.operation;
    protocol::SegmentOrder order;
    order.vlan = server.vlan;
    order.address = server.address;
    order.job_ports = server.job_ports;
    order.members.push_back({server_member, server.port, server.mac});
    if (!operation.stand_in_port.empty())
        order.members.push_back({stand_in_member, operation.stand_in_port, server.mac});
    if (!operation.new_stand_in_port.empty()) {
        order.members.push_back({new_stand_in_member, operation.new_stand_in_port, server.mac});
    }
    // Only a failover has to do with its spare's port. A fence speaks of nobody whom it does not need: it must not fail
    // because of them.
    const bool concerns_spare =
        operation.kind == domain::OperationKind::Failover && context.request.id.name != domain::StepName::FencePort;
    if (concerns_spare && !operation.spare.empty()) {
        const auto& spare = context.spare();
        order.members.push_back({spare_member, spare.port, spare.mac});
    }
    if (!server.holder_ports.front.empty()) {
        order.members.push_back({holder_member, server.holder_ports.front, server.holder_ports.front_mac});
    }
    order.owner = owner;
    order.back_leg_port = server.holder_ports.back;
    if (!order.back_leg_port.empty() && order.member(back_leg_to) != nullptr) order.back_leg_to = back_leg_to;
    return order;
}

base::Result<protocol::Segment> order(const StepContext& context, const protocol::SegmentOrder& wanted,
                                      const std::string& part) {
    const auto& server = context.server();
    auto driver = driverOf(context.drivers.switches, server.switch_agent);
    if (!driver) return base::failure(driver.error());
    auto segment = (*driver)->setSegment(context.stamp(part), server.segment, wanted, context.remaining());
    if (!segment) return segment;
    if (!segment->verified || segment->order.owner != wanted.owner) {
        return base::failure(base::ErrorCode::TimedOut,
                             fmt::format("switch agent '{}' did not confirm the owner of segment '{}'",
                                         server.switch_agent.text(), server.segment.text()));
    }
    return segment;
}

base::Result<protocol::Segment> observe(const StepContext& context) {
    auto driver = driverOf(context.drivers.switches, context.server().switch_agent);
    if (!driver) return base::failure(driver.error());
    return (*driver)->segment(context.server().segment, context.remaining());
}

base::Result<protocol::Hold> setHold(const StepContext& context, protocol::HoldState state, const std::string& part) {
    auto driver = driverOf(context.drivers.holders, context.server().request_holder);
    if (!driver) return base::failure(driver.error());
    return (*driver)->setHold(context.stamp(part), context.server().job(), state, context.remaining());
}

base::Result<protocol::Hold> hold(const StepContext& context) {
    auto driver = driverOf(context.drivers.holders, context.server().request_holder);
    if (!driver) return base::failure(driver.error());
    return (*driver)->hold(context.server().job(), context.remaining());
}

base::Result<protocol::ProbeAnswer> probe(const StepContext& context, std::chrono::milliseconds patience) {
    const auto& server = context.server();
    auto driver = driverOf(context.drivers.holders, server.request_holder);
    if (!driver) return base::failure(driver.error());
    protocol::ProbeRequest request;
    request.leg = protocol::Leg::Back;
    request.probe = server.probe;
    request.deadline_ms = static_cast<std::uint32_t>(std::max<std::int64_t>(patience.count(), 10));
    return (*driver)->probe(server.job(), request,
                            patience + std::chrono::milliseconds(1000));  // the answer's own way back
}

StepReport probeOnce(const StepContext& context, const std::string& whom) {
    using namespace std::chrono_literals;
    auto answer = probe(context, std::max(context.remaining() - 1000ms, 200ms));
    if (!answer) return StepReport::failed(answer.error());
    if (!answer->answered) {
        return StepReport::pending(fmt::format("{} does not answer yet: {}", whom, answer->problem));
    }
    auto report = StepReport::done(fmt::format("{} answers", whom));
    report.phases_ms["first_answer"] = answer->after_ms;
    return report;
}

std::string silenceOfSpare(const StepContext& context) {
    auto answer = probe(context, std::max(context.remaining() / 2, std::chrono::milliseconds(200)));
    if (!answer || answer->answered) return {};
    return fmt::format("spare '{}' does not answer any more: {}", context.spare().name.text(), answer->problem);
}

}  // namespace standin::engine::steps
