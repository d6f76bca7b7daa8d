#include "coordinator/engine/status_board.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace standin::engine {

using std::lock_guard;

void StatusBoard::post(const domain::SpareTable& table) {
    const lock_guard lock(mutex_);
    rows_ = table.rows();
    leases_ = table.leases();
}

void StatusBoard::post(base::NameMap<base::ServerName, domain::Placement> placements) {
    const lock_guard lock(mutex_);
    placements_ = std::move(placements);
}

void StatusBoard::post(base::NameMap<base::ServerName, journal::Maintenance> maintenance) {
    const lock_guard lock(mutex_);
    maintenance_ = std::move(maintenance);
}

void StatusBoard::post(base::Shared<domain::Operation> posted) {
    const lock_guard lock(mutex_);
    auto& open = open_[posted->server];
    if (domain::isOpen(*posted)) {
        open.insert(posted->id);
    } else {
        open.erase(posted->id);
    }
    operations_.insert_or_assign(posted->id, posted);
}

void StatusBoard::post(journal::Entry entry) {
    for (auto& operation : entry.operations) post(std::move(operation));
    const lock_guard lock(mutex_);
    if (entry.continuation) {
        adoption_ = std::move(entry.continuation->adoption);
        leader_.epoch = entry.continuation->epoch;
    }
    if (entry.freeze) freeze_ = std::move(*entry.freeze);
    for (auto& row : entry.rows) rows_[row.server] = std::move(row);
    for (const auto& server : entry.removed_rows) rows_.erase(server);
    for (auto& lease : entry.leases) leases_[lease.spare] = std::move(lease);
    for (const auto& spare : entry.removed_leases) leases_.erase(spare);
    for (auto& [server, placement] : entry.placements) placements_[server] = std::move(placement);
    for (auto& [server, maintenance] : entry.maintenance) maintenance_[server] = std::move(maintenance);
}

void StatusBoard::forget(domain::OperationId id) {
    const lock_guard lock(mutex_);
    operations_.erase(id);
}

void StatusBoard::post(std::vector<RestoreQueue> queues) {
    const lock_guard lock(mutex_);
    restore_queues_ = std::move(queues);
}

void StatusBoard::postCaptures(std::vector<RestoreQueue> queues) {
    const lock_guard lock(mutex_);
    capture_queues_ = std::move(queues);
}

std::string RestoreQueue::sentence(std::size_t before, const char* noun) {
    return fmt::format("waits for its turn: {} {}{} before it", before, noun, before == 1 ? "" : "s");
}

std::optional<std::size_t> StatusBoard::before(const std::vector<RestoreQueue>& queues, domain::OperationId id) const {
    const lock_guard lock(mutex_);
    for (const auto& queue : queues) {
        const auto found = std::find(queue.waiting.begin(), queue.waiting.end(), id);
        if (found != queue.waiting.end())
            return queue.under_way + static_cast<std::size_t>(found - queue.waiting.begin());
    }
    return std::nullopt;
}

domain::Operation StatusBoard::shown(const domain::Operation& operation) const {
    domain::Operation copy = operation;
    if (!domain::isOpen(copy)) return copy;
    if (const auto restores = before(restore_queues_, copy.id)) {
        domain::Step& step = copy.at({domain::StepName::RestoreSpare, copy.spare.text()});
        step.first_started = {};  // what an attempt before an operator's retry left is not of interest
        step.message = RestoreQueue::sentence(*restores);
    }
    if (const auto captures = before(capture_queues_, copy.id))
        copy.at({domain::StepName::StopServer, copy.server.text()}).message =
            RestoreQueue::sentence(*captures, "capture");
    return copy;
}

void StatusBoard::post(AgentSnapshot agent) {
    const lock_guard lock(mutex_);
    agents_[agent.name] = std::move(agent);
}

void StatusBoard::post(const base::ServerName& server, JobHealth job) {
    const lock_guard lock(mutex_);
    jobs_[server] = std::move(job);
}

void StatusBoard::post(const std::string& machine, MachineIdentity identity) {
    const lock_guard lock(mutex_);
    identities_[machine] = std::move(identity);
}

MachineIdentity StatusBoard::identity(const std::string& machine) const {
    const lock_guard lock(mutex_);
    const auto found = identities_.find(machine);
    return found == identities_.end() ? MachineIdentity{} : found->second;
}

void StatusBoard::forgetJob(const base::ServerName& server) {
    const lock_guard lock(mutex_);
    jobs_.erase(server);
}

void StatusBoard::setLeader(protocol::Leader leader) {
    const lock_guard lock(mutex_);
    leader_ = std::move(leader);
}

void StatusBoard::setAdoption(domain::Adoption adoption) {
    const lock_guard lock(mutex_);
    adoption_ = std::move(adoption);
}

void StatusBoard::setFreeze(domain::Freeze freeze) {
    const lock_guard lock(mutex_);
    freeze_ = std::move(freeze);
}

domain::Freeze StatusBoard::freeze() const {
    const lock_guard lock(mutex_);
    return freeze_;
}

std::optional<JobHealth> StatusBoard::job(const base::ServerName& server) const {
    const lock_guard lock(mutex_);
    const auto found = jobs_.find(server);
    return found == jobs_.end() ? std::nullopt : std::optional(found->second);
}

domain::Adoption StatusBoard::adoption() const {
    const lock_guard lock(mutex_);
    return adoption_;
}

void StatusBoard::setProblem(std::string problem) {
    const lock_guard lock(mutex_);
    problem_ = std::move(problem);
}

ServerSnapshot StatusBoard::server(const domain::Server& server) const {
    ServerSnapshot snapshot;
    snapshot.server = server;
    const lock_guard lock(mutex_);
    if (auto found = placements_.find(server.name); found != placements_.end()) snapshot.placement = found->second;
    if (auto found = rows_.find(server.name); found != rows_.end()) snapshot.row = found->second;
    if (auto found = open_.find(server.name); found != open_.end() && !found->second.empty()) {
        snapshot.operation = *found->second.rbegin();
    }
    if (auto found = maintenance_.find(server.name); found != maintenance_.end()) {
        snapshot.maintenance = found->second.on;
        snapshot.maintenance_why = found->second.why;
    }
    if (auto found = jobs_.find(server.name); found != jobs_.end() && found->second.placement == snapshot.placement)
        snapshot.job = found->second;
    if (auto found = identities_.find(server.name.text()); found != identities_.end())
        snapshot.identity = found->second;
    return snapshot;
}

std::optional<domain::Lease> StatusBoard::lease(const base::SpareName& spare) const {
    const lock_guard lock(mutex_);
    const auto found = leases_.find(spare);
    return found == leases_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<domain::SpareTableRow> StatusBoard::rows() const {
    const lock_guard lock(mutex_);
    std::vector<domain::SpareTableRow> rows;
    for (const auto& [server, row] : rows_) rows.push_back(row);
    return rows;
}

std::vector<domain::Operation> StatusBoard::operations(std::size_t most) const {
    std::vector<base::Shared<domain::Operation>> newest;
    {
        const lock_guard lock(mutex_);
        for (auto it = operations_.rbegin(); it != operations_.rend() && newest.size() < most; ++it)
            newest.push_back(it->second);
    }
    std::vector<domain::Operation> copies;
    copies.reserve(newest.size());
    for (const domain::Operation& operation : newest) copies.push_back(shown(operation));
    return copies;
}

std::optional<domain::Operation> StatusBoard::operation(domain::OperationId id) const {
    std::optional<base::Shared<domain::Operation>> found;
    {
        const lock_guard lock(mutex_);
        auto it = operations_.find(id);
        if (it == operations_.end()) return std::nullopt;
        found = it->second;
    }
    return shown(**found);
}

std::vector<AgentSnapshot> StatusBoard::agents() const {
    const lock_guard lock(mutex_);
    std::vector<AgentSnapshot> agents;
    for (const auto& [name, agent] : agents_) agents.push_back(agent);
    return agents;
}

std::optional<AgentSnapshot> StatusBoard::agent(const base::AgentName& name) const {
    const lock_guard lock(mutex_);
    const auto found = agents_.find(name);
    return found == agents_.end() ? std::nullopt : std::optional(found->second);
}

protocol::Leader StatusBoard::leader() const {
    const lock_guard lock(mutex_);
    return leader_;
}

void StatusBoard::setUnfitSpares(std::map<base::ServerName, std::string> problems) {
    const lock_guard lock(mutex_);
    unfit_spares_ = std::move(problems);
}

std::map<base::ServerName, std::string> StatusBoard::unfitSpares() const {
    const lock_guard lock(mutex_);
    return unfit_spares_;
}

std::string StatusBoard::problem() const {
    const lock_guard lock(mutex_);
    return problem_;
}

}  // namespace standin::engine
