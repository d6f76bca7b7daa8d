#include "agent/hypervisor/stand_ins/stand_in_states.hpp"

#include <fmt/format.h>

#include "agent/base/durable_file.hpp"
#include "agent/base/units.hpp"
#include "agent/http/metrics.hpp"
#include "agent/hypervisor/libvirt/domain_xml.hpp"
#include "agent/hypervisor/libvirt/qemu_log.hpp"
#include "agent/hypervisor/stand_ins/memory_settling.hpp"
#include "agent/hypervisor/stand_ins/stand_in_problem.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using protocol::StandInState;

constexpr auto recheck = 1s;                 // should an event get lost
constexpr auto connections_live_for = 2min;  // less than a client's TCP repeats its segments for

DomainState lastSeen(const StandInEntry& stand_in) {
    std::lock_guard lock(stand_in.mutex);
    return stand_in.last_seen;
}

// A guest that does not execute can't end by itself.
bool mayEndInOrder(DomainState from) {
    return from != DomainState::Paused && from != DomainState::Halted && from != DomainState::OutOfSpace;
}

const char* changeOf(DomainState from, StandInState wanted) {
    if (wanted == StandInState::Stopped) return "stop";
    if (wanted == StandInState::Suspended) return "suspend";
    return from == DomainState::Off ? "start" : "resume";
}

}  // namespace

StandInState standInStateOf(DomainState state) {
    switch (state) {
        case DomainState::Running:
            return StandInState::Running;
        case DomainState::Paused:
            return StandInState::Suspended;
        case DomainState::Halted:
            return StandInState::Halted;
        case DomainState::OutOfSpace:
            return StandInState::OutOfSpace;
        case DomainState::Off:
        case DomainState::Absent:
            return StandInState::Stopped;  // its definition is kept, see observe()
        case DomainState::Unknown:
            break;
    }
    return StandInState::Unknown;
}

StandInStates::StandInStates(const HostContext& host, StandInDirectory& directory, StandInRegistry& registry,
                             TapObserver& taps, GuestClocks& clocks)
    : host_(host), directory_(directory), registry_(registry), taps_(taps), clocks_(clocks) {}

base::Result<void> StandInStates::bring(const StandInEntryPtr& stand_in, StandInState wanted) {
    const auto record = stand_in->snapshot();
    const auto begun = host_.clock.steady();
    const auto commanded = stand_in->note(std::nullopt);
    DomainState before = lastSeen(*stand_in);
    base::Result<DomainState> after = DomainState::Unknown;
    if (wanted == StandInState::Running && before == DomainState::Paused) {
        // The takeover's path: if it isn't suspended after all, this fails and changes nothing.
        auto resumed = resume(stand_in, record);
        if (resumed) after = resumed->state;
    }
    if (standInStateOf(*after) != wanted) after = observeAndAct(stand_in, record, wanted, commanded, before);
    if (!after) {
        // A guest in an unsuitable state stays as it was, with its reason.
        if (after.error().code == ErrorCode::WrongState) stand_in->note(commanded);
        return base::failure(after.error());
    }
    const bool reached = standInStateOf(*after) == wanted;
    stand_in->note(reached ? std::optional(wanted) : std::nullopt, *after);
    if (wanted != StandInState::Running) stand_in->endTrial();
    if (!reached) {
        return base::failure(ErrorCode::Internal,
                             fmt::format("stand-in '{}' did not become {}: libvirt reads back {}; see QEMU's log",
                                         record.name.text(), nameOf(wanted), nameOf(standInStateOf(*after))));
    }
    if (standInStateOf(before) == wanted) return {};
    const auto took = host_.clock.steady() - begun;
    host_.metrics.observeSeconds("standin_stand_in_change_seconds",
                                 "time to bring a stand-in into a state and read it back",
                                 std::chrono::duration<double>(took).count(), {{"change", changeOf(before, wanted)}});
    host_.log.notice("stand-in {}: '{}' -> '{}' (commanded) took_ms={:.2f}", record.name.text(),
                     nameOf(standInStateOf(before)), nameOf(wanted), base::milliseconds(took));
    return {};
}

base::Result<DomainState> StandInStates::observeAndAct(const StandInEntryPtr& stand_in, const StandInRecord& record,
                                                       StandInState wanted, std::optional<StandInState> commanded,
                                                       DomainState& before) {
    auto observed = observe(record);
    if (!observed) return base::failure(observed.error());
    before = observed->state;
    if (standInStateOf(before) == wanted) return before;
    const auto unable = fmt::format("stand-in '{}' did not become {}", record.name.text(), nameOf(wanted));
    // A caller that orders it stopped knows of that; any other command is refused.
    if (wanted != StandInState::Stopped && hasProblem(*observed, commanded)) {
        if (wanted != StandInState::Running || before != DomainState::OutOfSpace || !spaceToGoOn())
            return base::failure(ErrorCode::WrongState, unable + ": " + problem(record, *observed, commanded));
    }
    auto acted = act(stand_in, record, before, wanted);
    if (acted) return acted->state;
    return base::failure(acted.error().within(unable));
}

// A domain that was undefined by hand is defined again from the definition that was kept.
base::Result<DomainStatus> StandInStates::observe(const StandInRecord& record) {
    auto status = host_.domains.status(record.uuid);
    if (!status || status->state != DomainState::Absent) return status;
    auto xml = base::readWhole(directory_.pathOf(record.name) + "/domain.xml");
    if (!xml) return base::failure(xml.error());
    if (auto defined = host_.domains.define(*xml); !defined) return base::failure(defined.error());
    host_.log.warning("stand-in {}: its domain was gone and was defined again", record.name.text());
    return DomainStatus{DomainState::Off, "", "its domain was undefined"};
}

std::string StandInStates::problem(const StandInRecord& record, const DomainStatus& status,
                                   std::optional<StandInState> commanded) const {
    if (!hasProblem(status, commanded)) return "";
    GuestCircumstances circumstances;
    circumstances.commanded = commanded;
    circumstances.qemu_words = qemuLastWords(host_.settings.qemu_log_dir, domainNameOf(host_.agent, record.name));
    circumstances.disk_free_mib = directory_.freeBytes().value_or(0) / base::bytes_per_mib;
    circumstances.directory = directory_.root();
    return problemOf(status, circumstances);
}

bool StandInStates::spaceToGoOn() const {
    return directory_.freeBytes().value_or(0) / base::bytes_per_mib >= space_to_go_on_mib;
}

base::Result<void> StandInStates::goOn(const StandInEntryPtr& stand_in) {
    std::unique_lock command_lock(stand_in->command_mutex, std::try_to_lock);
    if (!command_lock.owns_lock() || !spaceToGoOn()) return {};
    const auto record = stand_in->snapshot();
    auto status = host_.domains.status(record.uuid);
    if (!status || status->state != DomainState::OutOfSpace) return {};
    // Its requests are those it had: what passes its tap is followed on.
    auto resumed = host_.domains.change(record.uuid, DomainVerb::Resume);
    if (!resumed) return base::failure(resumed.error());
    clocks_.set(stand_in);
    host_.log.notice("stand-in {}: 'out_of_space' -> '{}' (the disk has space again)", record.name.text(),
                     nameOf(standInStateOf(resumed->state)));
    return {};
}

base::Result<DomainStatus> StandInStates::act(const StandInEntryPtr& stand_in, const StandInRecord& record,
                                              DomainState from, StandInState wanted) {
    const bool resumable = from == DomainState::Paused || from == DomainState::OutOfSpace;
    if (wanted == StandInState::Stopped) return end(record, from);
    if (wanted == StandInState::Running && from == DomainState::Off) return begin(stand_in, record);
    if (wanted == StandInState::Running && resumable) return resume(stand_in, record);
    if (wanted == StandInState::Suspended && from == DomainState::Running) {
        return suspend(stand_in, record);
    }
    return base::failure(ErrorCode::WrongState, from == DomainState::Off
                                                    ? "it is stopped, so there is nothing to suspend; start it first"
                                                    : "its state is in between; try again");
}

base::Result<DomainStatus> StandInStates::begin(const StandInEntryPtr& stand_in, const StandInRecord& record) {
    // The port exists from the first start on; saved before, so that no client looks for a port that isn't
    // reported.
    if (!record.started_once) {  // a later start needs no room on the disk
        auto saved = registry_.change(*stand_in, [](StandInRecord& r) { r.started_once = true; });
        if (!saved) return base::failure(saved.error());
    }
    auto started = host_.domains.change(record.uuid, DomainVerb::Start);
    {
        std::lock_guard lock(stand_in->mutex);
        stand_in->settled = false;
    }
    if (started) watch(record, true);  // no guest takes requests within the milliseconds since its start
    if (started) stand_in->beginTrial(host_.clock.steady());
    return started;
}

base::Result<DomainStatus> StandInStates::resume(const StandInEntryPtr& stand_in, const StandInRecord& record) {
    // Earlier connections are over, except after a short suspension: they continue, and what it has not
    // answered yet is still waited for.
    const auto suspended_at = [&] {
        std::lock_guard lock(stand_in->mutex);
        return stand_in->suspended_at;
    }();
    const bool for_a_moment =
        suspended_at != base::SteadyTime{} && host_.clock.steady() - suspended_at < connections_live_for;
    if (!(for_a_moment && taps_.requests(record.name)) && !taps_.restart(record.name)) watch(record, true);
    auto resumed = host_.domains.change(record.uuid, DomainVerb::Resume);
    if (resumed) clocks_.set(stand_in);
    return resumed;
}

base::Result<DomainStatus> StandInStates::suspend(const StandInEntryPtr& stand_in, const StandInRecord& record) {
    // Only after its start has it memory to give back; later, when it has executed its job, clients wait for this.
    const bool settled = [&] {
        std::lock_guard lock(stand_in->mutex);
        return stand_in->settled;
    }();
    if (!settled) {
        auto given_back = awaitMemoryGivenBack(host_.domains, host_.clock, record.uuid, record.resources.memory_mib);
        if (!given_back) return base::failure(given_back.error());
    }
    auto suspended = host_.domains.change(record.uuid, DomainVerb::Suspend);
    if (suspended) {
        std::lock_guard lock(stand_in->mutex);
        stand_in->settled = true;
        stand_in->suspended_at = host_.clock.steady();
    }
    return suspended;
}

base::Result<DomainStatus> StandInStates::end(const StandInRecord& record, DomainState from) {
    const auto until = host_.clock.steady() + host_.settings.stop_within;
    auto state = from;
    auto seen = host_.domains.eventsSeen();
    // A suspended one can't end by itself, and must not execute again for that.
    if (from == DomainState::Running) {
        auto asked = host_.domains.change(record.uuid, DomainVerb::AskToStop);
        if (!asked) host_.log.warning("stand-in {}: {}", record.name.text(), asked.error().message);
    }
    while (state != DomainState::Off && mayEndInOrder(from) && host_.clock.steady() < until) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - host_.clock.steady()) + 1ms;
        host_.domains.waitForEvent(seen, std::min<std::chrono::milliseconds>(left, recheck));
        seen = host_.domains.eventsSeen();
        auto status = host_.domains.status(record.uuid);
        if (!status) return base::failure(status.error());
        state = status->state == DomainState::Absent ? DomainState::Off : status->state;
    }
    if (state != DomainState::Off) {
        if (mayEndInOrder(from)) {
            host_.log.warning("stand-in {}: it did not end within {} ms and is destroyed", record.name.text(),
                              host_.settings.stop_within.count());
        }
        auto destroyed = host_.domains.change(record.uuid, DomainVerb::Destroy);
        // It may have ended by itself in this moment; bring() reads back.
        if (!destroyed && destroyed.error().code != ErrorCode::WrongState) return destroyed;
    }
    taps_.unwatch(record.name);
    return host_.domains.status(record.uuid);
}

void StandInStates::watch(const StandInRecord& record, bool from_the_start) {
    auto job = jobEndpointFrom(record.definition.address, record.definition.ports);
    auto watched = job ? taps_.watch(record.name, tapNameOf(host_.agent, record.name).text(), *job, from_the_start)
                       : base::Result<void>(base::failure(job.error()));
    // Every look at its requests says 'incomplete' then, and the next round of tending tries again.
    if (!watched)
        host_.log.debug("stand-in {}: its requests can't be followed: {}", record.name.text(), watched.error().message);
}

void StandInStates::watchIfNeeded(const StandInRecord& record, DomainState state) {
    const bool has_tap = state != DomainState::Off && state != DomainState::Absent && state != DomainState::Unknown;
    if (!has_tap || taps_.requests(record.name)) return;
    watch(record, state == DomainState::Paused);
}

}  // namespace standin::hypervisor
