#include <fmt/format.h>

#include <optional>

#include "agent/base/timestamp.hpp"
#include "coordinator/domain/capture/capture_phase.hpp"
#include "coordinator/engine/steps/power_commands.hpp"
#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/spare_guard.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;

namespace {

/// The watch asks for the UUID every hour; before its answer is relied on, it is asked for again (rule 5).
base::Result<MachineIdentity> identityOfServer(const StepContext& context) {
    const auto& server = context.server();
    return askedIdentity(context, context.inventory.server_power.at(server.name),
                         fmt::format("server '{}'", server.name.text()), server.uuid, context.remaining() / 3);
}

std::optional<StepReport> refusalOfOtherMachine(const StepContext& context) {
    const auto identity = identityOfServer(context);
    if (!identity) return StepReport::failed(identity.error());
    if (identity->verdict != MachineIdentity::Verdict::Different) return std::nullopt;
    auto report = StepReport::failed(ErrorCode::Conflict, identity->words);
    report.finding = domain::Finding::OtherMachine;
    return report;
}

/// The time is over: the power is cut and read back.
StepReport cutPower(const StepContext& context, const drivers::PowerLadder& ladder) {
    const auto& server = context.server();
    if (auto refusal = refusalOfOtherMachine(context)) return *refusal;
    auto off = switchOff(context, ladder, server.switch_agent);
    if (!off) return StepReport::failed(off.error());
    auto report = StepReport::done(
        fmt::format("server '{}' did not shut down within {} s, and its power was cut; its disk is as after a power "
                    "failure",
                    server.name.text(), server.shutdown_within.count() / 1000));
    report.finding = domain::Finding::PowerCut;
    return report;
}

/// Asked to shut down, then waited for; only after that its power is cut. Nothing is cut that could not be asked.
StepReport shutDown(const StepContext& context, const drivers::PowerLadder& ladder) {
    const auto& server = context.server();
    auto state = context.drivers.power->state(ladder, context.remaining() / 2);
    if (state && *state == drivers::PowerState::Off)
        return StepReport::done(fmt::format("server '{}' has shut down, read back as off", server.name.text()));
    // Its time counts from when it is known to have been asked; a server that was asked is not asked again.
    if (const auto asked_at = base::parseTimestamp(context.step().found)) {
        const auto waited = context.clock.wall() - *asked_at;
        if (waited >= server.shutdown_within) return cutPower(context, ladder);
        return StepReport::pending(fmt::format("server '{}' shuts down", server.name.text()));
    }
    if (context.running_for >= domain::capture::askWithin(server)) {
        return StepReport::failed(
            ErrorCode::Refused, fmt::format("server '{}' could not be asked to shut down in time", server.name.text()));
    }
    auto asked = askToShutDown(context, ladder, server.switch_agent);
    if (asked) {
        auto report = StepReport::pending(fmt::format("server '{}' was asked to shut down", server.name.text()));
        report.found = base::rfc3339(context.clock.wall());
        return report;
    }
    if (asked.error().code == ErrorCode::Unsupported) {
        return StepReport::failed(
            ErrorCode::Unsupported,
            fmt::format(
                "server '{}' cannot be shut down in order: {}; name a program that can as 'shutdown_command' of "
                "the server, or shut it down yourself with `capture: way: powered_off`",
                server.name.text(), asked.error().message));
    }
    // Who cannot be asked for so long is not cut off for that.
    return StepReport::failed(asked.error());
}

}  // namespace

StepReport stopServer(const StepContext& context) {
    const auto& server = context.server();
    const auto& ladder = context.inventory.server_power.at(server.name);
    // Also another machine's being off says nothing about this one. Once it was asked, its polls are left in peace.
    if (context.step().found.empty()) {
        if (auto refusal = refusalOfOtherMachine(context)) return *refusal;
    }
    if (context.inventory.capture_way == domain::CaptureWay::Restart) return shutDown(context, ladder);
    auto state = context.drivers.power->state(ladder, context.remaining());
    if (!state) return StepReport::failed(state.error());
    if (*state == drivers::PowerState::Off)
        return StepReport::done(fmt::format("server '{}' is off", server.name.text()));
    return StepReport::failed(
        ErrorCode::Refused,
        fmt::format("server '{}' is {}; shut it down first, or set `capture: way: restart`", server.name.text(),
                    *state == drivers::PowerState::On ? "on" : "not known to be off"));
}

StepReport captureImage(const StepContext& context) {
    const auto& server = context.server();
    auto store = driverOf(context.drivers.image_stores, server.image_store);
    if (!store) return StepReport::failed(store.error());
    auto image = context.request.poll
                     ? (*store)->image(context.operation->image, context.remaining())
                     : (*store)->capture(context.stamp(), context.operation->image, server.disk, context.remaining());
    if (!image) return StepReport::failed(image.error());
    switch (image->state) {
        case protocol::ImageState::Capturing:
            return StepReport::pending(fmt::format("disk '{}' is being captured", server.disk.text()),
                                       image->progress.total_bytes == 0
                                           ? 0
                                           : 100.0 * static_cast<double>(image->progress.done_bytes) /
                                                 static_cast<double>(image->progress.total_bytes));
        case protocol::ImageState::Ready: {
            auto report = StepReport::done(fmt::format("image '{}': {} bytes of disk '{}'", image->id.text(),
                                                       image->size_bytes, server.disk.text()));
            report.found = image->created_at;
            return report;
        }
        default:
            return StepReport::failed(ErrorCode::Refused,
                                      image->problem.empty() ? "the image is not sound" : image->problem);
    }
}

StepReport startServer(const StepContext& context) {
    const auto& server = context.server();
    const auto its = [&]() -> base::Result<void> {
        const auto identity = identityOfServer(context);
        if (!identity) return base::failure(identity.error());
        if (identity->verdict != MachineIdentity::Verdict::Different) return {};
        return base::failure(ErrorCode::Conflict, identity->words);
    };
    auto on = switchOn(context, context.inventory.server_power.at(server.name), server.switch_agent, its);
    if (!on) return StepReport::failed(on.error());
    return StepReport::done(fmt::format("server '{}' is on, read back", server.name.text()));
}

StepReport compareImages(const StepContext& context) {
    auto store = driverOf(context.drivers.image_stores, context.server().image_store);
    if (!store) return StepReport::failed(store.error());
    auto difference =
        (*store)->difference(context.operation->previous_image, context.operation->image, context.remaining());
    if (!difference) return StepReport::failed(difference.error());
    auto report =
        StepReport::done(difference->equal ? "no difference" : fmt::format("{} blocks differ", difference->blocks));
    report.finding = difference->equal ? domain::Finding::Same : domain::Finding::Differs;
    return report;
}

StepReport discardImage(const StepContext& context) {
    auto store = driverOf(context.drivers.image_stores, context.server().image_store);
    if (!store) return StepReport::failed(store.error());
    auto removed = (*store)->remove(context.stamp(), context.operation->image, context.remaining());
    if (!removed) return StepReport::failed(removed.error());
    return StepReport::done(fmt::format("image '{}' is not kept", context.operation->image.text()));
}

StepReport tellOperator(const StepContext& context) {
    using Kind = drivers::Notification::Kind;
    for (const auto& note : context.operation->notes) {
        if (note.topic != context.request.id.subject) continue;
        drivers::Notification notification;
        notification.kind = Kind::Warning;
        if (note.topic == "end") {
            notification.kind = note.level == domain::Note::Level::Notice ? Kind::NormalEnd : Kind::AbnormalEnd;
        } else if (note.level == domain::Note::Level::Notice) {
            notification.kind = Kind::Notice;
        } else if (note.level == domain::Note::Level::Error) {
            notification.kind = Kind::NeedsOperator;
        }
        notification.operation = std::to_string(context.operation->id);
        notification.server = context.operation->server.text();
        notification.message = note.cure.empty() ? note.sentence : note.sentence + "; " + note.cure;
        context.drivers.notifier->notify(notification);
        return StepReport::done(notification.message);
    }
    return StepReport::done("nothing is left to report");
}

}  // namespace standin::engine::steps
