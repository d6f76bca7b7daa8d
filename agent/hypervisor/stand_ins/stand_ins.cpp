#include "agent/hypervisor/stand_ins/stand_ins.hpp"

#include <Poco/UUIDGenerator.h>
#include <fmt/format.h>

#include <algorithm>

#include "agent/base/units.hpp"
#include "agent/http/metrics.hpp"
#include "agent/hypervisor/stand_ins/definition_check.hpp"
#include "agent/hypervisor/stand_ins/growth.hpp"
#include "agent/hypervisor/stand_ins/stand_in_health.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using protocol::StandInState;
using Phase = StandInRecord::Phase;

AccelerationProbe probeIn(const HypervisorSettings& settings) {
    auto probe = settings.probe;
    if (probe.cache_file.empty()) probe.cache_file = settings.stand_in_dir + "/acceleration.json";
    return probe;
}

}  // namespace

StandIns::StandIns(HostContext host, ImageSource& images)
    : host_(std::move(host)),
      images_(images),
      acceleration_(host_.settings.acceleration, probeIn(host_.settings)),
      directory_(host_.settings.stand_in_dir),
      registry_(directory_),
      taps_(host_.clock, host_.log),
      clocks_(host_.domains, host_.clock, host_.metrics, host_.log),
      states_(host_, directory_, registry_, taps_, clocks_),
      maker_(host_, acceleration_, directory_, registry_, images_),
      trial_(host_, acceleration_, maker_, states_),
      admission_(host_.settings, directory_, registry_, host_.domains),
      inspector_(host_.agent, host_.domains, acceleration_, states_, trial_),
      reconciler_(host_, registry_, inspector_, states_, trial_, taps_) {}

StandIns::~StandIns() {
    stop();
}

base::Result<void> StandIns::start() {
    if (auto prepared = directory_.prepare(); !prepared) return prepared;
    if (auto loaded = registry_.load(); !loaded) return loaded;
    acceleration_.find(host_.settings.uri);
    if (const auto found = acceleration_.current(); found.type == DomainType::Qemu)
        host_.log.warning("guests run by software emulation: {}", found.reason);
    if (auto started = taps_.start(); !started) return started;
    maker_.start();
    clocks_.start();
    reconciler_.start();
    return {};
}

void StandIns::stop() {
    reconciler_.stop();
    maker_.stop();
    clocks_.stop();
    taps_.stop();
}

std::vector<protocol::StandIn> StandIns::list() {
    std::vector<protocol::StandIn> result;
    for (const auto& stand_in : registry_.all()) {
        if (auto shown = get(stand_in->snapshot().name)) result.push_back(*shown);
    }
    return result;
}

base::Result<StandInEntryPtr> StandIns::existing(const base::StandInName& name) const {
    auto stand_in = registry_.find(name);
    if (stand_in) return stand_in;
    return base::failure(ErrorCode::NotFound, fmt::format("stand-in '{}' does not exist", name.text()));
}

// A stand-in that is made, locked for acting upon it.
base::Result<StandInEntryPtr> StandIns::made(const base::StandInName& name,
                                             std::unique_lock<std::timed_mutex>& command_lock) const {
    auto stand_in = existing(name);
    if (!stand_in) return stand_in;
    command_lock = std::unique_lock((*stand_in)->command_mutex, std::defer_lock);
    if (!command_lock.try_lock_until(std::chrono::system_clock::now() + longest_wait_for_command)) {
        return base::failure(
            ErrorCode::Conflict,
            fmt::format("stand-in '{}' is still busy with an earlier command; try again", name.text()));
    }
    const auto record = (*stand_in)->snapshot();
    if (record.phase == Phase::Made) return stand_in;
    if (record.phase == Phase::Kept) {
        return base::failure(
            ErrorCode::WrongState,
            fmt::format("only the disk of stand-in '{}' is kept, for what its job wrote; it does not run any more",
                        name.text()));
    }
    return base::failure(ErrorCode::WrongState,
                         record.phase == Phase::Making
                             ? fmt::format("stand-in '{}' is still being made", name.text())
                             : fmt::format("stand-in '{}' could not be made: {}", name.text(), record.problem));
}

base::Result<protocol::StandIn> StandIns::get(const base::StandInName& name) {
    auto stand_in = existing(name);
    if (!stand_in) return base::failure(stand_in.error());
    return inspector_.inspect(**stand_in);
}

base::Result<protocol::StandIn> StandIns::make(const base::StandInName& name,
                                               const protocol::StandInDefinition& definition) {
    if (auto checked = checkDefinition(definition); !checked) return base::failure(checked.error());
    if (auto present = registry_.find(name)) {
        const auto record = present->snapshot();
        if (record.phase == Phase::Kept) {
            return base::failure(
                ErrorCode::Conflict,
                fmt::format("the disk of an earlier stand-in '{}' is kept; take another name", name.text()));
        }
        if (record.phase != Phase::Failed && record.definition == definition) return get(name);
        if (record.phase != Phase::Failed) {
            return base::failure(
                ErrorCode::Conflict,
                fmt::format("stand-in '{}' is there with another definition; DELETE it first or take another name",
                            name.text()));
        }
    }
    const auto unable = fmt::format("could not make stand-in '{}'", name.text());
    auto image = images_.describe(definition.image_url, definition.image);
    if (!image) return base::failure(image.error().within(unable));
    auto admitted = admit(name, definition, image->size_bytes);
    if (!admitted) return base::failure(admitted.error().within(unable));
    return admitted;
}

// Checks for room and promises it (S116).
base::Result<protocol::StandIn> StandIns::admit(const base::StandInName& name,
                                                const protocol::StandInDefinition& definition,
                                                std::uint64_t disk_bytes) {
    const auto lock = admission_.lock();
    ResourceRequest wanted;
    wanted.memory_mib = definition.memory_mib;
    wanted.memory_growth_mib = definition.memory_mib + overhead_per_guest_mib;
    wanted.vcpus = definition.vcpus;
    wanted.disk_growth_mib = disk_bytes / base::bytes_per_mib;
    if (auto fits = admission_.check(name, wanted); !fits) return base::failure(fits.error());
    if (auto failed = registry_.find(name)) {
        if (failed->snapshot().phase != Phase::Failed) return get(name);  // another was faster
        if (auto cleared = clear(*failed); !cleared) return base::failure(cleared.error());
    }
    StandInRecord record;
    record.name = name;
    record.definition = definition;
    record.resources = {definition.memory_mib, definition.vcpus, definition.weight};
    record.uuid = Poco::UUIDGenerator::defaultGenerator().createRandom().toString();
    record.disk_bytes = disk_bytes;
    auto stand_in = registry_.add(record);
    if (!stand_in) return base::failure(stand_in.error());
    if (auto queued = maker_.enqueue(*stand_in); !queued) {
        static_cast<void>(clear(**stand_in));
        return base::failure(queued.error());
    }
    host_.log.notice("stand-in {}: '' -> 'making' (image {})", name.text(), definition.image.text());
    return inspector_.describe(**stand_in, StandInState::Making);
}

base::Result<void> StandIns::remove(const base::StandInName& name) {
    auto stand_in = registry_.find(name);
    if (!stand_in) return {};
    const auto unable = fmt::format("could not remove stand-in '{}'", name.text());
    if (auto cancelled = maker_.cancel(stand_in); !cancelled) return base::failure(cancelled.error());
    std::unique_lock command_lock(stand_in->command_mutex, std::defer_lock);
    if (!command_lock.try_lock_until(std::chrono::system_clock::now() + longest_wait_for_command))
        return base::failure(ErrorCode::Conflict, unable + ": it is busy with an earlier command; try again");
    if (auto marked = registry_.change(*stand_in,
                                       [](StandInRecord& r) {
                                           r.phase = Phase::Removing;
                                           r.problem = "it is being removed";
                                       });
        !marked) {
        // A full disk must not prevent the removal that frees it.
        host_.log.warning("{}: {}", unable, marked.error().message);
    }
    if (auto cleared = clear(*stand_in); !cleared) return base::failure(cleared.error().within(unable));
    host_.log.notice("stand-in {}: removed", name.text());
    return {};
}

base::Result<protocol::StandIn> StandIns::keep(const base::StandInName& name) {
    if (auto present = existing(name); present && (*present)->snapshot().phase == Phase::Kept) return get(name);
    std::unique_lock<std::timed_mutex> command_lock;
    auto stand_in = made(name, command_lock);
    if (!stand_in) return base::failure(stand_in.error());
    if (auto stopped = states_.bring(*stand_in, StandInState::Stopped); !stopped) return base::failure(stopped.error());
    taps_.unwatch(name);
    const auto unable = fmt::format("could not keep only the disk of stand-in '{}'", name.text());
    if (auto undefined = host_.domains.undefine((*stand_in)->snapshot().uuid); !undefined)
        return base::failure(undefined.error().within(unable));
    if (auto kept = registry_.change(**stand_in, [](StandInRecord& r) { r.phase = Phase::Kept; }); !kept)
        return base::failure(kept.error().within(unable));
    host_.log.notice("stand-in {}: 'stopped' -> 'kept' ({})", name.text(), directory_.diskOf(name));
    return inspector_.describe(**stand_in, StandInState::Kept);
}

base::Result<void> StandIns::clear(StandInEntry& stand_in) {
    const auto record = stand_in.snapshot();
    taps_.unwatch(record.name);
    auto status = host_.domains.status(record.uuid);
    if (!status) return base::failure(status.error());
    if (status->state != DomainState::Absent && status->state != DomainState::Off) {
        auto destroyed = host_.domains.change(record.uuid, DomainVerb::Destroy);
        if (!destroyed && destroyed.error().code != ErrorCode::WrongState) return base::failure(destroyed.error());
    }
    if (auto undefined = host_.domains.undefine(record.uuid); !undefined) return undefined;
    if (auto removed = directory_.remove(record.name); !removed) return removed;
    registry_.erase(record.name);
    return {};
}

base::Result<protocol::StandIn> StandIns::setState(const base::StandInName& name, StandInState wanted) {
    if (wanted == StandInState::Kept) return keep(name);
    std::unique_lock<std::timed_mutex> command_lock;
    auto stand_in = made(name, command_lock);
    if (!stand_in) return base::failure(stand_in.error());
    auto brought = states_.bring(*stand_in, wanted);
    if (!brought && wanted == StandInState::Running && trial_.emulateAfterFailedStart(*stand_in, brought.error()))
        brought = states_.bring(*stand_in, wanted);
    if (!brought) return base::failure(brought.error());
    return inspector_.describe(**stand_in, wanted);
}

base::Result<protocol::StandIn> StandIns::setResources(const base::StandInName& name,
                                                       const protocol::StandInResources& resources) {
    std::unique_lock<std::timed_mutex> command_lock;
    auto stand_in = made(name, command_lock);
    if (!stand_in) return base::failure(stand_in.error());
    const auto record = (*stand_in)->snapshot();
    const auto unable = fmt::format("could not give stand-in '{}' other resources", name.text());
    if (auto checked = checkResources(resources, record.definition); !checked)
        return base::failure(checked.error().within(unable));
    auto lock = admission_.lock();
    ResourceRequest wanted;
    wanted.memory_mib = resources.memory_mib;
    wanted.memory_growth_mib = resources.memory_mib - std::min(resources.memory_mib, record.resources.memory_mib);
    wanted.vcpus = resources.vcpus;
    // Giving back needs no room, even where more was promised than there is now.
    const bool grows = wanted.memory_growth_mib > 0 || resources.vcpus > record.resources.vcpus;
    if (grows) {
        if (auto fits = admission_.check(name, wanted); !fits) return base::failure(fits.error().within(unable));
    }
    if (auto set = host_.domains.setResources(record.uuid, resources); !set)
        return base::failure(set.error().within(unable));
    if (auto saved = registry_.change(**stand_in, [&](StandInRecord& r) { r.resources = resources; }); !saved)
        return base::failure(saved.error());
    host_.log.notice("stand-in {}: resources memory_mib={} vcpus={} weight={}", name.text(), resources.memory_mib,
                     resources.vcpus, resources.weight);
    lock.unlock();
    auto answer = get(name);
    if (!answer || answer->state != StandInState::Running || acceleration_.current().type == DomainType::Test)
        return answer;
    auto growth = awaitGrowth(host_.domains, host_.clock, record.uuid, resources);
    if (!growth) return base::failure(growth.error().within(unable));
    answer->resources.memory_mib = growth->resources.memory_mib;
    answer->resources.vcpus = growth->resources.vcpus;
    if (!growth->problem.empty()) {
        answer->warnings.push_back("growth: " + growth->problem);
        host_.log.warning("stand-in {}: {}", name.text(), growth->problem);
    }
    return answer;
}

base::Result<protocol::GuestClock> StandIns::clock(const base::StandInName& name, std::chrono::milliseconds within) {
    auto stand_in = existing(name);
    if (!stand_in) return base::failure(stand_in.error());
    return clocks_.await(**stand_in, within);
}

base::Result<protocol::StandInRequests> StandIns::requests(const base::StandInName& name) {
    auto stand_in = existing(name);
    if (!stand_in) return base::failure(stand_in.error());
    const auto record = (*stand_in)->snapshot();
    if (record.phase == Phase::Kept) return protocol::StandInRequests{0, 0, true};
    if (record.phase != Phase::Made) {
        return base::failure(ErrorCode::WrongState,
                             fmt::format("stand-in '{}' is not made, so it has no requests", name.text()));
    }
    base::Result<DomainStatus> status = DomainStatus{};
    const auto problem = inspector_.look(**stand_in, status);
    if (status && (status->state == DomainState::Halted || status->state == DomainState::OutOfSpace)) {
        return base::failure(ErrorCode::WrongState,
                             fmt::format("stand-in '{}' answers no request any more: {}", name.text(), problem));
    }
    if (auto seen = taps_.requests(name)) return *seen;
    if (!status) return base::failure(status.error());
    protocol::StandInRequests none;
    none.complete = status->state == DomainState::Off ||
                    status->state == DomainState::Absent;  // a guest that is off has none for certain
    states_.watchIfNeeded(record, status->state);
    return none;
}

base::Result<protocol::Capacity> StandIns::capacity() {
    auto capacity = admission_.capacity();
    if (capacity) capacity->acceleration = acceleration_.current().name();
    return capacity;
}

void StandIns::checkHealth(protocol::Health& health) {
    auto host = host_.domains.host();
    checkHost(health,
              {host_.settings, acceleration_.current(), host ? base::Result<void>{} : base::failure(host.error())});
    checkStandIns(health, registry_, acceleration_.current());
}

}  // namespace standin::hypervisor
