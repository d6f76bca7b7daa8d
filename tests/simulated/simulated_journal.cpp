#include "tests/simulated/simulated_journal.hpp"

namespace standin::simulated {

base::Result<journal::Contents> SimulatedJournal::open() {
    journal::Contents contents;
    contents.epoch = ++epoch_;
    if (!operations_.empty()) contents.last_operation = operations_.rbegin()->first;
    for (const auto& [id, operation] : operations_) contents.operations.push_back(operation);
    for (const auto& [server, row] : rows_) contents.rows.push_back(row);
    for (const auto& [spare, lease] : leases_) contents.leases.push_back(lease);
    contents.placements = placements_;
    contents.maintenance = maintenance_;
    contents.crashes = crashes;
    contents.adoption = adoption_;
    if (last_operation_ > contents.last_operation) contents.last_operation = last_operation_;
    for (const auto& [id, lines] : records) contents.next_lines[id] = lines.back().number + 1;
    return contents;
}

base::Result<void> SimulatedJournal::commit(const journal::Entry& entry) {
    if (!problem.empty()) return base::failure(problem_code, problem);
    ++commits;
    if (before) before(commits);
    for (const domain::Operation& operation : entry.operations) operations_[operation.id] = operation;
    for (const auto& row : entry.rows) rows_[row.server] = row;
    for (const auto& server : entry.removed_rows) rows_.erase(server);
    for (const auto& lease : entry.leases) leases_[lease.spare] = lease;
    for (const auto& spare : entry.removed_leases) leases_.erase(spare);
    for (const auto& [server, placement] : entry.placements) placements_[server] = placement;
    for (const auto& [server, maintenance] : entry.maintenance) maintenance_[server] = maintenance;
    if (entry.continuation) {
        adoption_ = entry.continuation->adoption;
        epoch_ = entry.continuation->epoch;
        last_operation_ = entry.continuation->last_operation;
    }
    for (auto audited : entry.audit) {
        audited.id = audit_.size() + 1;
        audit_.push_back(audited);
    }
    for (const auto& [id, page] : entry.records) {
        auto& lines = records[id];
        while (!lines.empty() && lines.back().number >= page.lines.front().number) lines.pop_back();
        lines.insert(lines.end(), page.lines.begin(), page.lines.end());
    }
    for (const auto& [id, times] : entry.crashes) crashes[id] = times;
    if (after) after(commits);
    return {};
}

base::Result<std::vector<domain::AuditEntry>> SimulatedJournal::audit(std::size_t most) {
    std::vector<domain::AuditEntry> newest(audit_.rbegin(), audit_.rend());
    if (newest.size() > most) newest.resize(most);
    return newest;
}

}  // namespace standin::simulated
