// What StandIns does without being asked, and what it tells of itself.
#include <fmt/format.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sys/vfs.h>

#include <map>

#include "agent/http/health.hpp"
#include "agent/http/metrics.hpp"
#include "agent/hypervisor/stand_ins.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;
using Phase = StandInRecord::Phase;

// Often enough that a broken connection to libvirt is opened again before it is needed, and that no agent's connection
// count matters.
constexpr auto tending_pause = 2s;
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

}  // namespace

void StandIns::tend() {
    std::unique_lock lock(tending_);
    while (!stopping_) {
        lock.unlock();
        tendOnce();
        lock.lock();
        tending_changed_.wait_for(lock, tending_pause, [&] { return stopping_; });
    }
}

void StandIns::tendOnce() {
    std::map<std::string, int> by_state{{"making", 0},  {"failed", 0},    {"stopped", 0},
                                        {"running", 0}, {"suspended", 0}, {"unknown", 0}};
    const bool reachable = domains_.host().has_value();
    for (const auto& stand_in : shelf_.all()) {
        const auto record = stand_in->snapshot();
        if (record.phase != Phase::Made) {
            ++by_state[record.phase == Phase::Making ? "making" : "failed"];
            continue;
        }
        auto status = reachable ? domains_.status(record.uuid) : base::Result<DomainStatus>(DomainStatus{});
        const auto state = status ? status->state : DomainState::Unknown;
        ++by_state[nameOf(standInStateOf(state))];
        states_.watchIfNeeded(record, state);
        auto view = state == DomainState::Running ? domains_.view(record.uuid) : base::Result<DomainView>(DomainView{});
        std::lock_guard lock(stand_in->mutex);
        stand_in->last_seen = state;
        if (state == DomainState::Paused) stand_in->settled = true;
        stand_in->guest_agent = view && view->guest_agent;
    }
    for (const auto& [state, count] : by_state)
        metrics_.set("standin_stand_ins", "stand-ins by state", count, {{"state", state}});
    metrics_.set("standin_libvirt_reachable", "1 if libvirt answers", reachable ? 1 : 0);
    metrics_.set("standin_tap_segments_lost", "TCP segments that went unseen, since start",
                 static_cast<double>(taps_.segmentsLost()));
}

void StandIns::checkHealth(protocol::Health& health) {
    auto host = domains_.host();
    health.checks.push_back(
        checkOf("libvirt", host ? base::Result<void>{} : base::failure(host.error()),
                fmt::format("'{}' answers", settings_.uri),
                "start libvirtd (systemctl start libvirtd) or see why it hangs (journalctl -u libvirtd)"));
    http::checkSpace(health, "stand-ins", settings_.stand_in_dir, least_space);
    const bool test = acceleration_.type == DomainType::Test;
    const bool bridge_there = test || ::if_nametoindex(settings_.bridge.c_str()) != 0;
    health.checks.push_back({"bridge", bridge_there,
                             fmt::format("bridge '{}' is {}there", settings_.bridge, bridge_there ? "" : "not "),
                             bridge_there ? "" : "see that Open vSwitch runs and has the bridge (ovs-vsctl show)"});
    const bool emulated = acceleration_.type == DomainType::Qemu;
    const bool broken = acceleration_.type == DomainType::Kvm && !acceleration_.reason.empty();
    const auto detail = emulated ? "software emulation: " + acceleration_.reason
                        : broken ? acceleration_.reason
                                 : acceleration_.name();
    health.checks.push_back(
        {"acceleration", !broken, detail, broken ? "set acceleration: tcg, or mend the host's KVM" : ""});
    if (emulated) health.warnings.push_back("acceleration: " + detail);
    if (!test && !libvirtStateIsInMemory()) {
        health.warnings.push_back(
            "resume: /run/libvirt is on a disk, for which every resume waits twice; make /run a tmpfs");
    }
    for (const auto& sentence : shelf_.unreadable()) health.warnings.push_back("stand-ins: " + sentence);
    for (const auto& stand_in : shelf_.all()) {
        std::lock_guard lock(stand_in->mutex);
        const auto& record = stand_in->record;
        if (record.phase == Phase::Failed)
            health.warnings.push_back(fmt::format("stand-in {}: {}", record.name.text(), record.problem));
        if (stand_in->last_seen == DomainState::Running && !stand_in->guest_agent) {
            health.warnings.push_back(fmt::format(
                "guest agent: none answers in stand-in {}; install qemu-guest-agent in server {}, then refresh",
                record.name.text(), record.definition.server.text()));
        }
        if (!stand_in->clock_warning.empty())
            health.warnings.push_back(fmt::format("stand-in {}: {}", record.name.text(), stand_in->clock_warning));
    }
}

}  // namespace standin::hypervisor
