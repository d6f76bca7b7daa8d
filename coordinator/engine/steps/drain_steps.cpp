// The stand-in ends what it has begun, and then does not execute any more (S224-S225, S256).
#include <fmt/format.h>

#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;
using protocol::StandInState;

namespace {

/// The stand-in can still go on: this is the last moment to find out that it has to.
StepReport drained(const StepContext& context, domain::Finding finding, std::string message) {
    const std::string silence = silenceOfSpare(context);
    if (!silence.empty()) return StepReport::failed(ErrorCode::Refused, silence);
    auto report = StepReport::done(std::move(message));
    report.finding = finding;
    return report;
}

/// How long a connection on which nobody waits for an answer keeps the handover waiting: clients that keep connections
/// open without need would otherwise decide when it happens. 5 s is more than a client pauses within one exchange. The
/// same for those that ask again as soon as they have an answer: all others wait for them in the request holder.
std::chrono::milliseconds idleGrace(const domain::Server& server) {
    return std::min(server.drain_within / 4, std::chrono::milliseconds(5000));
}

/// What the stand-in still has to answer, when it is suspended.
std::uint64_t waitingFor(const StepContext& context, const protocol::StandInRequests& requests) {
    const auto* drain = context.operation->find(domain::StepName::DrainStandIn, context.operation->stand_in.text());
    const bool between = drain != nullptr && drain->finding == domain::Finding::Between;
    return between ? requests.unanswered - std::min(requests.unanswered, requests.just_answered) : requests.unanswered;
}

}  // namespace

StepReport drainStandIn(const StepContext& context) {
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return StepReport::failed(driver.error());
    auto requests = (*driver)->requests(context.operation->stand_in, context.remaining());
    if (!requests) return StepReport::failed(requests.error());
    const auto open = requests->open_connections;
    const auto waiting = requests->unanswered;
    // What was not seen is not known to be answered. Nobody is held for as long as it takes to be sure.
    if (!requests->complete) {
        auto report = StepReport::failed(
            ErrorCode::Refused,
            fmt::format(
                "VM host '{}' has not seen all connections of the stand-in (its agent was started again, or missed "
                "packets), so whether all requests are answered is not known; it is sure again {} minutes later",
                context.server().vm_host.text(), protocol::unseen_for.count()));
        report.finding = domain::Finding::Unseen;
        return report;
    }
    if (open == 0) return drained(context, domain::Finding::None, "the stand-in has no connection left");
    if (waiting == 0 && context.running_for >= idleGrace(context.server())) {
        return drained(context, domain::Finding::None,
                       fmt::format("the stand-in has answered everything; {} connections are idle", open));
    }
    // Clients that ask again as soon as they have an answer are never all quiet: they are cut off between the two.
    if (waiting <= requests->just_answered && context.running_for >= idleGrace(context.server())) {
        return drained(context, domain::Finding::Between,
                       fmt::format("the stand-in has answered everything; {} connections are kept busy", waiting));
    }
    return StepReport::pending(fmt::format("{} connections, {} of them unanswered", open, waiting));
}

StepReport freezeStandIn(const StepContext& context) {
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return StepReport::failed(driver.error());
    const auto& name = context.operation->stand_in;
    auto stand_in = (*driver)->setState(context.stamp(), name, StandInState::Suspended, context.remaining());
    if (!stand_in && stand_in.error().code == ErrorCode::NotFound)
        return StepReport::done("it does not exist any more");
    if (!stand_in && stand_in.error().code == ErrorCode::WrongState) {
        auto found = (*driver)->standIn(name, context.remaining());
        if (found && (found->state == StandInState::Halted || found->state == StandInState::OutOfSpace)) {
            // Its guest has stopped by itself, and may go on by itself: it is made sure that it does not.
            found = (*driver)->setState(context.stamp("stop"), name, StandInState::Stopped, context.remaining());
        }
        if (found && found->state == StandInState::Stopped)
            return StepReport::done(fmt::format("stand-in '{}' is stopped", name.text()));
    }
    if (!stand_in) return StepReport::failed(stand_in.error());
    if (stand_in->state != StandInState::Suspended) {
        return StepReport::failed(ErrorCode::TimedOut, fmt::format("stand-in '{}' is {}, not suspended", name.text(),
                                                                   protocol::nameOf(stand_in->state)));
    }
    // A request may have come on an idle connection until this moment: the stand-in goes on, and answers it.
    auto requests = (*driver)->requests(name, context.remaining());
    if (requests && waitingFor(context, *requests) > 0) {
        auto running = (*driver)->setState(context.stamp("resume"), name, StandInState::Running, context.remaining());
        if (!running) return StepReport::failed(running.error());
        return StepReport::failed(
            ErrorCode::Conflict,
            fmt::format("{} requests have come on connections that were idle", requests->unanswered));
    }
    return StepReport::done(fmt::format("stand-in '{}' is suspended, confirmed", name.text()));
}

}  // namespace standin::engine::steps
