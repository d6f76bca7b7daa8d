#include <fmt/format.h>

#include "coordinator/domain/handover/handover_phase.hpp"
#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;
using protocol::HoldState;
using protocol::StandInState;

namespace {

/// Polled: Done as soon as nothing is held any more.
StepReport untilNothingIsHeld(const protocol::Hold& now) {
    if (now.held > 0) return StepReport::pending(fmt::format("{} requests are held", now.held));
    std::string message = fmt::format("{} connections were released in order", now.delivered);
    if (now.refused > 0) message += fmt::format(", {} were turned away at the limits", now.refused);
    if (now.broken > 0) message += fmt::format(", {} could not be handed on", now.broken);
    return StepReport::done(std::move(message));
}

/// A guest brings a new CPU online, and takes memory from its balloon, within seconds.
constexpr std::chrono::seconds growth_within{20};

/// A spare that has just answered and is silent since may come back by itself; clients do not wait for longer.
constexpr std::chrono::seconds spare_takes_within{10};

/// How much the holder has handed on, and since when it counts: the same again means that nothing was handed on
/// between.
std::string deliveryOf(const protocol::Hold& hold) {
    return fmt::format("since '{}': {} handed on, {} broken, {} unanswered", hold.counted_since, hold.delivered,
                       hold.broken, hold.unanswered);
}

/// When the holder had begun to hold, for this handover.
std::string deliveredBefore(const StepContext& context) {
    const auto* holding = context.operation->find(domain::StepName::HoldRequests, context.spare().name.text());
    return holding == nullptr ? std::string() : holding->found;
}

bool isFrozen(const StepContext& context) {
    const auto* freeze = context.operation->find(domain::StepName::FreezeStandIn, context.operation->stand_in.text());
    return freeze != nullptr && freeze->state == domain::StepState::Done;
}

/// The holder keeps what it has again, and says that nothing was handed on meanwhile: then the spare has not begun the
/// job, and the stand-in goes on with it. Every poll may have to command it: its id is the poll's own.
StepReport takenBack(const StepContext& context, const std::string& silence) {
    const auto poll = std::to_string(context.sequence);
    auto kept = setHold(context, HoldState::Holding, "keep" + poll);
    if (!kept) return StepReport::failed(kept.error());
    if (kept->state == HoldState::Holding && deliveryOf(*kept) == deliveredBefore(context)) {
        auto report = StepReport::failed(ErrorCode::Refused, silence + "; it has taken none of the held requests");
        report.finding = domain::Finding::Untaken;
        return report;
    }
    auto releasing = setHold(context, HoldState::Releasing, "release" + poll);
    if (!releasing) return StepReport::failed(releasing.error());
    return StepReport::pending(fmt::format("{} requests are held, and {}", releasing->held, silence));
}

}  // namespace

StepReport holdRequests(const StepContext& context) {
    auto holding = setHold(context, HoldState::Holding, "hold");
    if (!holding) return StepReport::failed(holding.error());
    auto wanted = segmentOrder(context, holder_member, spare_member);
    wanted.established = stand_in_member;
    auto segment = order(context, wanted, "segment");
    if (!segment) return StepReport::failed(segment.error());
    auto report = StepReport::done("new requests are held, the stand-in keeps those it has");
    report.found = deliveryOf(*holding);
    return report;
}

StepReport releaseHeld(const StepContext& context) {
    if (!context.request.poll && !isFrozen(context)) {
        // It may still execute the job: the connections that it has are taken from it before the spare gets any.
        auto isolated = segmentOrder(context, holder_member, spare_member);
        isolated.established = spare_member;
        auto segment = order(context, isolated, "isolate");
        if (!segment) return StepReport::failed(segment.error());
    }
    auto now = context.request.poll ? hold(context) : setHold(context, HoldState::Releasing, {});
    if (!now) return StepReport::failed(now.error());
    auto report = untilNothingIsHeld(*now);
    const bool late = context.running_for >= spare_takes_within && deliveredBefore(context) == deliveryOf(*now);
    if (report.kind != StepReport::Kind::Done && !late) return report;
    // Nobody may have found out that it takes nothing: there was nothing to take.
    const std::string silence = silenceOfSpare(context);
    if (silence.empty()) return report;
    if (late && isFrozen(context)) return takenBack(context, silence);
    return StepReport::pending(fmt::format("{} requests are held, and {}", now->held, silence));
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
    const bool too_old = context.running_for >= domain::handover::proxied_within;
    if (now->held > 0 || (now->proxied > 0 && !too_old)) {
        return StepReport::pending(
            fmt::format("{} requests are held, {} connections go through the holder", now->held, now->proxied));
    }
    // The back leg stays with the spare: the watch asks its job over it.
    auto segment = order(context, segmentOrder(context, spare_member, spare_member), "segment");
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
    // Each poll orders it again: what the guest had not taken in yet is brought in then.
    const auto part = context.request.poll ? "again" + std::to_string(context.sequence) : std::string();
    auto grown =
        (*driver)->setResources(context.stamp(part), context.operation->stand_in,
                                {size.maximum_memory_mib, size.maximum_vcpus, size.grown_weight}, context.remaining());
    if (!grown) return StepReport::failed(grown.error());
    if (grown->state != StandInState::Running) {
        return StepReport::failed(
            base::ErrorCode::WrongState,
            fmt::format("stand-in '{}' is {}", context.operation->stand_in.text(), protocol::nameOf(grown->state)));
    }
    const auto& has = grown->resources;
    auto report =
        StepReport::done(fmt::format("stand-in '{}' has {} MiB, {} vCPUs, weight {}",
                                     context.operation->stand_in.text(), has.memory_mib, has.vcpus, has.weight));
    const bool whole = has.memory_mib >= size.maximum_memory_mib && has.vcpus >= size.maximum_vcpus;
    for (const auto& warning : grown->warnings) {
        if (warning.starts_with("growth: ")) report.found = warning.substr(8);
    }
    if (!whole && report.found.empty())
        report.found = fmt::format("of {} MiB and {} vCPUs", size.maximum_memory_mib, size.maximum_vcpus);
    if (!report.found.empty()) report.message += ": " + report.found;
    if (!whole && context.running_for < growth_within) return StepReport::pending(std::move(report.message));
    return report;
}

}  // namespace standin::engine::steps
