#include <fmt/format.h>

#include "coordinator/engine/steps/guest_probe.hpp"
#include "coordinator/engine/steps/segment_orders.hpp"
#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine::steps {

using base::ErrorCode;
using protocol::StandInState;

namespace {

base::Result<drivers::HypervisorDriver*> hypervisorOf(const StepContext& context) {
    return driverOf(context.drivers.hypervisors, context.server().vm_host);
}

/// The segment belongs to the server now, or was never ordered: only then may an order say so again.
base::Result<void> serverOwnsSegment(const StepContext& context) {
    auto segment = observe(context);
    if (!segment) {
        if (segment.error().code == ErrorCode::NotFound) return {};
        return base::failure(segment.error());
    }
    if (segment->order.owner == server_member) return {};
    return base::failure(
        ErrorCode::Conflict,
        fmt::format("segment '{}' does not belong to its server but to '{}'; bring the job back to server '{}' first",
                    segment->id.text(), segment->order.owner.empty() ? "nobody" : segment->order.owner.text(),
                    context.operation->server.text()));
}

StepReport setState(const StepContext& context, StandInState wanted, const std::string& done) {
    auto driver = hypervisorOf(context);
    if (!driver) return StepReport::failed(driver.error());
    auto stand_in = (*driver)->setState(context.stamp(), context.operation->new_stand_in, wanted, context.remaining());
    if (!stand_in) return StepReport::failed(stand_in.error());
    if (stand_in->state != wanted) {
        return StepReport::failed(
            ErrorCode::WrongState,
            fmt::format("stand-in '{}' is {}, not {}{}{}", stand_in->name.text(), protocol::nameOf(stand_in->state),
                        protocol::nameOf(wanted), stand_in->problem.empty() ? "" : ": ", stand_in->problem));
    }
    auto report = StepReport::done(done);
    report.found = stand_in->port.text();
    return report;
}

StepReport remove(const StepContext& context, const base::StandInName& name) {
    if (name.empty()) return StepReport::done("there is none");
    auto driver = hypervisorOf(context);
    if (!driver) return StepReport::failed(driver.error());
    auto removed = (*driver)->remove(context.stamp(), name, context.remaining());
    if (!removed) return StepReport::failed(removed.error());
    return StepReport::done(fmt::format("stand-in '{}' is deleted", name.text()));
}

}  // namespace

StepReport checkCapacity(const StepContext& context) {
    const auto& server = context.server();
    auto driver = hypervisorOf(context);
    if (!driver) return StepReport::failed(driver.error());
    auto store = driverOf(context.drivers.image_stores, server.image_store);
    if (!store) return StepReport::failed(store.error());
    auto image = (*store)->image(context.operation->image, context.remaining());
    if (!image) return StepReport::failed(image.error());
    if (image->state != protocol::ImageState::Ready) {
        return StepReport::failed(ErrorCode::WrongState,
                                  fmt::format("image '{}' is {}: {}; capture another one", image->id.text(),
                                              protocol::nameOf(image->state), image->problem));
    }
    auto capacity = (*driver)->capacity(context.remaining());
    if (!capacity) return StepReport::failed(capacity.error());
    const auto& host = server.vm_host.text();
    if (server.stand_in.vcpus > capacity->cpus) {
        return StepReport::failed(ErrorCode::Refused,
                                  fmt::format("a stand-in with {} vCPUs does not fit VM host '{}' with {} CPUs",
                                              server.stand_in.vcpus, host, capacity->cpus));
    }
    // As the VM host itself counts: with what the disk may come to take, not with what the store keeps of it.
    constexpr std::uint64_t mib = 1024 * 1024;
    if (image->size_bytes / mib > capacity->disk_free_mib) {
        return StepReport::failed(
            ErrorCode::Refused,
            fmt::format("image '{}' may come to take {} MiB of disk, VM host '{}' has {} MiB left for it; make space "
                        "there, or delete a stand-in",
                        image->id.text(), image->size_bytes / mib, host, capacity->disk_free_mib));
    }
    const auto needed = server.stand_in.memory_mib + capacity->memory_overhead_mib;
    const auto free = capacity->memory_mib > capacity->memory_committed_mib
                          ? capacity->memory_mib - capacity->memory_committed_mib
                          : 0;
    auto report = StepReport::done(
        fmt::format("{} MiB are needed, VM host '{}' has {} MiB left if every stand-in runs", needed, host, free));
    report.finding = domain::Finding::Beside;
    report.found = image->created_at;
    if (needed <= free) return report;
    const bool has_old = !context.operation->stand_in.empty();
    if (has_old && capacity->memory_committed_mib >= needed) {  // the old one is of the same size
        report.finding = domain::Finding::Instead;
        return report;
    }
    return StepReport::failed(
        ErrorCode::Refused,
        fmt::format("{} MiB are needed, VM host '{}' has {} MiB left if every stand-in runs", needed, host, free));
}

StepReport makeStandIn(const StepContext& context) {
    const auto& server = context.server();
    const auto& name = context.operation->new_stand_in;
    auto driver = hypervisorOf(context);
    if (!driver) return StepReport::failed(driver.error());
    base::Result<protocol::StandIn> stand_in = base::failure(ErrorCode::Internal, "");
    if (context.request.poll) {
        stand_in = (*driver)->standIn(name, context.remaining());
    } else {
        protocol::StandInDefinition definition;
        definition.server = server.name;
        definition.image = context.operation->image;
        auto url = context.inventory.agent_urls.find(server.image_store);
        if (url == context.inventory.agent_urls.end()) {
            return StepReport::failed(ErrorCode::NotFound,
                                      fmt::format("no agent '{}' is configured", server.image_store.text()));
        }
        definition.image_url = url->second;
        definition.memory_mib = server.stand_in.memory_mib;
        definition.maximum_memory_mib = server.stand_in.maximum_memory_mib;
        definition.vcpus = server.stand_in.vcpus;
        definition.maximum_vcpus = server.stand_in.maximum_vcpus;
        definition.weight = server.stand_in.weight;
        definition.firmware = server.stand_in.firmware;
        definition.mac = server.mac;
        definition.address = server.address;
        definition.ports = server.job_ports;
        stand_in = (*driver)->make(context.stamp(), name, definition, context.remaining());
    }
    if (!stand_in) return StepReport::failed(stand_in.error());
    switch (stand_in->state) {
        case StandInState::Making: {
            const auto& progress = stand_in->progress;
            return StepReport::pending(fmt::format("stand-in '{}' is being made from image '{}'", name.text(),
                                                   context.operation->image.text()),
                                       progress.total_bytes == 0 ? 0
                                                                 : 100.0 * static_cast<double>(progress.done_bytes) /
                                                                       static_cast<double>(progress.total_bytes));
        }
        case StandInState::Failed:
            return StepReport::failed(ErrorCode::Refused, stand_in->problem);
        case StandInState::Unknown:
            return StepReport::failed(ErrorCode::TimedOut,
                                      fmt::format("VM host '{}' does not know the state of stand-in '{}'",
                                                  server.vm_host.text(), name.text()));
        default: {
            auto report = StepReport::done(
                fmt::format("stand-in '{}' is made from image '{}'", name.text(), context.operation->image.text()));
            for (const auto& warning : stand_in->warnings) report.message += "; " + warning;
            return report;
        }
    }
}

StepReport startStandIn(const StepContext& context) {
    auto report = setState(context, StandInState::Running, "started");
    if (report.kind == StepReport::Kind::Done && !base::PortName::parse(report.found)) {
        return StepReport::failed(ErrorCode::Internal,
                                  fmt::format("VM host '{}' does not report the switch port of stand-in '{}'",
                                              context.server().vm_host.text(), context.operation->new_stand_in.text()));
    }
    return report;
}

StepReport isolateStandIn(const StepContext& context) {
    auto owned = serverOwnsSegment(context);
    if (!owned) return StepReport::failed(owned.error());
    auto segment = order(context, segmentOrder(context, server_member, new_stand_in_member));
    if (!segment) return StepReport::failed(segment.error());
    return StepReport::done(fmt::format("port '{}' is in quarantine", context.operation->new_stand_in_port.text()));
}

StepReport probeStandIn(const StepContext& context) {
    const auto& name = context.operation->new_stand_in;
    const auto patience =
        std::max(context.remaining() - std::chrono::milliseconds(1000), std::chrono::milliseconds(200));
    const auto [answer, stopped] = probeGuest(context, name, patience);
    if (!stopped.empty()) return StepReport::failed(ErrorCode::WrongState, stopped);
    if (!answer) return StepReport::failed(answer.error());
    if (!answer->answered)
        return StepReport::pending(fmt::format("stand-in '{}' does not answer yet: {}", name.text(), answer->problem));
    auto report = StepReport::done(fmt::format("stand-in '{}' answers", name.text()));
    report.phases_ms["first_answer"] = answer->after_ms;
    return report;
}

StepReport suspendStandIn(const StepContext& context) {
    return setState(context, StandInState::Suspended, "suspended, confirmed");
}

StepReport adoptStandIn(const StepContext& context) {
    auto owned = serverOwnsSegment(context);
    if (!owned) return StepReport::failed(owned.error());
    StepContext adopted = context;
    domain::Operation& operation = adopted.operation.own();
    operation.stand_in_port = std::exchange(operation.new_stand_in_port, {});
    // The holder's back leg becomes the witness on the server's segment.
    auto segment = order(context, segmentOrder(adopted, server_member, server_member));
    if (!segment) return StepReport::failed(segment.error());
    return StepReport::done("the segment knows it as the server's stand-in");
}

StepReport deleteStandIn(const StepContext& context) {
    return remove(context, context.operation->kind == domain::OperationKind::Failover
                               ? context.operation->stand_in
                               : context.operation->new_stand_in);
}

StepReport keepStandIn(const StepContext& context) {
    auto driver = hypervisorOf(context);
    if (!driver) return StepReport::failed(driver.error());
    const auto& name = context.operation->stand_in;
    auto kept = (*driver)->setState(context.stamp(), name, StandInState::Kept, context.remaining());
    if (!kept) {
        if (kept.error().code == ErrorCode::NotFound) return StepReport::done("it does not exist any more");
        return StepReport::failed(kept.error());
    }
    return StepReport::done(
        fmt::format("the disk of stand-in '{}' is kept on VM host '{}'", name.text(), context.server().vm_host.text()));
}

StepReport deleteOldStandIn(const StepContext& context) {
    return remove(context, context.operation->stand_in);
}

}  // namespace standin::engine::steps
