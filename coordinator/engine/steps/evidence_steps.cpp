// What is asked about a server whose failure was reported, and its stand-in beside that. Nothing here is an effect on
// the server.
#include <fmt/format.h>

#include "agent/base/number.hpp"
#include "agent/base/timestamp.hpp"
#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;
using domain::Finding;
using std::chrono::milliseconds;

namespace {

/// What a reading is compared with: `FRAMES MILLISECONDS`, since when the port has received no further frame.
struct FramesReading {
    std::uint64_t frames = 0;
    std::int64_t since_ms = 0;

    static std::optional<FramesReading> parse(const std::string& text) {
        const auto blank = text.find(' ');
        if (blank == std::string::npos) return std::nullopt;
        const auto frames = base::parseNumber<std::uint64_t>(text.substr(0, blank));
        const auto since = base::parseNumber<std::int64_t>(text.substr(blank + 1));
        if (!frames || !since) return std::nullopt;
        return FramesReading{*frames, *since};
    }
    [[nodiscard]] std::string text() const { return fmt::format("{} {}", frames, since_ms); }
};

std::int64_t millisecondsNow(const StepContext& context) {
    return std::chrono::duration_cast<milliseconds>(context.clock.wall().time_since_epoch()).count();
}

StepReport found(Finding finding, std::string message) {
    auto report = StepReport::pending(std::move(message));
    report.finding = finding;
    return report;
}

}  // namespace

StepReport askPort(const StepContext& context) {
    const auto& server = context.server();
    auto driver = driverOf(context.drivers.switches, server.switch_agent);
    if (!driver) return StepReport::failed(driver.error());
    const auto before = FramesReading::parse(context.step().found);
    const auto reading = (*driver)->port(server.port, context.remaining());
    if (!reading) return StepReport::failed(reading.error());
    const auto& port = server.port.text();
    if (!reading->carrier)
        return found(Finding::NoCarrier,
                     fmt::format("port '{}' {}", port, reading->present ? "has lost its carrier" : "does not exist"));
    if (!reading->received_frames) return found(Finding::Carrier, fmt::format("port '{}' has its carrier", port));
    const FramesReading now{*reading->received_frames, millisecondsNow(context)};
    if (!before || before->frames != now.frames) {
        auto report = before ? found(Finding::Frames, fmt::format("port '{}' receives frames", port))
                             : found(Finding::Carrier, fmt::format("port '{}' has its carrier", port));
        report.found = now.text();
        return report;
    }
    const auto silent_for = milliseconds(now.since_ms - before->since_ms);
    const bool is_silent = silent_for >= context.drivers.silence_windows->of(server);
    auto report =
        found(is_silent ? Finding::Silent : Finding::Carrier,
              fmt::format("port '{}' has its carrier, and has received no frame for {} ms", port, silent_for.count()));
    report.found = before->text();
    return report;
}

namespace {

bool leadsToServer(const protocol::Segment& segment) {
    return segment.verified && segment.order.owner == server_member && segment.order.back_leg_to == server_member &&
           !segment.order.proxied;
}

/// The segment with the holder's back leg led to the server, which makes it a witness on the segment. Nullopt: it leads
/// elsewhere; to lead it is an order to the switch, which the fence of a port that has lost its carrier must not wait
/// for.
base::Result<std::optional<protocol::Segment>> leadToServer(const StepContext& context) {
    auto segment = observe(context);
    if (!segment && segment.error().code != ErrorCode::NotFound) return base::failure(segment.error());
    auto wanted = segment ? segment->order : segmentOrder(context, server_member, server_member);
    if (wanted.owner != server_member || wanted.proxied) {
        return base::failure(ErrorCode::WrongState,
                             fmt::format("segment '{}' is not its server's alone", context.server().segment.text()));
    }
    if (segment && leadsToServer(*segment)) return std::optional(std::move(*segment));
    const domain::Step* port = context.operation->find(domain::StepName::AskPort, context.server().name.text());
    const bool carrier = port != nullptr && port->finding != Finding::None && port->finding != Finding::NoCarrier;
    if (!carrier) return std::optional<protocol::Segment>();
    wanted.back_leg_port = context.server().holder_ports.back;
    wanted.back_leg_to = server_member;
    auto led = order(context, wanted, fmt::format("back_leg/{}", context.sequence));
    if (!led) return base::failure(led.error());
    return std::optional(std::move(*led));
}

StepReport silence(const StepContext& context, base::WallTime asked_at, const std::string& problem) {
    const auto known = base::parseTimestamp(context.step().found);
    const auto since = context.step().finding == Finding::Silent && known ? std::min(*known, asked_at) : asked_at;
    const auto silent_for = context.clock.wall() - since;
    auto report = found(Finding::Silent, fmt::format("the job does not answer: {}", problem));
    report.found = base::rfc3339(since);
    report.phases_ms["silent"] = base::milliseconds(silent_for);
    return report;
}

}  // namespace

StepReport askJob(const StepContext& context) {
    const auto& server = context.server();
    auto driver = driverOf(context.drivers.holders, server.request_holder);
    if (!driver) return StepReport::failed(driver.error());
    const auto led = leadToServer(context);
    if (!led) return StepReport::failed(led.error());
    if (!*led) return found(Finding::None, "the request holder's back leg is led to the server next");
    const auto window = context.drivers.silence_windows->of(server);
    protocol::ProbeRequest request;
    request.leg = protocol::Leg::Back;
    request.probe = server.probe;
    request.deadline_ms = static_cast<std::uint32_t>(std::max<std::int64_t>(window.count(), 1));
    const auto asked_at = context.clock.wall();
    const auto asked = context.clock.steady();
    const auto answer = (*driver)->probe(server.job(), request, context.remaining());
    if (!answer) return StepReport::failed(answer.error());
    const auto still = observe(context);
    if (!still) return StepReport::failed(still.error());
    if (!leadsToServer(*still))
        return StepReport::failed(ErrorCode::Conflict, "the request holder's back leg was led elsewhere meanwhile");
    if (!answer->answered) return silence(context, asked_at, answer->problem);
    context.drivers.silence_windows->answered(server.name, answer->after_ms);
    auto report = StepReport::done(fmt::format("the job answered after {:.1f} ms", answer->after_ms));
    report.finding = Finding::Answers;
    report.phases_ms["answer"] = base::milliseconds(asked - context.begun) + answer->after_ms;
    return report;
}

StepReport askPower(const StepContext& context) {
    const auto& name = context.server().name;
    const auto ladder = context.inventory.server_power.find(name);
    if (ladder == context.inventory.server_power.end() || !context.drivers.power)
        return StepReport::failed(ErrorCode::Unsupported, "no device of its power is configured");
    const auto state = context.drivers.power->state(ladder->second, context.remaining());
    if (!state) return StepReport::failed(state.error());
    switch (*state) {
        case drivers::PowerState::Off:
            return found(Finding::Off, fmt::format("server '{}' reads as off", name.text()));
        case drivers::PowerState::On:
            return found(Finding::On, fmt::format("server '{}' reads as on", name.text()));
        case drivers::PowerState::Unknown:
            break;
    }
    return StepReport::failed(ErrorCode::Unreachable, "its devices do not say whether it is on");
}

namespace {

StepReport setStandIn(const StepContext& context, protocol::StandInState wanted, const char* sentence) {
    const auto& name = context.operation->stand_in;
    auto driver = driverOf(context.drivers.hypervisors, context.server().vm_host);
    if (!driver) return StepReport::failed(driver.error());
    const auto stand_in = (*driver)->setState(context.stamp(), name, wanted, context.remaining());
    if (!stand_in) return StepReport::failed(stand_in.error());
    if (stand_in->state != wanted) {
        return StepReport::failed(
            ErrorCode::WrongState,
            fmt::format("stand-in '{}' is {}, not {}{}{}", name.text(), protocol::nameOf(stand_in->state),
                        protocol::nameOf(wanted), stand_in->problem.empty() ? "" : ": ", stand_in->problem));
    }
    return StepReport::done(fmt::format("stand-in '{}' {}", name.text(), sentence));
}

}  // namespace

StepReport wakeStandIn(const StepContext& context) {
    return setStandIn(context, protocol::StandInState::Running, "runs in quarantine");
}

StepReport restStandIn(const StepContext& context) {
    return setStandIn(context, protocol::StandInState::Suspended, "is suspended again");
}

}  // namespace standin::engine::steps
