#include <fmt/format.h>

#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;
using protocol::HoldState;

namespace {

/// Polled: Done as soon as nothing is held any more.
StepReport untilNothingIsHeld(const protocol::Hold& now) {
    if (now.held > 0) return StepReport::pending(fmt::format("{} requests are held", now.held));
    std::string message = fmt::format("{} connections were released in order", now.delivered);
    if (now.refused > 0) message += fmt::format(", {} were turned away at the limits", now.refused);
    if (now.broken > 0) message += fmt::format(", {} could not be handed on", now.broken);
    return StepReport::done(std::move(message));
}

/// What is wrong with the spare, which answered when it was prepared and may have died since: nobody is handed over to
/// a machine that is silent. Empty: it answers, or nobody can ask it (without a holder what it said then has to do).
std::string silenceOfSpare(const StepContext& context) {
    auto answer = probe(context, std::max(context.remaining() / 2, std::chrono::milliseconds(200)));
    if (!answer || answer->answered) return {};
    return fmt::format("spare '{}' does not answer any more: {}", context.spare().name.text(), answer->problem);
}

/// The stand-in can still go on: this is the last moment to find out that it has to.
StepReport drained(const StepContext& context, std::string message) {
    const std::string silence = silenceOfSpare(context);
    if (!silence.empty()) return StepReport::failed(ErrorCode::Refused, silence);
    return StepReport::done(std::move(message));
}

/// How long a connection on which nobody waits for an answer keeps the handover waiting: clients that keep connections
/// open without need would otherwise decide when it happens. 5 s is more than a client pauses within one exchange.
std::chrono::milliseconds idleGrace(const domain::Server& server) {
    return std::min(server.drain_within / 4, std::chrono::milliseconds(5000));
}

}  // namespace

StepReport holdRequests(const StepContext& context) {
    auto holding = setHold(context, HoldState::Holding, "hold");
    if (!holding) return StepReport::failed(holding.error());
    auto wanted = segmentOrder(context, holder_member, spare_member);
    wanted.established = stand_in_member;
    auto segment = order(context, wanted, "segment");
    if (!segment) return StepReport::failed(segment.error());
    return StepReport::done("new requests are held, the stand-in keeps those it has");
}

StepReport drainStandIn(const StepContext& context) {
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return StepReport::failed(driver.error());
    auto requests = (*driver)->requests(context.operation->stand_in, context.remaining());
    if (!requests) return StepReport::failed(requests.error());
    if (requests->open_connections == 0 && requests->complete)
        return drained(context, "the stand-in has no connection left");
    if (requests->unanswered == 0 && context.running_for >= idleGrace(context.server())) {
        return drained(context, fmt::format("the stand-in has answered everything; {} connections are idle",
                                            requests->open_connections));
    }
    return StepReport::pending(
        fmt::format("{} connections, {} of them unanswered", requests->open_connections, requests->unanswered));
}

StepReport stopStandIn(const StepContext& context) {
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return StepReport::failed(driver.error());
    if (context.operation->state == domain::State::StoppingStandIn) {
        // A request may have come on an idle connection since the stand-in was found drained.
        auto requests = (*driver)->requests(context.operation->stand_in, context.remaining());
        if (requests && requests->unanswered > 0) {
            return StepReport::failed(
                ErrorCode::Conflict,
                fmt::format("{} requests have come on connections that were idle", requests->unanswered));
        }
    }
    auto stand_in = (*driver)->setState(context.stamp(), context.operation->stand_in, protocol::StandInState::Stopped,
                                        context.remaining());
    if (!stand_in) {
        if (stand_in.error().code == ErrorCode::NotFound) return StepReport::done("it does not exist any more");
        return StepReport::failed(stand_in.error());
    }
    return StepReport::done(fmt::format("stand-in '{}' is stopped, and kept", context.operation->stand_in.text()));
}

StepReport releaseHeld(const StepContext& context) {
    const auto* stopped = context.operation->find(domain::StepName::StopStandIn, context.operation->stand_in.text());
    if (!context.request.poll && (stopped == nullptr || stopped->state != domain::StepState::Done)) {
        // It may still execute the job: the connections that it has are taken from it before the spare gets any.
        auto isolated = segmentOrder(context, holder_member, spare_member);
        isolated.established = spare_member;
        auto segment = order(context, isolated, "isolate");
        if (!segment) return StepReport::failed(segment.error());
    }
    auto now = context.request.poll ? hold(context) : setHold(context, HoldState::Releasing, {});
    if (!now) return StepReport::failed(now.error());
    auto report = untilNothingIsHeld(*now);
    if (report.kind != StepReport::Kind::Done) return report;
    // Nobody may have found out that it takes nothing: there was nothing to take.
    const std::string silence = silenceOfSpare(context);
    return silence.empty() ? report : StepReport::pending("nothing is held, but " + silence);
}

StepReport giveSegmentToSpare(const StepContext& context) {
    // It was asked just before; unless the fence was waited for, or the switch, or a coordinator.
    if (context.operation->cold || context.request.attempt > 1) {
        auto owned = observe(context);
        const bool owns = owned && owned->order.owner == spare_member;
        const std::string silence = owns ? std::string() : silenceOfSpare(context);
        if (!silence.empty()) return StepReport::failed(ErrorCode::Refused, silence);
    }
    auto wanted = segmentOrder(context, spare_member, spare_member);
    wanted.proxied = context.operation->handovers > 0;  // on the cold path nothing ever went through the holder
    auto segment = order(context, wanted);
    if (!segment) return StepReport::failed(segment.error());
    auto report = StepReport::done(fmt::format("segment '{}' belongs to the spare", context.server().segment.text()));
    report.phases_ms["transaction"] = segment->transaction_ms;
    report.phases_ms["announce"] = segment->announce_ms;
    return report;
}

StepReport retireHolder(const StepContext& context) {
    auto owned = observe(context);
    if (!owned) return StepReport::failed(owned.error());
    // The failover has ended: meanwhile the operator may have brought the job back to the server.
    if (owned->order.owner != spare_member) return StepReport::done("the segment has gone on");
    auto now = hold(context);
    if (!now) return StepReport::failed(now.error());
    if (now->held > 0 && now->state != HoldState::Releasing) {
        auto releasing = setHold(context, HoldState::Releasing, "release");
        if (!releasing) return StepReport::failed(releasing.error());
    }
    const bool too_old = context.running_for >= domain::proxied_within;
    if (now->held > 0 || (now->proxied > 0 && !too_old)) {
        return StepReport::pending(
            fmt::format("{} requests are held, {} connections go through the holder", now->held, now->proxied));
    }
    auto segment = order(context, segmentOrder(context, spare_member, {}), "segment");
    if (!segment) return StepReport::failed(segment.error());
    auto idle = setHold(context, HoldState::Idle, "idle");
    if (!idle) return StepReport::failed(idle.error());
    return StepReport::done(
        now->proxied == 0 ? "no connection goes through the holder any more"
                          : fmt::format("{} connections that still went through the holder were ended", now->proxied));
}

StepReport growStandIn(const StepContext& context) {
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return StepReport::failed(driver.error());
    const auto& size = context.server().stand_in;
    auto grown =
        (*driver)->setResources(context.stamp(), context.operation->stand_in,
                                {size.maximum_memory_mib, size.maximum_vcpus, size.grown_weight}, context.remaining());
    if (!grown) return StepReport::failed(grown.error());
    if (grown->state != protocol::StandInState::Running) {
        return StepReport::failed(
            base::ErrorCode::WrongState,
            fmt::format("stand-in '{}' is {}", context.operation->stand_in.text(), protocol::nameOf(grown->state)));
    }
    return StepReport::done(fmt::format("stand-in '{}' has {} MiB, {} vCPUs, weight {}",
                                        context.operation->stand_in.text(), grown->resources.memory_mib,
                                        grown->resources.vcpus, grown->resources.weight));
}

}  // namespace standin::engine::steps
