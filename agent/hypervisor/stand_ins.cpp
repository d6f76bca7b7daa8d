#include "agent/hypervisor/stand_ins.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/units.hpp"
#include "agent/http/metrics.hpp"
#include "agent/hypervisor/definition_check.hpp"
#include "agent/hypervisor/growth.hpp"
#include "agent/hypervisor/host_memory.hpp"

namespace standin::hypervisor {

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using protocol::StandInState;
using Phase = StandInRecord::Phase;

constexpr std::uint64_t disk_margin_mib = 64;  // records, consoles and the file system's own

AccelerationProbe probeIn(const HypervisorSettings& settings) {
    auto probe = settings.probe;
    if (probe.cache_file.empty()) probe.cache_file = settings.stand_in_dir + "/acceleration.json";
    return probe;
}

}  // namespace

StandIns::StandIns(HypervisorSettings settings, base::AgentName agent, Domains& domains, ImageSource& images,
                   const base::Clock& clock, http::Metrics& metrics, const base::Log& log)
    : settings_(std::move(settings)),
      agent_(std::move(agent)),
      domains_(domains),
      images_(images),
      clock_(clock),
      metrics_(metrics),
      log_(log.named("hypervisor")),
      acceleration_(settings_.acceleration, probeIn(settings_)),
      directory_(settings_.stand_in_dir),
      shelf_(directory_),
      taps_(clock_, log_),
      clocks_(domains_, clock_, metrics_, log_),
      states_(agent_.text(), settings_, directory_, shelf_, domains_, taps_, clocks_, clock_, metrics_, log_) {}

StandIns::~StandIns() {
    stop();
}

base::Result<void> StandIns::start() {
    if (auto prepared = directory_.prepare(); !prepared) return prepared;
    if (auto loaded = shelf_.load(); !loaded) return loaded;
    acceleration_.find(settings_.uri);
    if (const auto found = acceleration_.current(); found.type == DomainType::Qemu)
        log_.warning("guests run by software emulation: {}", found.reason);
    maker_ =
        std::make_unique<StandInMaker>(StandInMaker::Ground{agent_.text(), settings_.bridge, settings_.landing_vlan,
                                                            settings_.network_offloads, settings_.kvm_program},
                                       acceleration_, directory_, shelf_, domains_, images_, metrics_, log_);
    trial_ =
        std::make_unique<KvmTrial>(settings_, agent_.text(), acceleration_, domains_, *maker_, states_, clock_, log_);
    if (auto started = taps_.start(); !started) return started;
    maker_->start();
    clocks_.start();
    tender_ = std::thread([this] { tend(); });
    return {};
}

void StandIns::stop() {
    {
        std::lock_guard lock(tending_);
        stopping_ = true;
        tending_changed_.notify_all();
    }
    if (tender_.joinable()) tender_.join();
    if (maker_) maker_->stop();
    clocks_.stop();
    taps_.stop();
}

std::vector<protocol::StandIn> StandIns::list() {
    std::vector<protocol::StandIn> result;
    for (const auto& stand_in : shelf_.all()) {
        if (auto told = get(stand_in->snapshot().name)) result.push_back(*told);
    }
    return result;
}

base::Result<ShelvedPtr> StandIns::existing(const base::StandInName& name) const {
    auto stand_in = shelf_.find(name);
    if (stand_in) return stand_in;
    return base::failure(ErrorCode::NotFound, fmt::format("stand-in '{}' does not exist", name.text()));
}

// A stand-in that is made, locked for acting upon it.
base::Result<ShelvedPtr> StandIns::made(const base::StandInName& name,
                                        std::unique_lock<std::timed_mutex>& verbs) const {
    auto stand_in = existing(name);
    if (!stand_in) return stand_in;
    verbs = std::unique_lock((*stand_in)->verbs, std::defer_lock);
    if (!verbs.try_lock_until(std::chrono::system_clock::now() + longest_wait_for_verbs)) {
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

protocol::StandIn StandIns::told(const ShelvedStandIn& stand_in, StandInState state) const {
    std::lock_guard lock(stand_in.mutex);
    const auto& record = stand_in.record;
    protocol::StandIn told;
    told.name = record.name;
    told.definition = record.definition;
    told.state = state;
    told.uuid = record.uuid;
    if (record.started_once) told.port = tapNameOf(agent_.text(), record.name);
    told.resources = record.resources;
    told.progress = stand_in.progress;
    if (state == StandInState::Running) told.clock = stand_in.clock;
    told.problem = record.problem;
    if (!stand_in.clock_warning.empty() && state == StandInState::Running)
        told.warnings.push_back(stand_in.clock_warning);
    if (!record.named_by_mac.empty()) {
        told.warnings.push_back(fmt::format(
            "network card: the image seems to name it by the server's MAC {}, in {}; a spare's card has another",
            record.definition.mac, record.named_by_mac));
    }
    const auto host = acceleration_.current();
    const bool as_host = record.accelerated_by.empty();
    if (as_host ? host.type == DomainType::Qemu : record.accelerated_by == "tcg") {
        told.warnings.push_back("acceleration: software emulation, " +
                                (as_host ? host.reason : record.emulated_because));
    }
    return told;
}

base::Result<protocol::StandIn> StandIns::get(const base::StandInName& name) {
    auto stand_in = existing(name);
    if (!stand_in) return base::failure(stand_in.error());
    const auto record = (*stand_in)->snapshot();
    if (record.phase == Phase::Making) return told(**stand_in, StandInState::Making);
    if (record.phase == Phase::Kept) return told(**stand_in, StandInState::Kept);
    if (record.phase != Phase::Made) return told(**stand_in, StandInState::Failed);
    const bool remade = (*stand_in)->isRemade();
    base::Result<DomainStatus> status = DomainStatus{};
    const auto problem = look(**stand_in, status);
    // It does not stay as it is: whoever waits for it waits on.
    if (remade || (status && trial_->startsAgain(**stand_in, *status, problem)))
        return told(**stand_in, StandInState::Making);
    auto answer = told(**stand_in, status ? standInStateOf(status->state) : StandInState::Unknown);
    if (!problem.empty()) answer.problem = problem;
    if (!status) answer.warnings.push_back("state: " + status.error().message);
    if (status && !status->oddity.empty()) answer.warnings.push_back("state: " + status->oddity);
    if (!status || status->state != DomainState::Running) return answer;
    auto view = domains_.view(record.uuid);
    if (!view) return answer;
    answer.resources = view->resources;
    if (answer.resources.weight == 0)
        answer.resources.weight = record.resources.weight;  // a host without CPU control groups
    if (!view->guest_agent)
        answer.warnings.push_back("guest_agent: none answers in it (yet); its clock can't be set after a resume");
    return answer;
}

// Its domain's state, and what is wrong with it. A command that is carried out meanwhile explains whatever is seen.
std::string StandIns::look(const ShelvedStandIn& stand_in, base::Result<DomainStatus>& status) const {
    const auto noted = [&] {
        std::lock_guard lock(stand_in.mutex);
        return std::pair(stand_in.commanded, stand_in.commands);
    };
    const auto record = stand_in.snapshot();
    const auto before = noted();
    status = domains_.status(record.uuid);
    if (!status || noted() != before) return "";
    return states_.problem(record, *status, before.first);
}

base::Result<Supply> StandIns::supply() {
    auto host = domains_.host();
    if (!host) return base::failure(host.error());
    auto free_bytes = directory_.freeBytes();
    if (!free_bytes) return base::failure(free_bytes.error());
    auto available = availableMemoryMib();
    if (!available) return base::failure(available.error());
    const auto less = [](std::uint64_t from, std::uint64_t amount) { return from > amount ? from - amount : 0; };
    const auto reserve_mib = settings_.reserve_memory_bytes / base::bytes_per_mib;
    Supply supply;
    supply.memory_mib = less(host->memory_mib, reserve_mib);
    supply.memory_available_mib = less(*available, reserve_mib);
    supply.cpus = host->cpus;
    supply.vcpus_per_cpu = settings_.vcpus_per_cpu;
    supply.disk_free_mib = less(*free_bytes / base::bytes_per_mib, disk_margin_mib);
    supply.run_at_once = settings_.run_at_once;
    return supply;
}

base::Result<protocol::StandIn> StandIns::setState(const base::StandInName& name, StandInState wanted) {
    if (wanted == StandInState::Kept) return keep(name);
    std::unique_lock<std::timed_mutex> verbs;
    auto stand_in = made(name, verbs);
    if (!stand_in) return base::failure(stand_in.error());
    auto brought = states_.bring(*stand_in, wanted);
    if (!brought && wanted == StandInState::Running && trial_->emulateAfterFailedStart(*stand_in, brought.error()))
        brought = states_.bring(*stand_in, wanted);
    if (!brought) return base::failure(brought.error());
    return told(**stand_in, wanted);
}

base::Result<protocol::StandIn> StandIns::setResources(const base::StandInName& name,
                                                       const protocol::StandInResources& resources) {
    std::unique_lock<std::timed_mutex> verbs;
    auto stand_in = made(name, verbs);
    if (!stand_in) return base::failure(stand_in.error());
    const auto record = (*stand_in)->snapshot();
    const auto unable = fmt::format("could not give stand-in '{}' other resources", name.text());
    if (auto checked = checkResources(resources, record.definition); !checked)
        return base::failure(checked.error().within(unable));
    std::unique_lock lock(admission_);
    auto host = supply();
    if (!host) return base::failure(host.error().within(unable));
    Demand wanted;
    wanted.memory_mib = resources.memory_mib;
    wanted.memory_growth_mib = resources.memory_mib - std::min(resources.memory_mib, record.resources.memory_mib);
    wanted.vcpus = resources.vcpus;
    // Giving back needs no room, even where more was promised than there is now.
    const bool grows = wanted.memory_growth_mib > 0 || resources.vcpus > record.resources.vcpus;
    if (grows) {
        if (auto fits = checkCapacity(*host, shelf_.demands(name), wanted); !fits)
            return base::failure(fits.error().within(unable));
    }
    if (auto set = domains_.setResources(record.uuid, resources); !set)
        return base::failure(set.error().within(unable));
    if (auto saved = shelf_.change(**stand_in, [&](StandInRecord& r) { r.resources = resources; }); !saved)
        return base::failure(saved.error());
    log_.notice("stand-in {}: resources memory_mib={} vcpus={} weight={}", name.text(), resources.memory_mib,
                resources.vcpus, resources.weight);
    lock.unlock();
    auto answer = get(name);
    if (!answer || answer->state != StandInState::Running || acceleration_.current().type == DomainType::Test) return answer;
    auto growth = awaitGrowth(domains_, clock_, record.uuid, resources);
    if (!growth) return base::failure(growth.error().within(unable));
    answer->resources.memory_mib = growth->resources.memory_mib;
    answer->resources.vcpus = growth->resources.vcpus;
    if (!growth->problem.empty()) {
        answer->warnings.push_back("growth: " + growth->problem);
        log_.warning("stand-in {}: {}", name.text(), growth->problem);
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
    const auto problem = look(**stand_in, status);
    if (status && (status->state == DomainState::Halted || status->state == DomainState::OutOfSpace)) {
        return base::failure(ErrorCode::WrongState,
                             fmt::format("stand-in '{}' answers no request any more: {}", name.text(), problem));
    }
    if (auto seen = taps_.requests(name)) return *seen;
    if (!status) return base::failure(status.error());
    protocol::StandInRequests none;
    none.complete =
        status->state == DomainState::Off || status->state == DomainState::Absent;  // what is off has none for certain
    states_.watchIfNeeded(record, status->state);
    return none;
}

base::Result<protocol::Capacity> StandIns::capacity() {
    auto host = supply();
    if (!host) return base::failure(host.error());
    const auto demands = shelf_.demands();
    const auto sum = together(demands, settings_.run_at_once);
    protocol::Capacity capacity;
    capacity.memory_mib = host->memory_mib;
    capacity.memory_committed_mib = sum.memory_mib;
    capacity.memory_overhead_mib = overhead_per_guest_mib;
    capacity.cpus = host->cpus;
    capacity.vcpus_committed = sum.vcpus;
    capacity.disk_free_mib = host->disk_free_mib - std::min(host->disk_free_mib, sum.disk_growth_mib);
    capacity.stand_ins = demands.size();
    for (const auto& stand_in : shelf_.all()) capacity.kept_disks += stand_in->snapshot().phase == Phase::Kept ? 1 : 0;
    capacity.acceleration = acceleration_.current().name();
    return capacity;
}

}  // namespace standin::hypervisor
