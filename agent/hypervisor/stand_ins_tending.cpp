// What StandIns does without being asked, and what it tells of itself.
#include <fmt/format.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sys/vfs.h>

#include <map>

#include "agent/base/boundary.hpp"
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
// Between an event and a look at everything: a takeover has just resumed a stand-in and has better use for libvirt, and
// a rack's failover makes a hundred events.
constexpr auto settling = 200ms;
constexpr auto stop_check = 200ms;
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
    std::uint64_t seen = 0;
    do {
        seen = domains_.eventsSeen();
        if (const auto done = base::contained([this] { tendOnce(); }); !done)
            log_.error("the stand-ins were not looked after: {}", done.error().message);
    } while (waitToTend(seen));
}

// What happens to a domain is looked at as soon as libvirt tells; false when there is nothing to tend any more.
bool StandIns::waitToTend(std::uint64_t seen) {
    const auto until = std::chrono::steady_clock::now() + tending_pause;
    std::unique_lock lock(tending_);
    while (!stopping_ && domains_.eventsSeen() == seen && std::chrono::steady_clock::now() < until) {
        lock.unlock();
        domains_.waitForEvent(seen, stop_check);
        lock.lock();
    }
    tending_changed_.wait_for(lock, settling, [&] { return stopping_; });
    return !stopping_;
}

void StandIns::tendOnce() {
    std::map<std::string, int> by_state{{"making", 0},    {"failed", 0}, {"stopped", 0}, {"running", 0},
                                        {"suspended", 0}, {"halted", 0}, {"unknown", 0}, {"out_of_space", 0},
                                        {"kept", 0}};
    const bool reachable = domains_.host().has_value();
    for (const auto& stand_in : shelf_.all()) {
        const auto phase = stand_in->snapshot().phase;
        if (phase != Phase::Made) {
            ++by_state[phase == Phase::Making ? "making" : phase == Phase::Kept ? "kept" : "failed"];
            continue;
        }
        base::Result<DomainStatus> status = DomainStatus{};
        const auto problem = reachable ? look(*stand_in, status) : "";
        ++by_state[nameOf(standInStateOf(status ? status->state : DomainState::Unknown))];
        if (reachable) tendOne(stand_in, status, problem);
    }
    for (const auto& [state, count] : by_state)
        metrics_.set("standin_stand_ins", "stand-ins by state", count, {{"state", state}});
    metrics_.set("standin_libvirt_reachable", "1 if libvirt answers", reachable ? 1 : 0);
    metrics_.set("standin_tap_segments_lost", "TCP segments that went unseen, since start",
                 static_cast<double>(taps_.segmentsLost()));
}

void StandIns::tendOne(const ShelvedPtr& stand_in, const base::Result<DomainStatus>& status,
                       const std::string& problem) {
    const auto record = stand_in->snapshot();
    const auto state = status ? status->state : DomainState::Unknown;
    states_.watchIfNeeded(record, state);
    auto view = state == DomainState::Running ? domains_.view(record.uuid) : base::Result<DomainView>(DomainView{});
    const bool again = status && trial_->startsAgain(*stand_in, *status, problem);
    std::string known;
    {
        std::lock_guard lock(stand_in->mutex);
        stand_in->last_seen = state;
        if (state == DomainState::Paused) stand_in->settled = true;
        stand_in->guest_agent = view && view->guest_agent;
        known = std::exchange(stand_in->problem, again ? "" : problem);
    }
    if (known.empty() && !problem.empty() && !again)
        log_.error("stand-in {}: {}: {}", record.name.text(), nameOf(standInStateOf(state)), problem);
    if (!known.empty() && problem.empty())
        log_.notice("stand-in {}: it is {} again", record.name.text(), nameOf(standInStateOf(state)));
    if (status) trial_->look(stand_in, *status, problem);
    if (state != DomainState::OutOfSpace) return;
    if (auto gone_on = states_.goOn(stand_in); !gone_on)
        log_.warning("stand-in {}: it could not go on: {}", record.name.text(), gone_on.error().message);
}

namespace {

void checkGuests(protocol::Health& health, const StandInShelf& shelf) {
    std::string problems;
    for (const auto& stand_in : shelf.all()) {
        std::lock_guard lock(stand_in->mutex);
        if (stand_in->problem.empty()) continue;
        problems += fmt::format("{}stand-in {}: {}", problems.empty() ? "" : "; ", stand_in->record.name.text(),
                                stand_in->problem);
    }
    const bool well = problems.empty();
    health.checks.push_back({"guests", well, well ? "none has stopped by itself" : problems,
                             well ? "" : "each problem names its cure; refresh the stand-ins that can't go on"});
}

}  // namespace

void StandIns::checkHealth(protocol::Health& health) {
    auto host = domains_.host();
    health.checks.push_back(
        checkOf("libvirt", host ? base::Result<void>{} : base::failure(host.error()),
                fmt::format("'{}' answers", settings_.uri),
                "start libvirtd (systemctl start libvirtd) or see why it hangs (journalctl -u libvirtd)"));
    http::checkSpace(health, "stand-ins", settings_.stand_in_dir, least_space);
    const auto acceleration = acceleration_.current();
    const bool test = acceleration.type == DomainType::Test;
    const bool bridge_there = test || ::if_nametoindex(settings_.bridge.c_str()) != 0;
    health.checks.push_back({"bridge", bridge_there,
                             fmt::format("bridge '{}' is {}there", settings_.bridge, bridge_there ? "" : "not "),
                             bridge_there ? "" : "see that Open vSwitch runs and has the bridge (ovs-vsctl show)"});
    const bool emulated = acceleration.type == DomainType::Qemu;
    const bool broken = acceleration.type == DomainType::Kvm && !acceleration.reason.empty();
    const auto detail = emulated ? "software emulation: " + acceleration.reason
                        : broken ? acceleration.reason
                                 : acceleration.name();
    health.checks.push_back(
        {"acceleration", !broken, detail, broken ? "set acceleration: tcg, or mend the host's KVM" : ""});
    if (emulated) health.warnings.push_back("acceleration: " + detail);
    if (!test && !libvirtStateIsInMemory()) {
        health.warnings.push_back(
            "resume: /run/libvirt is on a disk, for which every resume waits twice; make /run a tmpfs");
    }
    checkGuests(health, shelf_);
    for (const auto& sentence : shelf_.unreadable()) health.warnings.push_back("stand-ins: " + sentence);
    for (const auto& stand_in : shelf_.all()) {
        std::lock_guard lock(stand_in->mutex);
        const auto& record = stand_in->record;
        if (record.phase == Phase::Failed)
            health.warnings.push_back(fmt::format("stand-in {}: {}", record.name.text(), record.problem));
        if (acceleration.type == DomainType::Kvm && !record.emulated_because.empty()) {
            health.warnings.push_back(fmt::format("acceleration: stand-in {} runs by software emulation: {}",
                                                  record.name.text(), record.emulated_because));
        }
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
