#include "agent/hypervisor/stand_ins/stand_in_reconciler.hpp"

#include <map>

#include "agent/base/boundary.hpp"
#include "agent/http/metrics.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;
using Phase = StandInRecord::Phase;

// Often enough that a broken connection to libvirt is opened again before it is needed, and that no agent's connection
// count matters.
constexpr auto longest_pause = 2s;
// Between an event and a look at everything: a takeover has just resumed a stand-in and has better use for libvirt, and
// a rack's failover makes a hundred events.
constexpr auto settling = 200ms;
constexpr auto stop_check = 200ms;

}  // namespace

StandInReconciler::StandInReconciler(const HostContext& host, StandInRegistry& registry, StandInInspector& inspector,
                                     StandInStates& states, KvmTrial& trial, TapObserver& taps)
    : host_(host), registry_(registry), inspector_(inspector), states_(states), trial_(trial), taps_(taps) {}

void StandInReconciler::start() {
    worker_.start("reconciler", [this](const auto& stop) { run(stop); });
}

void StandInReconciler::run(const std::stop_token& stop) {
    std::uint64_t seen = 0;
    do {
        seen = host_.domains.eventsSeen();
        if (const auto done = base::contained([this] { reconcileAll(); }); !done)
            host_.log.error("the stand-ins were not looked after: {}", done.error().message);
    } while (wait(seen, stop));
}

// A change of a domain is looked at as soon as libvirt reports it; false when there is nothing to do any more.
bool StandInReconciler::wait(std::uint64_t seen, const std::stop_token& stop) {
    const auto until = std::chrono::steady_clock::now() + longest_pause;
    while (!stop.stop_requested() && host_.domains.eventsSeen() == seen && std::chrono::steady_clock::now() < until)
        host_.domains.waitForEvent(seen, stop_check);
    return base::rest(stop, settling);
}

void StandInReconciler::reconcileAll() {
    std::map<std::string, int> by_state{{"making", 0},  {"failed", 0},       {"stopped", 0},
                                        {"running", 0}, {"suspended", 0},    {"halted", 0},
                                        {"unknown", 0}, {"out_of_space", 0}, {"kept", 0}};
    const bool reachable = host_.domains.host().has_value();
    for (const auto& stand_in : registry_.all()) {
        const auto phase = stand_in->snapshot().phase;
        if (phase != Phase::Made) {
            ++by_state[phase == Phase::Making ? "making" : phase == Phase::Kept ? "kept" : "failed"];
            continue;
        }
        base::Result<DomainStatus> status = DomainStatus{};
        const auto problem = reachable ? inspector_.look(*stand_in, status) : "";
        ++by_state[nameOf(standInStateOf(status ? status->state : DomainState::Unknown))];
        if (reachable) reconcile(stand_in, status, problem);
    }
    for (const auto& [state, count] : by_state)
        host_.metrics.set("standin_stand_ins", "stand-ins by state", count, {{"state", state}});
    host_.metrics.set("standin_libvirt_reachable", "1 if libvirt answers", reachable ? 1 : 0);
    host_.metrics.set("standin_tap_segments_lost", "TCP segments that went unseen, since start",
                      static_cast<double>(taps_.segmentsLost()));
}

void StandInReconciler::reconcile(const StandInEntryPtr& stand_in, const base::Result<DomainStatus>& status,
                                  const std::string& problem) {
    const auto record = stand_in->snapshot();
    const auto state = status ? status->state : DomainState::Unknown;
    states_.watchIfNeeded(record, state);
    auto view =
        state == DomainState::Running ? host_.domains.view(record.uuid) : base::Result<DomainView>(DomainView{});
    const bool again = status && trial_.startsAgain(*stand_in, *status, problem);
    std::string known;
    {
        std::lock_guard lock(stand_in->mutex);
        stand_in->last_seen = state;
        if (state == DomainState::Paused) stand_in->settled = true;
        stand_in->guest_agent = view && view->guest_agent;
        known = std::exchange(stand_in->problem, again ? "" : problem);
    }
    if (known.empty() && !problem.empty() && !again)
        host_.log.error("stand-in {}: {}: {}", record.name.text(), nameOf(standInStateOf(state)), problem);
    if (!known.empty() && problem.empty())
        host_.log.notice("stand-in {}: it is {} again", record.name.text(), nameOf(standInStateOf(state)));
    if (status) trial_.look(stand_in, *status, problem);
    if (state != DomainState::OutOfSpace) return;
    if (auto gone_on = states_.goOn(stand_in); !gone_on)
        host_.log.warning("stand-in {}: it could not continue: {}", record.name.text(), gone_on.error().message);
}

}  // namespace standin::hypervisor
