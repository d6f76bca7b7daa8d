#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/protocol/json_text.hpp"
#include "coordinator/engine/conductor.hpp"
#include "coordinator/journal/operation_json.hpp"

namespace standin::engine {

using domain::Event;
using domain::OperationKind;
using domain::Placement;
using domain::State;

void Conductor::apply(domain::Operation& operation, const domain::Change& change) {
    if (change.event == Event::CapacityThere || change.event == Event::CapacityForOne) ageSeen(operation);
    if (change.event == Event::NoDifference) imageStillTrue(operation);
    const bool failover = operation.kind == OperationKind::Failover;
    const auto* standing = table_.row(operation.server);
    auto row = standing == nullptr ? domain::SpareTableRow{} : *standing;
    auto not_ready = [&](const std::string& note) {
        row.standin_ready = false;
        row.note = note;
    };
    if (failover && (change.event == Event::Begins || placements_[operation.server].on != Placement::On::Server))
        noteWrites(operation);
    switch (change.event) {
        case Event::Begins:
            if (!failover) return;
            not_ready(fmt::format("used by failover {}", operation.id));
            abandonReturn(operation.server,
                          {base::ErrorCode::Conflict, fmt::format("failover {} was opened", operation.id)});
            setPlacement(operation.server, {Placement::On::Nobody, {}, {}});
            break;
        case Event::SegmentGiven:
            if (operation.job_runs) setPlacement(operation.server, {Placement::On::StandIn, operation.stand_in, {}});
            return;
        case Event::StandInUnusable:
            // After a retry; the name stays, for what was done last is on its disk.
            if (placements_[operation.server].on == Placement::On::StandIn)
                setPlacement(operation.server, {Placement::On::Nobody, operation.stand_in, {}});
            return;
        case Event::StandInFrozen:
        case Event::StandInLost:
            if (change.to != State::ReleasingRequests) return;
            setPlacement(operation.server, {Placement::On::Nobody, operation.stand_in, operation.spare});
            return;
        case Event::RequestsReturned:
        case Event::HandoversExhausted:
            if (placements_[operation.server].on == Placement::On::Nobody)
                setPlacement(operation.server, {Placement::On::StandIn, operation.stand_in, {}});
            return;
        case Event::SpareOwnsSegment:
            setPlacement(operation.server, {Placement::On::Spare, {}, operation.spare});
            return;
        case Event::ImageDiffers:
        case Event::ComparisonFailed:
            if (row.image == operation.image) return;
            if (!row.stand_in.empty()) {
                row.stale = true;
                row.note = fmt::format("made from image '{}', not from '{}'", row.image.text(), operation.image.text());
            }
            row.image = operation.image;
            row.image_at = operation.image_at;
            break;
        case Event::CapacityForOne:
            not_ready("being replaced: the VM host has room for one stand-in only");
            break;
        case Event::OldStandInRemoved:
            if (operation.kind == OperationKind::Unset) forgetWritesOf(operation.server, operation.stand_in);
            if (row.stand_in != operation.stand_in || row.stand_in.empty()) return;
            not_ready("no stand-in");
            row.stand_in = {};
            row.stand_in_port = {};
            break;
        case Event::StandInAdopted:
            row.stand_in = operation.new_stand_in;
            row.stand_in_port = operation.new_stand_in_port;
            row.stand_in_image_at = operation.image_at;
            row.standin_ready = true;
            row.stale = row.image != operation.image;
            row.note =
                row.stale ? fmt::format("made from image '{}', not from '{}'", operation.image.text(), row.image.text())
                          : "";
            break;
        case Event::StandInDiscarded:
        case Event::CapacityLacks:
            if (row.standin_ready) return;
            row.note = change.why;
            break;
        case Event::ClosedUp:
            if (!keepsStandIn(operation, inventory_.servers.at(operation.server)))
                forgetWritesOf(operation.server, operation.stand_in);
            for (const auto& spare : operation.failed_spares) table_.release(spare, operation.id);
            if (auto on = placements_.find(operation.server);
                on == placements_.end() || on->second.on != Placement::On::Spare) {
                if (!operation.spare.empty()) table_.release(operation.spare, operation.id);
            }
            leasesChanged();
            if (row.stand_in != operation.stand_in || row.stand_in.empty()) return;
            not_ready("no stand-in");
            row.stand_in = {};
            row.stand_in_port = {};
            break;
        default:
            return;
    }
    if (standing != nullptr) setRow(row);
}

void Conductor::leaseSpare(domain::Operation& operation, const domain::StepId& step) {
    const base::SpareName spare(step.subject);
    const auto carried = standInCarriedBy(inventory_.spares.at(spare));
    auto leased = carried.empty() ? table_.leaseFor(spare, operation.server, operation.id)
                                  : base::failure(base::ErrorCode::Refused,
                                                  fmt::format("spare '{}' carries {}", spare.text(), carried));
    take(operation, step,
         leased ? StepReport::done(fmt::format("spare '{}' is leased to failover {}", spare.text(), operation.id))
                : StepReport::failed(leased.error()),
         now());
    leasesChanged();
}

/// S106, S184: a stand-in that lives on the spare, as its VM host, or is being made there, or the disk that is kept of
/// one, and what to do about it; empty: none.
std::string Conductor::standInCarriedBy(const domain::Spare& spare) const {
    constexpr const char* move_it = "; move it to another VM host first";
    if (spare.vm_host.empty()) return {};
    const auto livesThere = [&](const base::ServerName& server) {
        const auto found = inventory_.servers.find(server);
        return found != inventory_.servers.end() && found->second.vm_host == spare.vm_host;
    };
    for (const auto& [server, row] : table_.rows()) {
        if (!row.stand_in.empty() && livesThere(server))
            return fmt::format("stand-in '{}' of server '{}'{}", row.stand_in.text(), server.text(), move_it);
    }
    for (const auto& [id, operation] : operations_) {
        if (!isOpen(operation) || !livesThere(operation.server)) continue;
        const auto& stand_in = operation.new_stand_in.empty() ? operation.stand_in : operation.new_stand_in;
        if (stand_in.empty()) continue;
        return fmt::format("stand-in '{}' of server '{}', about which {} {} is{}", stand_in.text(),
                           operation.server.text(), nameOf(operation.kind), id, move_it);
    }
    for (const auto& [server, placement] : placements_) {
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

/// The other way round: the machine of this VM host is somebody's spare; null: nobody's.
const domain::Lease* Conductor::leaseOfHost(const base::AgentName& vm_host) const {
    for (const auto& [name, lease] : table_.leases()) {
        const auto spare = inventory_.spares.find(name);
        if (spare != inventory_.spares.end() && spare->second.vm_host == vm_host) return &lease;
    }
    return nullptr;
}

void Conductor::setRow(const domain::SpareTableRow& row) {
    auto updated = table_.update(row);
    STANDIN_ASSERT(updated.has_value());
    entry_.rows.push_back(row);
    std::erase(entry_.removed_rows, row.server);
    must_commit_ = true;
    if (!events_.wants("row")) return;
    EngineEvent event{"row",
                      now(),
                      0,
                      row.server.text(),
                      fmt::format("spare table: server '{}', spare '{}', standin_ready={}{}", row.server.text(),
                                  row.spare.text(), row.standin_ready, row.note.empty() ? "" : " (" + row.note + ")"),
                      events_.wantsData() ? protocol::jsonText(journal::toJson(row)) : "",
                      0};
    published_.push_back(std::move(event));
}

void Conductor::setPlacement(const base::ServerName& server, domain::Placement placement) {
    // Who has the job changes; what is on the disks does not.
    if (const auto before = placements_.find(server); before != placements_.end() && placement.writes.empty())
        placement.writes = before->second.writes;
    writePlacement(server, std::move(placement));
}

void Conductor::writePlacement(const base::ServerName& server, domain::Placement placement) {
    placements_[server] = placement;
    entry_.placements[server] = std::move(placement);
    must_commit_ = true;
}

/// What is gathered is written in the order of gathering, removals last: a spare that was leased again must not be
/// among them.
void Conductor::leasesChanged() {
    for (const auto& spare : table_.takeChangedLeases()) {
        ++lease_changes_;
        std::erase_if(entry_.leases, [&](const auto& lease) { return lease.spare == spare; });
        std::erase(entry_.removed_leases, spare);
        if (const auto* lease = table_.lease(spare)) {
            entry_.leases.push_back(*lease);
            free_spares_.erase(spare);
        } else {
            entry_.removed_leases.push_back(spare);
            const auto configured = inventory_.spares.find(spare);
            if (configured != inventory_.spares.end()) free_spares_.emplace(spare, &configured->second);
        }
        must_commit_ = true;
    }
}

}  // namespace standin::engine
