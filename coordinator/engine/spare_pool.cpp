#include "coordinator/engine/spare_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/protocol/json_text.hpp"
#include "coordinator/journal/operation_json.hpp"

namespace standin::engine {

using base::ErrorCode;
using domain::Lease;
using domain::SpareTableRow;

void SparePool::restore(std::vector<SpareTableRow> rows, std::vector<Lease> leases) {
    table_.restore(std::move(rows), std::move(leases));
    for (const auto& [name, spare] : context_.inventory.spares) {
        if (table_.lease(name) == nullptr) free_.emplace(name, &spare);
    }
}

base::Result<void> SparePool::set(const base::ServerName& server, const base::SpareName& spare,
                                  const base::ImageId& image) {
    if (auto set = table_.set(server, spare, image); !set) return set;
    setRow(*table_.row(server));
    leasesChanged();
    return {};
}

void SparePool::unset(const base::ServerName& server) {
    auto unset = table_.unset(server);
    STANDIN_ASSERT(unset.has_value());
    auto& entry = batch_.entry();
    std::erase_if(entry.rows, [&](const auto& row) { return row.server == server; });
    entry.removed_rows.push_back(server);
    leasesChanged();
    batch_.publish({"row", context_.now(), 0, server.text(),
                    fmt::format("spare table: server '{}' has no row any more", server.text()),
                    protocol::jsonText(nlohmann::json{{"server", server.text()}, {"removed", true}}), 0});
}

void SparePool::setRow(const SpareTableRow& row) {
    auto updated = table_.update(row);
    STANDIN_ASSERT(updated.has_value());
    auto& entry = batch_.entry();
    entry.rows.push_back(row);
    std::erase(entry.removed_rows, row.server);
    if (!context_.events.wants("row")) return;
    batch_.publish({"row", context_.now(), 0, row.server.text(),
                    fmt::format("spare table: server '{}', spare '{}', standin_ready={}{}", row.server.text(),
                                row.spare.text(), row.standin_ready, row.note.empty() ? "" : " (" + row.note + ")"),
                    context_.events.wantsData() ? protocol::jsonText(journal::toJson(row)) : "", 0});
}

void SparePool::addFound(const SpareTableRow& row) {
    if (table_.addFound(row)) setRow(row);
}

base::Result<void> SparePool::lease(const base::SpareName& spare, const domain::Operation& failover) {
    const auto carried = standInCarriedBy(context_.inventory.spares.at(spare));
    if (!carried.empty())
        return base::failure(ErrorCode::Refused, fmt::format("spare '{}' carries {}", spare.text(), carried));
    auto leased = table_.leaseFor(spare, failover.server, failover.id);
    leasesChanged();
    return leased;
}

void SparePool::leaseAsFound(const base::SpareName& spare, const base::ServerName& server) {
    if (table_.leaseAsFound(spare, server)) leasesChanged();
}

void SparePool::release(const std::vector<base::SpareName>& spares, domain::OperationId failover) {
    for (const auto& spare : spares) table_.release(spare, failover);
    leasesChanged();
}

void SparePool::freeSparesOf(const base::ServerName& server) {
    std::vector<Lease> leases;
    for (const auto& [spare, lease] : table_.leases()) {
        if (lease.server == server) leases.push_back(lease);
    }
    for (const auto& lease : leases) {
        const auto* failover = operations_.find(lease.failover);
        if (lease.failover == 0) {
            table_.giveBack(lease.spare);
        } else if (failover == nullptr || !domain::isOpen(*failover)) {
            table_.release(lease.spare, lease.failover);
        }
    }
    leasesChanged();
}

std::string SparePool::standInCarriedBy(const domain::Spare& spare) const {
    constexpr const char* move_it = "; move it to another VM host first";
    if (spare.vm_host.empty()) return {};
    const auto livesThere = [&](const base::ServerName& server) {
        return context_.knows(server) && context_.server(server).vm_host == spare.vm_host;
    };
    for (const auto& [server, row] : table_.rows()) {
        if (!row.stand_in.empty() && livesThere(server))
            return fmt::format("stand-in '{}' of server '{}'{}", row.stand_in.text(), server.text(), move_it);
    }
    for (const auto& [id, operation] : operations_.all()) {
        if (!isOpen(operation) || !livesThere(operation.server)) continue;
        const auto& stand_in = operation.new_stand_in.empty() ? operation.stand_in : operation.new_stand_in;
        if (stand_in.empty()) continue;
        return fmt::format("stand-in '{}' of server '{}', about which {} {} is{}", stand_in.text(),
                           operation.server.text(), nameOf(operation.kind), id, move_it);
    }
    for (const auto& [server, placement] : placements_.all()) {
        if (!livesThere(server)) continue;
        for (const auto& one : placement.writes) {
            if (one.by != domain::HeldWrites::By::StandIn) continue;
            return fmt::format(
                "the disk of stand-in '{}' of server '{}', with what its job has written on it; move it, "
                "or give it up: standinctl operation close --discard-data",
                one.holder, server.text());
        }
    }
    return {};
}

const Lease* SparePool::leaseOfHost(const base::AgentName& vm_host) const {
    for (const auto& [name, lease] : table_.leases()) {
        const auto spare = context_.inventory.spares.find(name);
        if (spare != context_.inventory.spares.end() && spare->second.vm_host == vm_host) return &lease;
    }
    return nullptr;
}

/// What is gathered is written in the order of gathering, removals last: a spare that was leased again must not be
/// among them.
void SparePool::leasesChanged() {
    for (const auto& spare : table_.takeChangedLeases()) {
        ++lease_changes_;
        auto& entry = batch_.entry();
        std::erase_if(entry.leases, [&](const auto& lease) { return lease.spare == spare; });
        std::erase(entry.removed_leases, spare);
        if (const auto* lease = table_.lease(spare)) {
            entry.leases.push_back(*lease);
            free_.erase(spare);
        } else {
            entry.removed_leases.push_back(spare);
            const auto configured = context_.inventory.spares.find(spare);
            if (configured != context_.inventory.spares.end()) free_.emplace(spare, &configured->second);
        }
    }
}

void SparePool::standInLost(const base::ServerName& server, const base::StandInName& stand_in, const std::string& why) {
    const auto* row = table_.row(server);
    if (row == nullptr || !row->standin_ready || row->stand_in != stand_in) return;
    auto lost = *row;
    lost.standin_ready = false;
    lost.note = why;
    setRow(lost);
    const auto sentence =
        fmt::format("stand-in '{}' of server '{}' is not ready any more: {}", stand_in.text(), server.text(), why);
    batch_.log(base::LogLevel::Warning, sentence);
    context_.notify(drivers::Notification::Kind::Warning, server.text(),
                    fmt::format("{}; make it again: standinctl spare prepare {}", sentence, server.text()));
}

void SparePool::imageSeen(const base::ServerName& server, const base::ImageId& image, base::WallTime at) {
    const auto* row = table_.row(server);
    if (row == nullptr || row->image != image || row->image_at != base::WallTime{}) return;
    auto seen = *row;
    seen.image_at = at;
    if (!seen.stale && !seen.stand_in.empty() && seen.stand_in_image_at == base::WallTime{})
        seen.stand_in_image_at = at;
    setRow(seen);
}

void SparePool::sparesSeen(const std::set<base::AgentName>& asked,
                           const std::map<base::ServerName, std::string>& unfit) {
    std::erase_if(unfit_, [&](const auto& known) {
        return unfit.count(known.first) == 0 && asked.count(context_.server(known.first).image_store) > 0;
    });
    for (const auto& [server, problem] : unfit) {
        if (std::exchange(unfit_[server], problem) == problem) continue;
        batch_.log(base::LogLevel::Warning,
                   fmt::format("the spare of server '{}' is of no use: {}", server.text(), problem));
        context_.notify(
            drivers::Notification::Kind::Warning, server.text(),
            fmt::format("the spare of server '{}' could not take its job for good: {}", server.text(), problem));
    }
    context_.board.setUnfitSpares(unfit_);
}

}  // namespace standin::engine
