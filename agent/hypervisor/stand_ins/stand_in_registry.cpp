#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"

#include "agent/base/units.hpp"

namespace standin::hypervisor {

namespace {

using Phase = StandInRecord::Phase;

}  // namespace

StandInRegistry::StandInRegistry(StandInDirectory& directory) : directory_(directory) {}

base::Result<void> StandInRegistry::load() {
    std::lock_guard lock(mutex_);
    unreadable_.clear();
    auto records = directory_.load(unreadable_);
    if (!records) return base::failure(records.error());
    for (auto& record : *records) {
        if (record.phase == Phase::Making || record.phase == Phase::Removing) {
            record.problem = record.phase == Phase::Making
                                 ? "the agent ended while it was being made; PUT it again or DELETE it"
                                 : "the agent ended while it was being removed; DELETE it again";
            record.phase = Phase::Failed;
            if (auto saved = directory_.save(record); !saved) return saved;
        }
        auto stand_in = std::make_shared<StandInEntry>();
        stand_in->record = record;
        stand_ins_[record.name] = std::move(stand_in);
    }
    return {};
}

StandInEntryPtr StandInRegistry::find(const base::StandInName& name) const {
    std::lock_guard lock(mutex_);
    auto found = stand_ins_.find(name);
    return found == stand_ins_.end() ? nullptr : found->second;
}

std::vector<StandInEntryPtr> StandInRegistry::all() const {
    std::lock_guard lock(mutex_);
    std::vector<StandInEntryPtr> result;
    for (const auto& [name, stand_in] : stand_ins_) result.push_back(stand_in);
    return result;
}

std::vector<std::string> StandInRegistry::unreadable() const {
    std::lock_guard lock(mutex_);
    return unreadable_;
}

base::Result<StandInEntryPtr> StandInRegistry::add(StandInRecord record) {
    if (auto saved = directory_.save(record); !saved) return base::failure(saved.error());
    auto stand_in = std::make_shared<StandInEntry>();
    stand_in->record = std::move(record);
    std::lock_guard lock(mutex_);
    stand_ins_[stand_in->record.name] = stand_in;
    return stand_in;
}

base::Result<void> StandInRegistry::change(StandInEntry& stand_in, const std::function<void(StandInRecord&)>& edit) {
    std::lock_guard lock(stand_in.mutex);
    auto record = stand_in.record;
    edit(record);
    auto saved = directory_.save(record);
    if (saved) stand_in.record = std::move(record);
    return saved;
}

void StandInRegistry::erase(const base::StandInName& name) {
    std::lock_guard lock(mutex_);
    stand_ins_.erase(name);
}

std::vector<ResourceRequest> StandInRegistry::requests(const base::StandInName& except) const {
    std::vector<ResourceRequest> result;
    for (const auto& stand_in : all()) {
        const auto record = stand_in->snapshot();
        // Of a kept one the disk is there already; nothing of it runs any more.
        if (record.name == except || record.phase == Phase::Failed || record.phase == Phase::Kept) continue;
        const auto taken = directory_.allocatedBytes(record.name);
        ResourceRequest request;
        request.memory_mib = record.resources.memory_mib;
        request.vcpus = record.resources.vcpus;
        request.disk_growth_mib = record.disk_bytes > taken ? (record.disk_bytes - taken) / base::bytes_per_mib : 0;
        result.push_back(request);
    }
    return result;
}

}  // namespace standin::hypervisor
