#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "coordinator/engine/conductor.hpp"
#include "coordinator/journal/operation_json.hpp"

namespace standin::engine {

using domain::Event;
using domain::OperationKind;
using domain::Placement;
using domain::State;

void Conductor::apply(domain::Operation& operation, const domain::Change& change) {
    const bool failover = operation.kind == OperationKind::Failover;
    const auto* standing = table_.row(operation.server);
    auto row = standing == nullptr ? domain::SpareTableRow{} : *standing;
    auto not_ready = [&](const std::string& note) {
        row.standin_ready = false;
        row.note = note;
    };
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
            break;
        case Event::CapacityForOne:
            not_ready("being replaced: the VM host has room for one stand-in only");
            break;
        case Event::OldStandInRemoved:
            if (row.stand_in != operation.stand_in || row.stand_in.empty()) return;
            not_ready("no stand-in");
            row.stand_in = {};
            row.stand_in_port = {};
            break;
        case Event::StandInAdopted:
            row.stand_in = operation.new_stand_in;
            row.stand_in_port = operation.new_stand_in_port;
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
    auto leased = table_.leaseFor(spare, operation.server, operation.id);
    take(operation, step,
         leased ? StepReport::done(fmt::format("spare '{}' is leased to failover {}", spare.text(), operation.id))
                : StepReport::failed(leased.error()),
         now());
    leasesChanged();
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
                      events_.wantsData() ? journal::toJson(row).dump() : "",
                      0};
    published_.push_back(std::move(event));
}

void Conductor::setPlacement(const base::ServerName& server, domain::Placement placement) {
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
