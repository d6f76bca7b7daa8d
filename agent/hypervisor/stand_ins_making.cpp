// How stand-ins come to be and cease to be.
#include <Poco/UUIDGenerator.h>
#include <fmt/format.h>

#include "agent/base/units.hpp"
#include "agent/hypervisor/definition_check.hpp"
#include "agent/hypervisor/stand_ins.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using protocol::StandInState;
using Phase = StandInRecord::Phase;

}  // namespace

base::Result<protocol::StandIn> StandIns::make(const base::StandInName& name,
                                               const protocol::StandInDefinition& definition) {
    if (auto checked = checkDefinition(definition); !checked) return base::failure(checked.error());
    if (auto present = shelf_.find(name)) {
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
    std::lock_guard lock(admission_);
    auto host = supply();
    if (!host) return base::failure(host.error());
    Demand wanted;
    wanted.memory_mib = definition.memory_mib;
    wanted.memory_growth_mib = definition.memory_mib + overhead_per_guest_mib;
    wanted.vcpus = definition.vcpus;
    wanted.disk_growth_mib = disk_bytes / base::bytes_per_mib;
    if (auto fits = checkCapacity(*host, shelf_.demands(name), wanted); !fits) return base::failure(fits.error());
    if (auto failed = shelf_.find(name)) {
        if (failed->snapshot().phase != Phase::Failed) return get(name);  // another was faster
        if (auto cleared = clear(*failed); !cleared) return base::failure(cleared.error());
    }
    StandInRecord record;
    record.name = name;
    record.definition = definition;
    record.resources = {definition.memory_mib, definition.vcpus, definition.weight};
    record.uuid = Poco::UUIDGenerator::defaultGenerator().createRandom().toString();
    record.disk_bytes = disk_bytes;
    auto stand_in = shelf_.add(record);
    if (!stand_in) return base::failure(stand_in.error());
    if (auto queued = maker_->enqueue(*stand_in); !queued) {
        static_cast<void>(clear(**stand_in));
        return base::failure(queued.error());
    }
    log_.notice("stand-in {}: '' -> 'making' (image {})", name.text(), definition.image.text());
    return told(**stand_in, StandInState::Making);
}

base::Result<void> StandIns::remove(const base::StandInName& name) {
    auto stand_in = shelf_.find(name);
    if (!stand_in) return {};
    const auto unable = fmt::format("could not remove stand-in '{}'", name.text());
    if (auto cancelled = maker_->cancel(stand_in); !cancelled) return base::failure(cancelled.error());
    std::unique_lock verbs(stand_in->verbs, std::defer_lock);
    if (!verbs.try_lock_until(std::chrono::system_clock::now() + longest_wait_for_verbs))
        return base::failure(ErrorCode::Conflict, unable + ": it is busy with an earlier command; try again");
    if (auto marked = shelf_.change(*stand_in,
                                    [](StandInRecord& r) {
                                        r.phase = Phase::Removing;
                                        r.problem = "it is being removed";
                                    });
        !marked) {
        // A full disk must not stand in the way of the very thing that frees it.
        log_.warning("{}: {}", unable, marked.error().message);
    }
    if (auto cleared = clear(*stand_in); !cleared) return base::failure(cleared.error().within(unable));
    log_.notice("stand-in {}: removed", name.text());
    return {};
}

base::Result<protocol::StandIn> StandIns::keep(const base::StandInName& name) {
    if (auto present = existing(name); present && (*present)->snapshot().phase == Phase::Kept) return get(name);
    std::unique_lock<std::timed_mutex> verbs;
    auto stand_in = made(name, verbs);
    if (!stand_in) return base::failure(stand_in.error());
    if (auto stopped = states_.bring(*stand_in, StandInState::Stopped); !stopped) return base::failure(stopped.error());
    taps_.unwatch(name);
    const auto unable = fmt::format("could not keep only the disk of stand-in '{}'", name.text());
    if (auto undefined = domains_.undefine((*stand_in)->snapshot().uuid); !undefined)
        return base::failure(undefined.error().within(unable));
    if (auto kept = shelf_.change(**stand_in, [](StandInRecord& r) { r.phase = Phase::Kept; }); !kept)
        return base::failure(kept.error().within(unable));
    log_.notice("stand-in {}: 'stopped' -> 'kept' ({})", name.text(), directory_.diskOf(name));
    return told(**stand_in, StandInState::Kept);
}

base::Result<void> StandIns::clear(ShelvedStandIn& stand_in) {
    const auto record = stand_in.snapshot();
    taps_.unwatch(record.name);
    auto status = domains_.status(record.uuid);
    if (!status) return base::failure(status.error());
    if (status->state != DomainState::Absent && status->state != DomainState::Off) {
        auto destroyed = domains_.change(record.uuid, DomainVerb::Destroy);
        if (!destroyed && destroyed.error().code != ErrorCode::WrongState) return base::failure(destroyed.error());
    }
    if (auto undefined = domains_.undefine(record.uuid); !undefined) return undefined;
    if (auto removed = directory_.remove(record.name); !removed) return removed;
    shelf_.erase(record.name);
    return {};
}

}  // namespace standin::hypervisor
