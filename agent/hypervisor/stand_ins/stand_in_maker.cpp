#include "agent/hypervisor/stand_ins/stand_in_maker.hpp"

#include <chrono>

#include "agent/base/boundary.hpp"
#include "agent/http/metrics.hpp"
#include "agent/hypervisor/libvirt/cpu_weights.hpp"
#include "agent/hypervisor/stand_ins/mac_names.hpp"

namespace standin::hypervisor {

namespace {

using base::ErrorCode;
using Phase = StandInRecord::Phase;

constexpr std::size_t makers =
    2;  // one fetches while another waits for libvirt; more would only share the same disk and network
constexpr std::size_t longest_queue = 64;
constexpr std::chrono::seconds to_let_go{15};  // a block is fetched or given up within 10 s

}  // namespace

StandInMaker::StandInMaker(const HostContext& host, const HostAcceleration& acceleration, StandInDirectory& directory,
                           StandInRegistry& registry, ImageSource& images)
    : host_(host), acceleration_(acceleration), directory_(directory), registry_(registry), images_(images) {}

void StandInMaker::start() {
    workers_.start(
        "maker", [this](const auto& stop) { run(stop); }, makers);
}

void StandInMaker::stop() {
    {
        std::lock_guard lock(mutex_);
        workers_.requestStop();
        for (const auto& stand_in : at_work_) stand_in->cancelled = true;
    }
    workers_.stop();
}

base::Result<void> StandInMaker::enqueue(StandInEntryPtr stand_in) {
    std::lock_guard lock(mutex_);
    const bool stopping = workers_.isStopping();
    if (stopping || queue_.size() >= longest_queue) {
        return base::failure(ErrorCode::Refused, stopping ? "the agent is stopping"
                                                          : "too many stand-ins wait to be made; try again later");
    }
    {
        std::lock_guard inner(stand_in->mutex);
        stand_in->being_made = true;
        stand_in->cancelled = false;
    }
    queue_.push_back(std::move(stand_in));
    work_.notify_one();
    return {};
}

base::Result<void> StandInMaker::cancel(const StandInEntryPtr& asked) {
    auto& stand_in = *asked;
    {
        std::lock_guard lock(mutex_);
        if (std::erase(queue_, asked) > 0) {
            std::lock_guard inner(stand_in.mutex);
            stand_in.being_made = false;
        }
    }
    std::unique_lock lock(stand_in.mutex);
    stand_in.cancelled = true;
    if (stand_in.let_go.wait_for(lock, to_let_go, [&] { return !stand_in.being_made; })) return {};
    return base::failure(ErrorCode::TimedOut,
                         "could not end the making of stand-in '" + stand_in.record.name.text() + "'; try again");
}

void StandInMaker::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (true) {
        work_.wait(lock, stop, [&] { return !queue_.empty(); });
        if (queue_.empty()) return;
        auto stand_in = std::move(queue_.front());
        queue_.pop_front();
        if (stop.stop_requested()) stand_in->cancelled = true;
        at_work_.push_back(stand_in);
        lock.unlock();
        const auto begun = std::chrono::steady_clock::now();
        base::Result<void> outcome;
        const auto made = base::contained([&] { outcome = make(*stand_in); });
        if (!made) outcome = base::failure(made.error());
        const auto finished = base::contained([&] { finish(*stand_in, outcome); });
        if (!finished) letGo(*stand_in, finished.error().message);
        host_.metrics.observeSeconds("standin_stand_in_make_seconds",
                                     "time from the beginning of a stand-in's making to its end",
                                     std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(),
                                     {{"outcome", outcome ? "made" : "failed"}});
        lock.lock();
        std::erase(at_work_, stand_in);
    }
}

/// The outcome could not be saved: after a restart the record's phase 'making' means the same.
void StandInMaker::letGo(StandInEntry& stand_in, const std::string& problem) {
    std::lock_guard lock(stand_in.mutex);
    host_.log.error("stand-in {}: {}", stand_in.record.name.text(), problem);
    stand_in.record.phase = Phase::Failed;
    stand_in.record.problem = problem;
    stand_in.being_made = false;
    stand_in.let_go.notify_all();
}

void StandInMaker::finish(StandInEntry& stand_in, const base::Result<void>& outcome) {
    const auto name = stand_in.snapshot().name;
    if (!outcome) directory_.removeDisk(name);  // it is not used any more, and its space is needed
    auto saved = registry_.change(stand_in, [&](StandInRecord& record) {
        record.phase = outcome ? Phase::Made : Phase::Failed;
        record.problem = outcome ? "" : outcome.error().message;
    });
    if (!outcome) host_.log.error("stand-in {} could not be made: {}", name.text(), outcome.error().message);
    if (!saved) host_.log.error("stand-in {}: {}", name.text(), saved.error().message);
    if (outcome && saved)
        host_.log.notice("stand-in {}: 'making' -> 'stopped' (disk and definition are there)", name.text());
    std::lock_guard lock(stand_in.mutex);
    if (!saved) {  // e.g. the disk is full; after a restart the record's phase 'making' means the same
        stand_in.record.phase = Phase::Failed;
        stand_in.record.problem = saved.error().message;
    }
    stand_in.being_made = false;
    stand_in.let_go.notify_all();
}

// It is the stand-in's as well, so its proof does not show it; a spare would be found out to have no network in a
// failover.
void StandInMaker::lookForMac(StandInEntry& stand_in, const StandInRecord& record) {
    const auto named = cardsNamedByMac(directory_.diskOf(record.name), record.definition.mac, stand_in.cancelled);
    if (!named) return host_.log.warning("stand-in {}: {}", record.name.text(), named.error().message);
    auto saved = registry_.change(stand_in, [&](StandInRecord& changed) { changed.named_by_mac = *named; });
    if (!saved) host_.log.warning("stand-in {}: {}", record.name.text(), saved.error().message);
}

base::Result<void> StandInMaker::make(StandInEntry& stand_in) {
    const auto record = stand_in.snapshot();
    const auto tell = [&](const protocol::Progress& progress) {
        std::lock_guard lock(stand_in.mutex);
        stand_in.progress = progress;
    };
    auto fetched = images_.fetch(record.definition.image_url, record.definition.image, directory_.diskOf(record.name),
                                 tell, stand_in.cancelled);
    if (!fetched) return fetched;
    lookForMac(stand_in, record);
    if (stand_in.cancelled) return base::failure(ErrorCode::Refused, "its making was ended");
    return define(stand_in, acceleration_.current());
}

base::Result<void> StandInMaker::define(StandInEntry& stand_in, const Acceleration& acceleration) {
    auto saved = registry_.change(stand_in, [&](StandInRecord& record) {
        record.accelerated_by = acceleration.name();
        record.emulated_because = acceleration.type == DomainType::Qemu ? acceleration.reason : "";
    });
    if (!saved) return saved;
    const auto record = stand_in.snapshot();
    DomainPlace place;
    place.agent = host_.agent;
    place.directory = directory_.pathOf(record.name);
    place.uuid = record.uuid;
    place.bridge = host_.settings.bridge;
    place.landing_vlan = host_.settings.landing_vlan;
    place.offloads = host_.settings.network_offloads;
    place.cpu_shares = CpuWeights::ofThisHost().sharesOf(record.definition.weight);
    place.type = acceleration.type;
    place.kvm_program = host_.settings.kvm_program;
    const auto xml = domainXml(record.name, record.definition, place);
    if (saved = directory_.saveDefinition(record.name, xml); !saved) return saved;
    return host_.domains.define(xml);
}

}  // namespace standin::hypervisor
