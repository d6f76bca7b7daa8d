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
            setPlacement(operation.server, {Placement::On::Nobody, {}, {}});
            break;
        case Event::SegmentGiven:
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
    must_commit_ = table_changed_ = true;
    EngineEvent event{"row",
                      now(),
                      0,
                      row.server.text(),
                      fmt::format("spare table: server '{}', spare '{}', standin_ready={}{}", row.server.text(),
                                  row.spare.text(), row.standin_ready, row.note.empty() ? "" : " (" + row.note + ")"),
                      journal::toJson(row).dump(),
                      0};
    published_.push_back(std::move(event));
}

void Conductor::setPlacement(const base::ServerName& server, domain::Placement placement) {
    placements_[server] = placement;
    entry_.placements[server] = std::move(placement);
    must_commit_ = true;
}

void Conductor::leasesChanged() {
    const auto& leases = table_.leases();
    for (const auto& [name, lease] : leases) {
        auto written = written_leases_.find(name);
        if (written == written_leases_.end() || written->second != lease) entry_.leases.push_back(lease);
    }
    for (const auto& [name, lease] : written_leases_) {
        if (leases.count(name) == 0) entry_.removed_leases.push_back(name);
    }
    // What is gathered is written in the order of gathering, removals last: a spare that was leased again must not be
    // among them.
    auto& removed = entry_.removed_leases;
    removed.erase(
        std::remove_if(removed.begin(), removed.end(), [&](const auto& name) { return leases.count(name) > 0; }),
        removed.end());
    written_leases_ = leases;
    countFreeSpares();
    must_commit_ = table_changed_ = true;
}

void Conductor::countFreeSpares() {
    free_spares_.clear();
    for (const auto& [name, spare] : inventory_.spares) {
        if (table_.lease(name) == nullptr) free_spares_.insert(name);
    }
}

}  // namespace standin::engine
