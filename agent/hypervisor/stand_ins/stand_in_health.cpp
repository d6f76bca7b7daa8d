#include "agent/hypervisor/stand_ins/stand_in_health.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sys/vfs.h>

#include "agent/http/health.hpp"

namespace standin::hypervisor {

namespace {

using Phase = StandInRecord::Phase;

constexpr std::uint64_t least_space = 256ULL << 20;  // for records, definitions and consoles of all stand-ins

protocol::HealthCheck checkOf(const std::string& name, const base::Result<void>& outcome, const std::string& detail,
                              const std::string& cure) {
    return {name, outcome.has_value(), outcome ? detail : outcome.error().message, outcome ? "" : cure};
}

// libvirt writes a domain's state there at every change and waits for the disk if it is on one: twice in each resume.
bool libvirtStateIsInMemory() {
    struct statfs status {};
    return ::statfs("/run/libvirt", &status) != 0 || status.f_type == TMPFS_MAGIC;
}

void checkGuests(protocol::Health& health, const StandInRegistry& registry) {
    std::string problems;
    for (const auto& stand_in : registry.all()) {
        std::lock_guard lock(stand_in->mutex);
        if (stand_in->problem.empty()) continue;
        problems += fmt::format("{}stand-in {}: {}", problems.empty() ? "" : "; ", stand_in->record.name.text(),
                                stand_in->problem);
    }
    const bool well = problems.empty();
    health.checks.push_back({"guests", well, well ? "none has stopped by itself" : problems,
                             well ? "" : "each problem names its cure; refresh the stand-ins that can't continue"});
}

void warnOf(protocol::Health& health, const StandInEntry& stand_in, const Acceleration& acceleration) {
    std::lock_guard lock(stand_in.mutex);
    const auto& record = stand_in.record;
    if (record.phase == Phase::Failed)
        health.warnings.push_back(fmt::format("stand-in {}: {}", record.name.text(), record.problem));
    if (acceleration.type == DomainType::Kvm && !record.emulated_because.empty()) {
        health.warnings.push_back(fmt::format("acceleration: stand-in {} runs by software emulation: {}",
                                              record.name.text(), record.emulated_because));
    }
    if (stand_in.last_seen == DomainState::Running && !stand_in.guest_agent) {
        health.warnings.push_back(
            fmt::format("guest agent: none answers in stand-in {}; install qemu-guest-agent in server {}, then refresh",
                        record.name.text(), record.definition.server.text()));
    }
    if (!stand_in.clock_warning.empty())
        health.warnings.push_back(fmt::format("stand-in {}: {}", record.name.text(), stand_in.clock_warning));
}

void checkAcceleration(protocol::Health& health, const Acceleration& acceleration) {
    const bool emulated = acceleration.type == DomainType::Qemu;
    const bool broken = acceleration.type == DomainType::Kvm && !acceleration.reason.empty();
    const auto detail = emulated ? "software emulation: " + acceleration.reason
                        : broken ? acceleration.reason
                                 : acceleration.name();
    health.checks.push_back(
        {"acceleration", !broken, detail, broken ? "set acceleration: tcg, or mend the host's KVM" : ""});
    if (emulated) health.warnings.push_back("acceleration: " + detail);
}

}  // namespace

void checkHost(protocol::Health& health, const HostFindings& found) {
    const auto& settings = found.settings;
    health.checks.push_back(
        checkOf("libvirt", found.libvirt, fmt::format("'{}' answers", settings.uri),
                "start libvirtd (systemctl start libvirtd) or see why it hangs (journalctl -u libvirtd)"));
    http::checkSpace(health, "stand-ins", settings.stand_in_dir, least_space);
    const bool test = found.acceleration.type == DomainType::Test;
    const bool bridge_there = test || ::if_nametoindex(settings.bridge.c_str()) != 0;
    health.checks.push_back({"bridge", bridge_there,
                             fmt::format("bridge '{}' is {}there", settings.bridge, bridge_there ? "" : "not "),
                             bridge_there ? "" : "see that Open vSwitch runs and has the bridge (ovs-vsctl show)"});
    checkAcceleration(health, found.acceleration);
    if (!test && !libvirtStateIsInMemory()) {
        health.warnings.push_back(
            "resume: /run/libvirt is on a disk, for which every resume waits twice; make /run a tmpfs");
    }
}

void checkStandIns(protocol::Health& health, const StandInRegistry& registry, const Acceleration& acceleration) {
    checkGuests(health, registry);
    for (const auto& sentence : registry.unreadable()) health.warnings.push_back("stand-ins: " + sentence);
    for (const auto& stand_in : registry.all()) warnOf(health, *stand_in, acceleration);
}

}  // namespace standin::hypervisor
