// Which disks have what a job wrote, and from when its images are (rule 10).
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;
using domain::HeldWrites;
using domain::JobData;
using domain::Placement;

/// What a failover knows of its own time takes the place of what was known of the same disks; kept disks of earlier
/// failovers stay.
void Conductor::noteWrites(const domain::Operation& failover) {
    if (inventory_.servers.at(failover.server).job_data != JobData::Local) return;
    Placement placement = placements_[failover.server];
    auto writes = placement.writes;
    for (const auto& its : failover.writes) {
        const auto known = std::find_if(writes.begin(), writes.end(), [&](const HeldWrites& one) {
            return one.by == its.by && one.holder == its.holder;
        });
        if (known == writes.end()) {
            writes.push_back(its);
        } else {
            *known = its;
        }
    }
    if (writes == placement.writes) return;
    placement.writes = std::move(writes);
    setPlacement(failover.server, std::move(placement));
}

/// It is deleted.
void Conductor::forgetWritesOf(const base::ServerName& server, const base::StandInName& stand_in) {
    const auto found = placements_.find(server);
    if (found == placements_.end() || stand_in.empty()) return;
    Placement placement = found->second;
    const auto forgotten = std::erase_if(placement.writes, [&](const HeldWrites& one) {
        return one.by == HeldWrites::By::StandIn && one.holder == stand_in.text();
    });
    if (forgotten > 0) writePlacement(server, std::move(placement));
}

/// Machines other than the server that have writes which it lacks. Somebody who executes the job without a failover
/// that is known has them, too.
std::vector<HeldWrites> Conductor::writesElsewhere(const base::ServerName& server) const {
    std::vector<HeldWrites> elsewhere;
    const auto found = placements_.find(server);
    if (found == placements_.end() || inventory_.servers.at(server).job_data != JobData::Local) return elsewhere;
    const Placement& placement = found->second;
    for (const auto& one : placement.writes) {
        if (one.by != HeldWrites::By::Server && !one.given_up) elsewhere.push_back(one);
    }
    const bool unknown = elsewhere.empty() && placement.brought_back_by.empty();
    if (unknown && placement.on == Placement::On::StandIn)
        elsewhere.push_back({HeldWrites::By::StandIn, placement.stand_in.text(), {}, {}, false});
    if (unknown && placement.on == Placement::On::Spare)
        elsewhere.push_back({HeldWrites::By::Spare, placement.spare.text(), {}, {}, false});
    return elsewhere;
}

Result<void> Conductor::losesNothing(const base::ServerName& server) const {
    const auto elsewhere = writesElsewhere(server);
    if (elsewhere.empty()) return {};
    return failure(ErrorCode::WrongState,
                   fmt::format("server '{}' would go on without what was written on {}; carry over what is needed, or "
                               "give it up: standinctl returned {} --discard-data",
                               server.text(), domain::sentenceOf(elsewhere), server.text()));
}

/// The server executes its job again, and an operator has said that the others' writes may be lost. The disks of
/// stand-ins are there until they are deleted; spares are free for others from now on.
std::vector<HeldWrites> Conductor::givenUp(std::vector<HeldWrites> writes) {
    std::erase_if(writes, [](const HeldWrites& one) { return one.by != HeldWrites::By::StandIn; });
    for (auto& one : writes) one.given_up = true;
    return writes;
}

/// After the failover was closed and its stand-in's disk kept.
Result<void> Conductor::discardKept(const domain::Operation& closed, const std::string& asked_by) {
    const auto found = placements_.find(closed.server);
    const bool kept = found != placements_.end() &&
                      std::any_of(found->second.writes.begin(), found->second.writes.end(), [&](const auto& one) {
                          return one.by == HeldWrites::By::StandIn && one.holder == closed.stand_in.text();
                      });
    if (!kept) {
        return failure(ErrorCode::WrongState,
                       fmt::format("failover {} is closed, and no disk of it is kept any more", closed.id));
    }
    if (const auto* other = openOperationOf(closed.server)) return failure(notClosed(*other));
    const auto stand_in = closed.stand_in;
    const auto id = closed.id;
    auto& operation = open(domain::OperationKind::Unset, closed.server, asked_by, now());
    operation.stand_in = stand_in;
    operation.stand_in_port = {};
    operation.discard_data = true;  // the row and the segment are others' matter
    operation.cause = fmt::format("the data of stand-in '{}' are discarded by {}", stand_in.text(), asked_by);
    audit(asked_by, fmt::format("deletion of the disk of stand-in '{}', kept from failover {}", stand_in.text(), id),
          fmt::format("operation {}", operation.id));
    return {};
}

void Conductor::imageSeen(const base::ServerName& server, const base::ImageId& image, base::WallTime at) {
    const auto* row = table_.row(server);
    if (row == nullptr || row->image != image || row->image_at != base::WallTime{}) return;
    auto seen = *row;
    seen.image_at = at;
    if (!seen.stale && !seen.stand_in.empty() && seen.stand_in_image_at == base::WallTime{})
        seen.stand_in_image_at = at;
    setRow(seen);
}

/// An operation has learned from when the data of its image are.
void Conductor::ageSeen(const domain::Operation& operation) {
    const auto* row = table_.row(operation.server);
    if (row == nullptr || row->image != operation.image || operation.image_at == base::WallTime{} ||
        row->image_at == operation.image_at)
        return;
    auto seen = *row;
    seen.image_at = operation.image_at;
    setRow(seen);
}

/// There was no difference: the image that the stand-in was made from is as the server was when it was captured again.
void Conductor::imageStillTrue(const domain::Operation& operation) {
    const auto* row = table_.row(operation.server);
    if (row == nullptr || row->image != operation.previous_image || operation.image_at == base::WallTime{}) return;
    auto seen = *row;
    seen.image_at = operation.image_at;
    if (!seen.stale) seen.stand_in_image_at = operation.image_at;
    setRow(seen);
}

std::vector<domain::SpareTableRow> Conductor::rowsOfUnknownAge() const {
    std::vector<domain::SpareTableRow> rows;
    for (const auto& [server, row] : table_.rows()) {
        if (!row.image.empty() && row.image_at == base::WallTime{} && inventory_.servers.count(server) > 0)
            rows.push_back(row);
    }
    return rows;
}

}  // namespace standin::engine
