#include <fmt/format.h>

#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

namespace {

/// The server has its segment: no other member has a part in it, but for the holder.
protocol::SegmentOrder cleared(protocol::SegmentOrder order) {
    if (!order.proxied) order.back_leg_to = {};
    std::erase_if(order.members, [](const protocol::SegmentMember& member) {
        return member.name != server_member && member.name != holder_member;
    });
    return order;
}

}  // namespace

StepReport clearSegment(const StepContext& context) {
    auto segment = observe(context);
    if (!segment) {
        if (segment.error().code == base::ErrorCode::NotFound) return StepReport::done("the segment was never ordered");
        return StepReport::failed(segment.error());
    }
    // Who executes the job now is the matter of a failover, or of a return; nothing is ordered that could cross theirs.
    if (segment->order.owner != server_member)
        return StepReport::done(
            fmt::format("segment '{}' does not belong to its server now: it stays as it is", segment->id.text()));
    auto ordered = order(context, cleared(segment->order));
    if (!ordered) return StepReport::failed(ordered.error());
    return StepReport::done(fmt::format("segment '{}' knows only its server", segment->id.text()));
}

}  // namespace standin::engine::steps
