#include <fmt/format.h>

#include "coordinator/engine/steps/power_commands.hpp"
#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;

StepReport stopServer(const StepContext& context) {
    const auto& server = context.server();
    const auto& ladder = context.inventory.server_power.at(server.name);
    if (context.inventory.capture_way == domain::CaptureWay::Restart) {
        auto off = switchOff(context, ladder, server.switch_agent);
        if (!off) return StepReport::failed(off.error());
        return StepReport::done(
            fmt::format("server '{}' is off, read back; its disk is as after a power failure", server.name.text()));
    }
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
        case protocol::ImageState::Ready:
            return StepReport::done(fmt::format("image '{}': {} bytes of disk '{}'", image->id.text(),
                                                image->size_bytes, server.disk.text()));
        default:
            return StepReport::failed(ErrorCode::Refused,
                                      image->problem.empty() ? "the image is not sound" : image->problem);
    }
}

StepReport startServer(const StepContext& context) {
    const auto& server = context.server();
    auto on = switchOn(context, context.inventory.server_power.at(server.name), server.switch_agent);
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
        } else if (note.level == domain::Note::Level::Error) {
            notification.kind = Kind::NeedsOperator;
        }
        notification.operation = std::to_string(context.operation->id);
        notification.server = context.operation->server.text();
        notification.message = note.cure.empty() ? note.sentence : note.sentence + "; " + note.cure;
        context.drivers.notifier->notify(notification);
        return StepReport::done(notification.message);
    }
    return StepReport::done("nothing is left to tell");
}

}  // namespace standin::engine::steps
