// A handover that cannot go on: the mirror of holding and releasing.
#include <fmt/format.h>

#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using protocol::Hold;
using protocol::HoldState;
using protocol::Segment;

namespace {

/// A holder that was only restarted is back by then. Clients cannot wait longer: what a holder that is gone held is
/// lost with it, and the stand-in is there for new ones.
constexpr std::chrono::seconds patience_with_holder{30};

bool leadsToHolder(const Segment& segment) {
    return segment.order.owner == holder_member;
}

base::Result<Segment> giveToStandIn(const StepContext& context) {
    auto wanted = segmentOrder(context, stand_in_member, stand_in_member);
    wanted.proxied = true;
    return order(context, wanted, "segment");
}

/// The back leg goes to the stand-in, and new requests go where they go now.
base::Result<Segment> join(const StepContext& context, const Segment& segment) {
    if (!leadsToHolder(segment)) return giveToStandIn(context);
    auto wanted = segmentOrder(context, holder_member, stand_in_member);
    wanted.established = stand_in_member;
    return order(context, wanted, "back_leg");
}

/// Behind those that are held new requests go on queueing.
base::Result<Hold> release(const StepContext& context, const Segment& segment, const Hold& now) {
    if (segment.order.back_leg_to != stand_in_member) {
        auto joined = join(context, segment);
        if (!joined) return base::failure(joined.error());
    }
    if (now.state == HoldState::Releasing) return now;
    return setHold(context, HoldState::Releasing, "release");
}

StepReport withoutHolder(const StepContext& context, const Segment& segment, const base::Error& why) {
    if (leadsToHolder(segment) && context.running_for >= patience_with_holder) {
        auto given = giveToStandIn(context);
        if (!given) return StepReport::failed(given.error());
    }
    return StepReport::failed(why);
}

/// An earlier attempt to stop it may have had its effect, or may still be on its way; behind this command it comes too
/// late.
base::Result<void> keepRunning(const StepContext& context) {
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return base::failure(driver.error());
    auto stand_in = (*driver)->setState(context.stamp("resume"), context.operation->stand_in,
                                        protocol::StandInState::Running, context.remaining());
    if (!stand_in) return base::failure(stand_in.error());
    return {};
}

/// The order that gives it the segment is in force: only that keeps what was ordered before, and is late, away.
bool isWithStandIn(const StepContext& context, const Segment& segment) {
    const bool joined = context.server().holder_ports.back.empty() || segment.order.back_leg_to == stand_in_member;
    return segment.order.owner == stand_in_member && joined;
}

}  // namespace

/// One thing at a time, each found out by looking: so every poll, and every attempt after a crash, goes on from where
/// the world is. Only the first thing of an attempt is ordered whatever the world looks like: it may look so because of
/// a coordinator that was deposed, and then an order of ours that is still on its way would come true later.
StepReport returnRequests(const StepContext& context) {
    if (!context.request.poll) {
        auto running = keepRunning(context);
        if (!running) return StepReport::failed(running.error());
    }
    auto segment = observe(context);
    if (!segment) return StepReport::failed(segment.error());
    auto now = hold(context);
    if (!now) return withoutHolder(context, *segment, now.error());
    if (!context.request.poll) {
        segment = join(context, *segment);
        if (!segment) return StepReport::failed(segment.error());
    }
    if (now->held > 0 || (leadsToHolder(*segment) && now->state != HoldState::Releasing)) {
        auto released = release(context, *segment, *now);
        if (!released) return StepReport::failed(released.error());
        return StepReport::pending(fmt::format("{} requests are held", released->held));
    }
    if (!isWithStandIn(context, *segment)) {
        auto given = giveToStandIn(context);
        if (!given) return StepReport::failed(given.error());
        return StepReport::pending("the stand-in owns the segment again");
    }
    // The holder's back leg is needed for the spare next: nobody who waits for an answer may be cut off.
    if (now->unanswered > 0) {
        return StepReport::pending(fmt::format("{} returned requests wait for their answers", now->unanswered));
    }
    return StepReport::done(fmt::format("{} connections were returned in order", now->delivered));
}

}  // namespace standin::engine::steps
