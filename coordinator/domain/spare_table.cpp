#include "coordinator/domain/spare_table.hpp"

#include <fmt/format.h>

namespace standin::domain {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

std::string holderOf(const Lease& lease) {
    if (lease.failover == 0) return fmt::format("it is set as spare of server '{}'", lease.server.text());
    return fmt::format("failover {} of server '{}' uses it", lease.failover, lease.server.text());
}

}  // namespace

Result<void> SpareTable::set(const base::ServerName& server, const base::SpareName& spare, const base::ImageId& image) {
    STANDIN_ASSERT(!server.empty() && !spare.empty());
    const Lease* held = lease(spare);
    if (held != nullptr && (held->server != server || held->failover != 0)) {
        return failure(ErrorCode::Conflict, fmt::format("spare '{}' cannot be set for server '{}': {}", spare.text(),
                                                        server.text(), holderOf(*held)));
    }
    auto& row = rows_[server];
    if (!row.spare.empty() && row.spare != spare) {
        const Lease* old = lease(row.spare);
        if (old != nullptr && old->failover != 0) {
            return failure(ErrorCode::Conflict, fmt::format("the spare of server '{}' cannot be changed: {}",
                                                            server.text(), holderOf(*old)));
        }
        free(row.spare);
    }
    if (row.image != image && !row.stand_in.empty()) {
        row.stale = true;
        row.note = fmt::format("made from image '{}', not from '{}'", row.image.text(), image.text());
    }
    if (row.image != image) row.image_at = {};
    row.server = server;
    row.spare = spare;
    row.image = image;
    hold({spare, server, 0, fmt::format("set as spare of server '{}'", server.text())});
    return {};
}

Result<void> SpareTable::mayUnset(const base::ServerName& server) const {
    const auto* its_row = row(server);
    if (its_row == nullptr)
        return failure(ErrorCode::NotFound, fmt::format("server '{}' has no row in the spare table", server.text()));
    const Lease* held = lease(its_row->spare);
    if (held == nullptr || held->failover == 0) return {};
    return failure(ErrorCode::Conflict,
                   fmt::format("the row of server '{}' cannot be removed: {}", server.text(), holderOf(*held)));
}

Result<void> SpareTable::unset(const base::ServerName& server) {
    auto may = mayUnset(server);
    if (!may) return may;
    const auto found = rows_.find(server);
    free(found->second.spare);
    rows_.erase(found);
    return {};
}

Result<void> SpareTable::leaseFor(const base::SpareName& spare, const base::ServerName& server, OperationId failover) {
    STANDIN_ASSERT(failover != 0);
    const Lease* held = lease(spare);
    if (held != nullptr && (held->server != server || (held->failover != 0 && held->failover != failover))) {
        return failure(ErrorCode::Conflict, fmt::format("spare '{}' cannot be leased to failover {} of server '{}': {}",
                                                        spare.text(), failover, server.text(), holderOf(*held)));
    }
    hold({spare, server, failover, fmt::format("failover {} of server '{}'", failover, server.text())});
    return {};
}

void SpareTable::release(const base::SpareName& spare, OperationId failover) {
    if (!leasedTo(spare, failover)) return;
    const auto server = leases_.at(spare).server;
    free(spare);
    const SpareTableRow* its_row = row(server);
    if (its_row != nullptr && its_row->spare == spare)
        hold({spare, server, 0, fmt::format("set as spare of server '{}'", server.text())});
}

void SpareTable::hold(Lease lease) {
    changed_leases_.insert(lease.spare);
    leases_[lease.spare] = std::move(lease);
}

void SpareTable::free(const base::SpareName& spare) {
    changed_leases_.insert(spare);
    leases_.erase(spare);
}

bool SpareTable::leasedTo(const base::SpareName& spare, OperationId failover) const {
    const Lease* held = lease(spare);
    return held != nullptr && held->failover == failover && failover != 0;
}

const SpareTableRow* SpareTable::row(const base::ServerName& server) const {
    auto found = rows_.find(server);
    return found == rows_.end() ? nullptr : &found->second;
}

const Lease* SpareTable::lease(const base::SpareName& spare) const {
    auto found = leases_.find(spare);
    return found == leases_.end() ? nullptr : &found->second;
}

Result<void> SpareTable::update(const SpareTableRow& row) {
    auto found = rows_.find(row.server);
    if (found == rows_.end()) {
        return failure(ErrorCode::NotFound,
                       fmt::format("server '{}' has no row in the spare table", row.server.text()));
    }
    STANDIN_ASSERT(found->second.spare == row.spare);
    STANDIN_ASSERT(!row.standin_ready || !row.stand_in.empty());
    found->second = row;
    return {};
}

void SpareTable::restore(std::vector<SpareTableRow> rows, std::vector<Lease> leases) {
    rows_.clear();
    leases_.clear();
    for (auto& row : rows) rows_[row.server] = std::move(row);
    for (auto& held : leases) leases_[held.spare] = std::move(held);
    changed_leases_.clear();
}

}  // namespace standin::domain
