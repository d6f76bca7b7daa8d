#include <fmt/format.h>

#include "coordinator/engine/steps/guest_probe.hpp"
#include "coordinator/engine/steps/power_commands.hpp"
#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;

StepReport fencePort(const StepContext& context) {
    const auto& server = context.server();
    if (context.request.attempt > 1) {
        // An earlier attempt may have come true, and others may have gone on since: who owns the segment now keeps it.
        auto segment = observe(context);
        if (!segment && segment.error().code != ErrorCode::NotFound) return StepReport::failed(segment.error());
        if (segment && segment->verified && segment->order.owner != server_member) {
            return StepReport::done(fmt::format("port '{}' is off the segment", server.port.text()));
        }
    }
    auto segment = order(context, segmentOrder(context, {}, stand_in_member));
    if (!segment) return StepReport::failed(segment.error());
    auto report = StepReport::done(fmt::format("port '{}' is off the segment", server.port.text()));
    report.phases_ms["transaction"] = segment->transaction_ms;
    return report;
}

StepReport fencePower(const StepContext& context) {
    const auto& server = context.server();
    auto off = fenceByPower(context);
    if (!off) return StepReport::failed(off.error());
    return StepReport::done(fmt::format("server '{}' is off, read back", server.name.text()));
}

namespace {

/// After a retry: the order that gave it the segment was never confirmed, and came true. The probe's way does not lead
/// to the owner of a segment.
bool hasTheSegment(const StepContext& context) {
    if (context.operation->find(domain::StepName::GiveSegment, context.operation->stand_in.text()) == nullptr)
        return false;
    const auto segment = observe(context);
    return segment && segment->verified && segment->order.owner == stand_in_member;
}

/// The holder's probe reaches it. Without a back leg nobody is ever probed, and nothing has to be led anywhere.
bool hasBackLeg(const StepContext& context, const protocol::Segment& segment) {
    return context.server().holder_ports.back.empty() || segment.order.back_leg_to == stand_in_member;
}

/// Clients must not meet the clock of the day on which the stand-in was suspended: it is waited for, for as long as the
/// server's `clock_within` says. A wrong clock is reported, and the takeover continues.
void awaitClock(const StepContext& context, drivers::HypervisorDriver& driver, base::SteadyTime resumed,
                StepReport& report) {
    using State = protocol::GuestClock::State;
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(context.clock.steady() - resumed);
    const auto left = std::max(context.server().clock_within - spent, std::chrono::milliseconds(0));
    auto clock = driver.clock(context.operation->stand_in, left, left + std::chrono::milliseconds(500));
    if (!clock || clock->state == State::Unknown) return;  // an agent that does not know
    report.phases_ms["clock"] = base::milliseconds(context.clock.steady() - resumed);
    if (clock->state == State::Set) return;
    report.found = clock->state == State::Setting
                       ? fmt::format("it was not confirmed as set within {} ms", context.server().clock_within.count())
                       : clock->problem;
    report.message += "; its clock may be wrong: " + report.found;
}

}  // namespace

namespace {

/// Before the fence the holder's back leg leads to the server, as a witness; the order of the fence leads it to the
/// stand-in. An answer before that would be the server's.
bool isFencedSomehow(const StepContext& context) {
    const auto done = [&](domain::StepName step) {
        const auto* fence = context.operation->find(step, context.server().name.text());
        return fence != nullptr && fence->state == domain::StepState::Done;
    };
    return done(domain::StepName::FencePort) || done(domain::StepName::FencePower);
}

/// The switch takes no order for longer than the fence is tried: the stand-in is not asked, as where nobody could.
constexpr std::chrono::seconds unled_for{35};

/// Nullopt: the stand-in can be probed.
std::optional<StepReport> awaitBackLeg(const StepContext& context) {
    const auto& name = context.operation->stand_in.text();
    const auto segment = observe(context);
    if (segment && hasBackLeg(context, *segment)) return std::nullopt;
    if (isFencedSomehow(context)) {
        const auto led =
            order(context, segmentOrder(context, {}, stand_in_member), fmt::format("back_leg/{}", context.sequence));
        if (!led) return StepReport::failed(led.error());
        return std::nullopt;
    }
    if (context.running_for < unled_for) {
        auto report =
            StepReport::pending(fmt::format("stand-in '{}' runs; it is probed once the port is fenced", name));
        report.finding = domain::Finding::Unled;
        return report;
    }
    auto report = StepReport::done(fmt::format("stand-in '{}' runs; not probed: the switch does not lead to it", name));
    report.finding = domain::Finding::Unproved;
    return report;
}

}  // namespace

namespace {

base::Result<protocol::StandIn> resume(const StepContext& context, drivers::HypervisorDriver& driver) {
    const auto& name = context.operation->stand_in;
    // Half of the time: where the answer is lost, another attempt finds out that it runs, and the cold path is not
    // taken for that.
    auto stand_in = driver.setState(context.stamp(), name, protocol::StandInState::Running, context.remaining() / 2);
    if (!stand_in || stand_in->state == protocol::StandInState::Running) return stand_in;
    return base::failure(ErrorCode::WrongState, fmt::format("stand-in '{}' is {}, not running{}{}", name.text(),
                                                            protocol::nameOf(stand_in->state),
                                                            stand_in->problem.empty() ? "" : ": ", stand_in->problem));
}

}  // namespace

StepReport resumeStandIn(const StepContext& context) {
    const auto& server = context.server();
    const auto& name = context.operation->stand_in;
    auto driver = driverOf(context.drivers.hypervisors, server.vm_host);
    if (!driver) return StepReport::failed(driver.error());
    const auto before = context.clock.steady();
    StepReport report = StepReport::done(fmt::format("stand-in '{}' answers", name.text()));
    // A poll: it runs already, and is probed as soon as it can be.
    if (!context.request.poll) {
        const auto stand_in = resume(context, **driver);
        if (!stand_in) return StepReport::failed(stand_in.error());
        for (const auto& warning : stand_in->warnings) report.message += "; " + warning;
    }
    const auto resumed = context.clock.steady();
    report.phases_ms["resume"] = base::milliseconds(resumed - before);
    if (context.operation->job_runs) {
        report.message = fmt::format("stand-in '{}' runs", name.text());
        return report;
    }
    if (hasTheSegment(context)) {
        report.message = fmt::format("stand-in '{}' runs and owns the segment", name.text());
        return report;
    }
    if (auto waits = awaitBackLeg(context)) return std::move(*waits);
    const auto [answer, stopped] = probeGuest(context, name, context.remaining());
    // Nobody waits for a guest that has stopped: the cold path takes long enough.
    if (!stopped.empty()) return StepReport::failed(ErrorCode::WrongState, stopped);
    awaitClock(context, **driver, resumed, report);  // it was being set meanwhile
    if (!answer) {
        // The hypervisor says that it runs, and it answered when it was prepared. Without the holder nobody can ask it
        // now; a job that is down for the length of a restore would be the greater harm.
        report.message = fmt::format("stand-in '{}' runs; not probed: {}", name.text(), answer.error().message);
        report.finding = domain::Finding::Unproved;
        return report;
    }
    if (!answer->answered) {
        return StepReport::failed(ErrorCode::Refused,
                                  fmt::format("stand-in '{}' runs, but its job did not answer within {} ms: {}",
                                              name.text(), server.answer_within.count(), answer->problem));
    }
    report.phases_ms["first_answer"] = base::milliseconds(context.clock.steady() - resumed);
    return report;
}

namespace {

/// The job's answer, as long as the holder's back leg leads to the stand-in and to nobody else.
StepReport askRevived(const StepContext& context) {
    const auto& name = context.operation->stand_in.text();
    const auto before = context.clock.steady();
    // One that was resumed answers in milliseconds; one that boots is asked again.
    auto answer = probe(context, std::min(context.remaining(), std::chrono::milliseconds(2000)));
    if (!answer) {
        auto report = StepReport::done(fmt::format("stand-in '{}' runs; not probed: {}", name, answer.error().message));
        report.finding = domain::Finding::Unproved;
        return report;
    }
    if (!answer->answered) {
        return StepReport::failed(ErrorCode::Refused, fmt::format("stand-in '{}' runs, but its job does not answer: {}",
                                                                  name, answer->problem));
    }
    const auto still = observe(context);
    if (!still) return StepReport::failed(still.error());
    if (!hasBackLeg(context, *still)) {
        return StepReport::failed(ErrorCode::Conflict,
                                  "the request holder's back leg was led elsewhere while it was asked");
    }
    auto report = StepReport::done(fmt::format("stand-in '{}' answers", name));
    report.phases_ms["first_answer"] = base::milliseconds(context.clock.steady() - before);
    return report;
}

}  // namespace

StepReport reviveStandIn(const StepContext& context) {
    const auto& name = context.operation->stand_in;
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return StepReport::failed(driver.error());
    if (!context.request.poll) {
        auto stand_in =
            (*driver)->setState(context.stamp(), name, protocol::StandInState::Running, context.remaining() / 2);
        if (!stand_in) return StepReport::failed(stand_in.error());
        if (stand_in->state != protocol::StandInState::Running) {
            return StepReport::failed(
                ErrorCode::WrongState,
                fmt::format("stand-in '{}' is {}, not running", name.text(), protocol::nameOf(stand_in->state)));
        }
    }
    auto segment = observe(context);
    if (!segment) return StepReport::failed(segment.error());
    if (!hasBackLeg(context, *segment)) {
        // The spare's quarantine has it: the poll that follows is planned so that nobody probes the spare meanwhile.
        if (!context.request.poll) {
            auto report = StepReport::pending(fmt::format("stand-in '{}' runs; its job is asked next", name.text()));
            report.found = "runs";
            return report;
        }
        segment = order(context, segmentOrder(context, {}, stand_in_member), "back_leg");
        if (!segment) return StepReport::failed(segment.error());
    }
    return askRevived(context);
}

StepReport giveSegment(const StepContext& context) {
    auto segment = order(context, segmentOrder(context, stand_in_member, {}));
    if (!segment) return StepReport::failed(segment.error());
    auto report =
        StepReport::done(fmt::format("segment '{}' belongs to the stand-in", context.server().segment.text()));
    report.phases_ms["transaction"] = segment->transaction_ms;
    report.phases_ms["announce"] = segment->announce_ms;
    return report;
}

}  // namespace standin::engine::steps
