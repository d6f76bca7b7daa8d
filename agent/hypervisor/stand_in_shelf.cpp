#include "agent/hypervisor/stand_in_shelf.hpp"

#include "agent/base/units.hpp"

namespace standin::hypervisor {

namespace {

using Phase = StandInRecord::Phase;

}  // namespace

StandInShelf::StandInShelf(StandInDirectory& directory) : directory_(directory) {}

base::Result<void> StandInShelf::load() {
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
        auto stand_in = std::make_shared<ShelvedStandIn>();
        stand_in->record = record;
        stand_ins_[record.name] = std::move(stand_in);
    }
    return {};
}

ShelvedPtr StandInShelf::find(const base::StandInName& name) const {
    std::lock_guard lock(mutex_);
    auto found = stand_ins_.find(name);
    return found == stand_ins_.end() ? nullptr : found->second;
}

std::vector<ShelvedPtr> StandInShelf::all() const {
    std::lock_guard lock(mutex_);
    std::vector<ShelvedPtr> result;
    for (const auto& [name, stand_in] : stand_ins_) result.push_back(stand_in);
    return result;
}

std::vector<std::string> StandInShelf::unreadable() const {
    std::lock_guard lock(mutex_);
    return unreadable_;
}

base::Result<ShelvedPtr> StandInShelf::add(StandInRecord record) {
    if (auto saved = directory_.save(record); !saved) return base::failure(saved.error());
    auto stand_in = std::make_shared<ShelvedStandIn>();
    stand_in->record = std::move(record);
    std::lock_guard lock(mutex_);
    stand_ins_[stand_in->record.name] = stand_in;
    return stand_in;
}

base::Result<void> StandInShelf::change(ShelvedStandIn& stand_in, const std::function<void(StandInRecord&)>& edit) {
    std::lock_guard lock(stand_in.mutex);
    auto record = stand_in.record;
    edit(record);
    auto saved = directory_.save(record);
    if (saved) stand_in.record = std::move(record);
    return saved;
}

void StandInShelf::erase(const base::StandInName& name) {
    std::lock_guard lock(mutex_);
    stand_ins_.erase(name);
}

std::vector<Demand> StandInShelf::demands(const base::StandInName& except) const {
    std::vector<Demand> result;
    for (const auto& stand_in : all()) {
        const auto record = stand_in->snapshot();
        // Of a kept one the disk is there already; nothing of it runs any more.
        if (record.name == except || record.phase == Phase::Failed || record.phase == Phase::Kept) continue;
        const auto taken = directory_.allocatedBytes(record.name);
        Demand demand;
        demand.memory_mib = record.resources.memory_mib;
        demand.vcpus = record.resources.vcpus;
        demand.disk_growth_mib = record.disk_bytes > taken ? (record.disk_bytes - taken) / base::bytes_per_mib : 0;
        result.push_back(demand);
    }
    return result;
}

}  // namespace standin::hypervisor
