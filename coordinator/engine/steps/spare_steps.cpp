#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/spare_fitness.hpp"
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
    if (auto its = isNoOtherMachine(context, context.remaining() / 3); !its) return StepReport::failed(its.error());
    auto off = switchOff(context, context.inventory.spare_power.at(spare.name), spare.switch_agent);
    if (!off) return StepReport::failed(off.error());
    return StepReport::done(fmt::format("spare '{}' is off, read back", spare.name.text()));
}

/// A VM host that does not answer is released only where its machine is read back as off: no answer is not released.
StepReport releaseSilent(const StepContext& context, const base::Error& silence) {
    const auto& spare = context.spare();
    if (!base::isTransient(silence.code)) return StepReport::failed(silence);
    auto power = context.drivers.power->state(context.inventory.spare_power.at(spare.name), context.remaining());
    if (power && *power == drivers::PowerState::Off)
        return StepReport::done(fmt::format("VM host '{}' is off with its machine, read back", spare.vm_host.text()));
    const char* its_power = !power || *power == drivers::PowerState::Unknown ? "not known" : "on";
    return StepReport::failed(
        ErrorCode::TimedOut,
        fmt::format("VM host '{}' on spare '{}' does not say whether it carries stand-ins ({}), and the power of its "
                    "machine is {}; start its agent, or switch the machine off if no stand-in runs there",
                    spare.vm_host.text(), spare.name.text(), silence.message, its_power));
}

/// Read back immediately before it is written, and again before it is started: since it was switched off, somebody may
/// have switched it on.
base::Result<void> stillOff(const StepContext& context, drivers::Deadline within, ErrorCode if_on,
                            std::string_view otherwise) {
    const auto& spare = context.spare();
    auto power = context.drivers.power->state(context.inventory.spare_power.at(spare.name), within);
    if (power && *power == drivers::PowerState::Off) return {};
    if (power && *power == drivers::PowerState::On) {
        return base::failure(if_on, fmt::format("spare '{}' is on although this failover had switched it off: somebody "
                                                "switched it on; {}",
                                                spare.name.text(), otherwise));
    }
    return base::failure(ErrorCode::Refused,
                         fmt::format("the power of spare '{}' could not be read back as off{}{}; {}", spare.name.text(),
                                     power ? "" : ": ", power ? "" : power.error().message, otherwise));
}

/// The same for every attempt, so that the store recognises the restore; another one when it is begun again.
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

/// Rule 5: the disk that is about to be written is the one that the inventory declares as the spare's.
base::Result<void> isDeclaredDisk(const StepContext& context, drivers::ImageStoreDriver& store) {
    const auto& spare = context.spare();
    if (spare.disk_serial.empty() && spare.disk_wwn.empty()) return {};
    auto disks = store.disks(context.remaining() / 2);
    if (!disks) return base::failure(disks.error());
    const auto found =
        std::find_if(disks->begin(), disks->end(), [&](const protocol::Disk& disk) { return disk.name == spare.disk; });
    const auto wrong = found == disks->end() ? fmt::format("image store '{}' knows no disk '{}'",
                                                           spare.image_store.text(), spare.disk.text())
                                             : domain::identityProblem(spare, *found);
    if (wrong.empty()) return {};
    return base::failure(ErrorCode::InvalidInput,
                         fmt::format("spare '{}' is not confirmed to be that spare, so it is not written: {}",
                                     spare.name.text(), wrong));
}

/// How often a spare's power is read while it is written: its BMC is slow, and a restore takes minutes.
constexpr std::chrono::seconds power_read_every{15};
/// And while it waits for its turn in the store, before its first write.
constexpr std::chrono::seconds power_read_before_every{2};

/// Time for that has come since the last poll.
bool isPowerReadDue(const StepContext& context, std::chrono::seconds every) {
    const auto ended = context.step().ended;
    if (ended == base::WallTime{}) return false;
    const auto since_last = std::chrono::duration_cast<std::chrono::milliseconds>(context.clock.wall() - ended);
    return context.running_for / every != (context.running_for - since_last) / every;
}

/// A restore that goes on while its machine runs is broken off: both write the disk.
StepReport pollRestore(const StepContext& context, drivers::ImageStoreDriver& store) {
    auto restore = store.restoreState(restoreId(context), context.remaining() / 2);
    if (!restore) return StepReport::failed(restore.error());
    auto report = reportOf(*restore);
    const bool waits = restore->state == protocol::RestoreState::Waiting;
    const bool is_due = isPowerReadDue(context, waits ? power_read_before_every : power_read_every);
    if (report.kind != StepReport::Kind::Pending || !is_due) return report;
    const auto& spare = context.spare();
    auto power = context.drivers.power->state(context.inventory.spare_power.at(spare.name), context.remaining() / 2);
    if (!power || *power != drivers::PowerState::On) return report;
    auto cancelled = store.cancelRestore(context.stamp("cancel"), restoreId(context), context.remaining());
    return StepReport::failed(ErrorCode::Corrupt,
                              fmt::format("spare '{}' was switched on while its disk was being written; the restore is "
                                          "{}, and the disk is incomplete",
                                          spare.name.text(), cancelled ? "cancelled" : "to be cancelled"));
}

}  // namespace

StepReport powerOffSpare(const StepContext& context) {
    return powerOff(context);
}

StepReport powerOffFailedSpare(const StepContext& context) {
    const auto* restore = context.operation->find(domain::StepName::RestoreSpare, context.operation->spare.text());
    if (restore != nullptr && restore->state != domain::StepState::Done) {
        auto store = driverOf(context.drivers.image_stores, context.spare().image_store);
        // This restore is not needed any more. If the store cannot be told so, it ends by itself on a spare that stays
        // leased.
        if (store) (void)(*store)->cancelRestore(context.stamp("cancel"), restoreId(context), context.remaining() / 2);
    }
    return powerOff(context);
}

StepReport releaseSpare(const StepContext& context) {
    const auto& spare = context.spare();
    if (spare.vm_host.empty()) return StepReport::done("no VM host uses it");
    auto driver = driverOf(context.drivers.hypervisors, spare.vm_host);
    if (!driver) return StepReport::failed(driver.error());
    auto capacity = (*driver)->capacity(context.remaining() / 2);
    if (!capacity) return releaseSilent(context, capacity.error());
    if (capacity->stand_ins > 0) {
        return StepReport::failed(ErrorCode::Refused,
                                  fmt::format("VM host '{}' on spare '{}' carries {} stand-ins; move them first",
                                              spare.vm_host.text(), spare.name.text(), capacity->stand_ins));
    }
    if (capacity->kept_disks > 0) {  // the restore would write over them (rule 10)
        return StepReport::failed(
            ErrorCode::Refused,
            fmt::format(
                "VM host '{}' on spare '{}' keeps the disks of {} former stand-ins, with what jobs have written; move "
                "them, or give them up: standinctl operation close --discard-data",
                spare.vm_host.text(), spare.name.text(), capacity->kept_disks));
    }
    return StepReport::done(fmt::format("VM host '{}' carries no stand-in", spare.vm_host.text()));
}

StepReport restoreSpare(const StepContext& context) {
    auto store = driverOf(context.drivers.image_stores, context.spare().image_store);
    if (!store) return StepReport::failed(store.error());
    if (context.request.poll) return pollRestore(context, **store);
    auto idle = executesNothing(context);
    if (!idle) return StepReport::failed(idle.error());
    auto its = isDeclaredMachine(context, context.remaining() / 3);
    if (!its) return StepReport::failed(its.error());
    auto same = isDeclaredDisk(context, **store);
    if (!same) return StepReport::failed(same.error());
    // The last question before the first write: an answer about the disk may take seconds.
    auto off = stillOff(context, context.remaining() / 2, ErrorCode::WrongState,
                        "it is not written; leave it off, then retry");
    if (!off) {
        // An earlier attempt may have begun it.
        if (off.error().code == ErrorCode::WrongState && context.request.attempt > 1)
            (void)(*store)->cancelRestore(context.stamp("cancel"), restoreId(context), context.remaining());
        return StepReport::failed(off.error());
    }
    auto restore = (*store)->restore(context.stamp(), restoreId(context), context.operation->image,
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
    const auto mayStart = [&]() -> base::Result<void> {
        if (auto its = isDeclaredMachine(context, context.remaining() / 4); !its) return its;
        // After an attempt to switch it on it may be on because of that; one that ended here had not come so far.
        const auto& step = context.step();
        if (step.started != step.first_started && step.error != ErrorCode::Refused) return {};
        return stillOff(context, context.remaining() / 3, ErrorCode::Corrupt,
                        "what is on its disk now is not known, so it does not take over");
    };
    auto on = switchOn(context, context.inventory.spare_power.at(spare.name), spare.switch_agent, mayStart);
    if (!on) return StepReport::failed(on.error());
    return StepReport::done(fmt::format("spare '{}' is on, read back", spare.name.text()));
}

namespace {

/// The holder's back leg leads to the spare, as the switch says.
bool isSpareBehindHolder(const StepContext& context, const protocol::Segment& segment) {
    const auto* behind = segment.order.member(segment.order.back_leg_to);
    return segment.verified && behind != nullptr && behind->port == context.spare().port;
}

}  // namespace

StepReport probeSpare(const StepContext& context) {
    const auto whom = fmt::format("spare '{}'", context.spare().name.text());
    auto report = probeOnce(context, whom);
    if (report.kind != StepReport::Kind::Done) return report;
    // The stand-in has the same address. If another coordinator has led the back leg to it since, its answer says
    // nothing about the spare (rule 6).
    if (const auto segment = observe(context); segment && isSpareBehindHolder(context, *segment)) return report;
    const base::MemberName owner = context.operation->job_runs ? stand_in_member : base::MemberName{};
    auto led = order(context, segmentOrder(context, owner, spare_member), "back_leg");
    if (!led) return StepReport::failed(led.error());
    return probeOnce(context, whom);
}

}  // namespace standin::engine::steps
