#include <fmt/format.h>

#include "coordinator/engine/steps/power_commands.hpp"
#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/spare_guard.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;

namespace {

StepReport powerOff(const StepContext& context) {
    const auto& spare = context.spare();
    auto idle = executesNothing(context);
    if (!idle) return StepReport::failed(idle.error());
    auto off = switchOff(context, context.inventory.spare_power.at(spare.name), spare.switch_agent);
    if (!off) return StepReport::failed(off.error());
    return StepReport::done(fmt::format("spare '{}' is off, read back", spare.name.text()));
}

/// The same for every attempt, so that the store recognises the restore; another one when it is begun anew.
base::RestoreId restoreId(const StepContext& context) {
    const auto* step = context.operation->find(domain::StepName::RestoreSpare, context.operation->spare.text());
    return base::RestoreId(fmt::format("{}-{}-{}", context.operation->id, step == nullptr ? 0 : step->plans,
                                       context.operation->spare.text().substr(0, 40)));
}

StepReport reportOf(const protocol::Restore& restore) {
    const double percent = restore.progress.total_bytes == 0
                               ? 0
                               : 100.0 * static_cast<double>(restore.progress.done_bytes) /
                                     static_cast<double>(restore.progress.total_bytes);
    switch (restore.state) {
        case protocol::RestoreState::Waiting:
        case protocol::RestoreState::Restoring:
        case protocol::RestoreState::Verifying:
            return StepReport::pending(
                fmt::format("image '{}' is being {}", restore.image.text(),
                            restore.state == protocol::RestoreState::Verifying ? "read back" : "written"),
                percent);
        case protocol::RestoreState::Done:
            return StepReport::done(
                fmt::format("image '{}' is on disk '{}', read back", restore.image.text(), restore.disk.text()));
        case protocol::RestoreState::Failed:
        case protocol::RestoreState::Cancelled:
            break;
    }
    return StepReport::failed(restore.cause, restore.problem.empty() ? "the restore was cancelled" : restore.problem);
}

}  // namespace

StepReport powerOffSpare(const StepContext& context) {
    return powerOff(context);
}

StepReport powerOffFailedSpare(const StepContext& context) {
    const auto* restore = context.operation->find(domain::StepName::RestoreSpare, context.operation->spare.text());
    if (restore != nullptr && restore->state != domain::StepState::Done) {
        auto store = driverOf(context.drivers.image_stores, context.spare().image_store);
        // Nobody waits for this restore any more. If it cannot be told, it ends by itself on a spare that stays leased.
        if (store) (void)(*store)->cancelRestore(context.stamp("cancel"), restoreId(context), context.remaining() / 2);
    }
    return powerOff(context);
}

StepReport releaseSpare(const StepContext& context) {
    const auto& spare = context.spare();
    if (spare.vm_host.empty()) return StepReport::done("no VM host uses it");
    auto driver = driverOf(context.drivers.hypervisors, spare.vm_host);
    if (!driver) return StepReport::failed(driver.error());
    auto capacity = (*driver)->capacity(context.remaining());
    if (!capacity) {
        // The machine is off, and that was read back: what does not answer there does not live there.
        if (capacity.error().code == ErrorCode::Unreachable) return StepReport::done("its VM host is off");
        return StepReport::failed(capacity.error());
    }
    if (capacity->stand_ins > 0) {
        return StepReport::failed(ErrorCode::Refused,
                                  fmt::format("VM host '{}' on spare '{}' carries {} stand-ins; move them first",
                                              spare.vm_host.text(), spare.name.text(), capacity->stand_ins));
    }
    return StepReport::done(fmt::format("VM host '{}' carries no stand-in", spare.vm_host.text()));
}

StepReport restoreSpare(const StepContext& context) {
    auto store = driverOf(context.drivers.image_stores, context.spare().image_store);
    if (!store) return StepReport::failed(store.error());
    if (!context.request.poll) {
        auto idle = executesNothing(context);
        if (!idle) return StepReport::failed(idle.error());
    }
    auto restore = context.request.poll
                       ? (*store)->restoreState(restoreId(context), context.remaining())
                       : (*store)->restore(context.stamp(), restoreId(context), context.operation->image,
                                           context.spare().disk, context.remaining());
    if (!restore) return StepReport::failed(restore.error());
    return reportOf(*restore);
}

StepReport isolateSpare(const StepContext& context) {
    const base::MemberName owner = context.operation->job_runs ? stand_in_member : base::MemberName{};
    auto segment = order(context, segmentOrder(context, owner, spare_member));
    if (!segment) return StepReport::failed(segment.error());
    return StepReport::done(fmt::format("port '{}' is in quarantine", context.spare().port.text()));
}

StepReport startSpare(const StepContext& context) {
    const auto& spare = context.spare();
    auto idle = executesNothing(context);
    if (!idle) return StepReport::failed(idle.error());
    auto on = switchOn(context, context.inventory.spare_power.at(spare.name), spare.switch_agent);
    if (!on) return StepReport::failed(on.error());
    return StepReport::done(fmt::format("spare '{}' is on, read back", spare.name.text()));
}

StepReport probeSpare(const StepContext& context) {
    return probeOnce(context, fmt::format("spare '{}'", context.spare().name.text()));
}

}  // namespace standin::engine::steps
