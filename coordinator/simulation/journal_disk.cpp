#include "coordinator/simulation/journal_disk.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "coordinator/journal/operation_json.hpp"
#include "coordinator/journal/restraint_json.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using base::ErrorCode;
using base::failure;

namespace {

/// Through the codec and back, as what was written by one program and is read by the next. The text in between is left
/// out: it belongs to the library, and costs more than all the rest of a start.
template <typename Value>
base::Result<Value> readBack(const Value& value, base::Result<Value> (*from)(const nlohmann::json&)) {
    return from(journal::toJson(value));
}

}  // namespace

void JournalDisk::take(const journal::Contents& contents) {
    epoch = contents.epoch;
    last_operation = contents.last_operation;
    for (const auto& operation : contents.operations) operations.insert_or_assign(operation.id, operation);
    for (const auto& row : contents.rows) rows[row.server] = row;
    for (const auto& lease : contents.leases) leases[lease.spare] = lease;
    placements = contents.placements;
    maintenance = contents.maintenance;
    adoption = contents.adoption;
    freeze = contents.freeze;
}

JournalDisk JournalDisk::moveAway() {
    JournalDisk fresh;
    fresh.adoption.observing = true;
    fresh.records = records + 1;
    fresh.file = file + 1;
    return std::exchange(*this, std::move(fresh));
}

void JournalDisk::write(journal::Entry entry) {
    for (auto& operation : entry.operations) {
        last_operation = std::max(last_operation, operation->id);
        operations.insert_or_assign(operation->id, operation);
    }
    for (const auto& row : entry.rows) rows[row.server] = row;
    for (const auto& server : entry.removed_rows) rows.erase(server);
    for (const auto& lease : entry.leases) leases[lease.spare] = lease;
    for (const auto& spare : entry.removed_leases) leases.erase(spare);
    for (const auto& [server, placement] : entry.placements) placements[server] = placement;
    for (const auto& [server, its] : entry.maintenance) maintenance[server] = its;
    if (entry.freeze) freeze = *entry.freeze;
    if (entry.continuation) {
        adoption = entry.continuation->adoption;
        epoch = entry.continuation->epoch;
        last_operation = std::max(last_operation, entry.continuation->last_operation);
    }
    for (auto audited : entry.audit) {
        audited.id = audit.size() + 1;
        audit.push_back(std::move(audited));
    }
    for (auto& [id, page] : entry.records) {
        auto& lines = record_lines[id];
        while (!lines.empty() && lines.back().number >= page.lines.front().number) lines.pop_back();
        std::move(page.lines.begin(), page.lines.end(), std::back_inserter(lines));
    }
    for (const auto& [id, times] : entry.crashes) crashes[id] = times;
    ++records;
}

base::Result<journal::Contents> SimulatedJournal::open() {
    JournalDisk& disk = disk_;
    if (disk.full) return failure(ErrorCode::Internal, "the journal could not be written: the disk is full");
    epoch_ = ++disk.epoch;
    journal::Contents contents;
    contents.epoch = epoch_;
    contents.instance = fmt::format("{}-{}{}", name_, epoch_, disk.file == 0 ? "" : fmt::format("-new{}", disk.file));
    disk.instances.insert(contents.instance);
    contents.last_operation = disk.last_operation;
    for (const auto& [id, operation] : disk.operations) {
        auto read = readBack(*operation, &journal::operationFrom);
        if (!read) return failure(read.error());
        contents.operations.push_back(std::move(*read));
    }
    for (const auto& [server, row] : disk.rows) {
        auto read = readBack(row, &journal::rowFrom);
        if (!read) return failure(read.error());
        contents.rows.push_back(std::move(*read));
    }
    for (const auto& [spare, lease] : disk.leases) {
        auto read = readBack(lease, &journal::leaseFrom);
        if (!read) return failure(read.error());
        contents.leases.push_back(std::move(*read));
    }
    for (const auto& [server, placement] : disk.placements) {
        auto read = readBack(placement, &journal::placementFrom);
        if (!read) return failure(read.error());
        contents.placements[server] = std::move(*read);
    }
    contents.maintenance = disk.maintenance;
    contents.crashes = disk.crashes;
    for (const auto& [id, lines] : disk.record_lines) contents.next_lines[id] = lines.back().number + 1;
    auto adoption = readBack(disk.adoption, &journal::adoptionFrom);
    if (!adoption) return failure(adoption.error());
    contents.adoption = std::move(*adoption);
    auto freeze = readBack(disk.freeze, &journal::freezeFrom);
    if (!freeze) return failure(freeze.error());
    contents.freeze = std::move(*freeze);
    return contents;
}

base::Result<void> SimulatedJournal::commit(const journal::Entry& entry) {
    struct Call {
        journal::Entry entry;
        base::Result<void> outcome;
    };
    auto call = std::make_shared<Call>();
    call->entry = entry;
    Suspension suspension;
    const auto takes = world_.config.timings.commit;
    auto chance = Randomness::about(world_.config.seed, "commit/" + name_, ++commits_);
    world_.queue.after(
        chance.between(takes / 2, 3 * takes),
        [this_world = &world_, disk = &disk_, file = disk_.file, call, epoch = epoch_, over = suspension.over(),
         end = suspension.ender(), interruptions = world_.invariants.running.interruptions()] {
            const bool begun_by_the_dead = over();
            this_world->script_marks.happened("before/record");
            if (over() && !begun_by_the_dead) return;  // it died in this moment
            if (disk->file ==
                file)  // a commit under way reaches the file that it was begun in, although that was moved away
                call->outcome = write(*this_world, *disk, epoch, std::move(call->entry));
            auto& running = this_world->invariants.running;
            // It was killed or paused meanwhile: no coordinator watches the steps that this commit begins.
            if (running.interruptions() != interruptions) running.interrupt();
            end();
        });
    suspension.last();
    if (call->outcome && entry.continuation) epoch_ = entry.continuation->epoch;
    return call->outcome;
}

base::Result<void> SimulatedJournal::write(World& world, JournalDisk& disk, std::uint64_t epoch, journal::Entry entry) {
    if (epoch != disk.epoch) {
        return failure(
            ErrorCode::StaleEpoch,
            fmt::format("the journal is at epoch {}, this coordinator at {}: another one leads", disk.epoch, epoch));
    }
    if (disk.full) {
        if (&disk == &world.disk) world.invariants.running.notWritten();
        return failure(ErrorCode::Internal, "the journal could not be written: the disk is full");
    }
    const bool is_the_journal = &disk == &world.disk;
    if (is_the_journal) {
        world.invariants.running.begin(entry);
        world.invariants.commits(entry);
    }
    disk.write(std::move(entry));
    if (is_the_journal) world.script_marks.happened("record");
    return {};
}

base::Result<std::vector<domain::AuditEntry>> SimulatedJournal::audit(std::size_t most) {
    std::vector<domain::AuditEntry> newest(disk_.audit.rbegin(), disk_.audit.rend());
    if (newest.size() > most) newest.resize(most);
    return newest;
}

}  // namespace standin::simulation
