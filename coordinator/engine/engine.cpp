#include "coordinator/domain/spare_fitness.hpp"
#include "coordinator/engine/engine_parts.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

/// The agents that an attempt may ask, one after the other (return_order.cpp).
constexpr int agents_asked = 6;

}  // namespace

bool Engine::report(const domain::FailureReport& report, std::function<void()> when_durable) {
    ReportInput input{report, {}};
    if (when_durable) {
        input.reply = [when_durable = std::move(when_durable)](const Result<ReportOutcome>& outcome) {
            if (outcome) when_durable();
        };
    }
    if (parts_->post(std::move(input), parts_->settings.queue_limit)) return true;
    parts_->log.error("a failure report of server '{}' could not be taken: the engine is stopped or overrun",
                      report.server.text());
    return false;
}

Result<Engine::ReportOutcome> Engine::reportAndWait(const domain::FailureReport& report) {
    return parts_->ask<ReportOutcome>(
        [report](Conductor& conductor) -> Result<ReportOutcome> { return conductor.reports().report(report); });
}

Result<Engine::ReportOutcome> Engine::foresee(const domain::FailureReport& report) const {
    return parts_->ask<ReportOutcome>(
        [report](Conductor& conductor) -> Result<ReportOutcome> { return conductor.reports().foresee(report); });
}

Result<domain::OperationId> Engine::request(const OperationRequest& request) {
    return parts_->ask<domain::OperationId>(
        [request](Conductor& conductor) { return conductor.requests().request(request); });
}

Result<void> Engine::retry(domain::OperationId id, const std::string& asked_by) {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.requests().retry(id, asked_by); });
}

Result<void> Engine::confirmFence(domain::OperationId id, const std::string& asked_by) {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.requests().confirmFence(id, asked_by); });
}

Result<void> Engine::close(domain::OperationId id, const std::string& asked_by, bool discard_data) {
    return parts_->ask<void>(
        [=](Conductor& conductor) { return conductor.requests().close(id, asked_by, discard_data); });
}

Result<void> Engine::cancel(domain::OperationId id, const std::string& asked_by) {
    return parts_->ask<void>([=](Conductor& conductor) { return conductor.requests().cancel(id, asked_by); });
}

Result<void> Engine::freeze(bool on, const std::string& why, const std::string& asked_by) {
    return parts_->ask<void>([=](Conductor& conductor) -> Result<void> {
        conductor.restraints().setFreeze(on, why, asked_by);
        return {};
    });
}

Result<std::vector<domain::OperationId>> Engine::releaseBrake(const std::optional<std::string>& rack,
                                                              const std::string& asked_by) {
    return parts_->ask<std::vector<domain::OperationId>>(
        [=](Conductor& conductor) { return conductor.restraints().release(rack, asked_by); });
}

Result<void> Engine::returned(const base::ServerName& server, const std::string& asked_by, bool discard_data) {
    auto owed = std::make_shared<Owed<void>>();
    auto future = owed->future();
    auto begun = parts_->ask<void>([=](Conductor& conductor) {
        return conductor.requests().beginReturn(server, asked_by, discard_data,
                                                [owed](const Result<void>& done) { owed->give(done); });
    });
    if (!begun) return begun;
    if (future.wait_for(agents_asked * parts_->settings.answer_within) != std::future_status::ready) {
        return failure(ErrorCode::TimedOut,
                       fmt::format("no agent answered in time; the job of server '{}' is being brought back all the "
                                   "same: look at standinctl status",
                                   server.text()));
    }
    return future.get();
}

Result<AdoptionSnapshot> Engine::survey() const {
    return parts_->surveyed(
        [](AdoptionProcess& adoption, const AdoptionProcess::Answer& answer) { adoption.survey(answer); });
}

Result<AdoptionSnapshot> Engine::adopt(const std::string& mark, const std::string& asked_by) {
    return parts_->surveyed([=](AdoptionProcess& adoption, const AdoptionProcess::Answer& answer) {
        adoption.begin(mark, asked_by, answer);
    });
}

domain::Adoption Engine::adoption() const {
    return parts_->board.adoption();
}

domain::Freeze Engine::frozen() const {
    return parts_->board.freeze();
}

Result<AdoptionSnapshot> Engine::Parts::surveyed(
    const std::function<void(AdoptionProcess&, const AdoptionProcess::Answer&)>& question) {
    auto owed = std::make_shared<Owed<AdoptionSnapshot>>();
    auto future = owed->future();
    auto begun = ask<void>([question, owed](Conductor& conductor_now) -> Result<void> {
        question(conductor_now.adoption(), [owed](const Result<AdoptionSnapshot>& answer) { owed->give(answer); });
        return {};
    });
    if (!begun) return failure(begun.error());
    if (future.wait_for(agents_asked * settings.answer_within) != std::future_status::ready)
        return failure(ErrorCode::TimedOut, "the agents did not answer in time; ask again");
    return future.get();
}

Result<void> Engine::setSpare(const base::ServerName& server, const base::SpareName& spare, const base::ImageId& image,
                              const std::string& asked_by) {
    return parts_->ask<void>(
        [=](Conductor& conductor) { return conductor.table().setSpare(server, spare, image, asked_by); });
}

Result<void> Engine::spareFits(const base::SpareName& spare, const base::ImageId& image) const {
    const auto known = parts_->inventory.spares.find(spare);
    if (known == parts_->inventory.spares.end()) return {};  // setSpare() says so
    const auto identity =
        identityOf(*parts_->drivers.power, parts_->inventory.spare_power.at(spare),
                   fmt::format("spare '{}'", spare.text()), known->second.uuid, parts_->settings.answer_within);
    if (const auto why = identity.problem(known->second.uuid_required); !why.empty())
        return base::failure(base::ErrorCode::Refused, why);
    const auto store = parts_->drivers.image_stores.find(known->second.image_store);
    if (store == parts_->drivers.image_stores.end()) return {};
    const auto disks = store->second->disks(parts_->settings.answer_within);
    const auto its_image = store->second->image(image, parts_->settings.answer_within);
    if (!disks || !its_image) return {};
    for (const auto& disk : *disks) {
        const auto problem =
            disk.name == known->second.disk ? domain::fitnessProblem(known->second, disk, *its_image) : std::string();
        if (!problem.empty()) return base::failure(base::ErrorCode::Refused, problem);
    }
    return {};
}

std::map<base::ServerName, std::string> Engine::unfitSpares() const {
    return parts_->board.unfitSpares();
}

Result<domain::OperationId> Engine::setSpareAndPrepare(const base::ServerName& server, const base::SpareName& spare,
                                                       const base::ImageId& image, const std::string& asked_by) {
    return parts_->ask<domain::OperationId>(
        [=](Conductor& conductor) { return conductor.table().setSpareAndPrepare(server, spare, image, asked_by); });
}

Result<domain::OperationId> Engine::unsetSpare(const base::ServerName& server, const std::string& asked_by) {
    return parts_->ask<domain::OperationId>(
        [=](Conductor& conductor) { return conductor.table().unsetSpare(server, asked_by); });
}

Result<void> Engine::setMaintenance(const base::ServerName& server, bool on, const std::string& why,
                                    const std::string& asked_by) {
    return parts_->ask<void>(
        [=](Conductor& conductor) { return conductor.requests().setMaintenance(server, on, why, asked_by); });
}

std::vector<ServerSnapshot> Engine::servers() const {
    std::vector<ServerSnapshot> servers;
    for (const auto& [name, server] : parts_->inventory.servers) {
        servers.push_back(parts_->board.server(server));
        servers.back().taken_at = parts_->clock.wall();
    }
    return servers;
}

std::optional<ServerSnapshot> Engine::server(const base::ServerName& name) const {
    auto found = parts_->inventory.servers.find(name);
    if (found == parts_->inventory.servers.end()) return std::nullopt;
    auto snapshot = parts_->board.server(found->second);
    snapshot.taken_at = parts_->clock.wall();
    return snapshot;
}

std::vector<SpareSnapshot> Engine::spares() const {
    std::vector<SpareSnapshot> spares;
    for (const auto& [name, spare] : parts_->inventory.spares)
        spares.push_back({spare, parts_->board.lease(name), parts_->board.identity(name.text())});
    return spares;
}

std::vector<domain::SpareTableRow> Engine::spareTable() const {
    return parts_->board.rows();
}
std::vector<domain::Operation> Engine::operations(std::size_t most) const {
    return parts_->board.operations(most);
}
std::optional<domain::Operation> Engine::operation(domain::OperationId id) const {
    return parts_->board.operation(id);
}
Result<std::vector<std::string>> Engine::record(domain::OperationId id) const {
    return parts_->journal.record(id);
}
std::vector<AgentSnapshot> Engine::agents() const {
    return parts_->board.agents();
}
Result<std::vector<domain::AuditEntry>> Engine::audit(std::size_t most) const {
    return parts_->journal.audit(most);
}
Result<journal::AuditPage> Engine::auditPage(std::size_t most, std::uint64_t before) const {
    return parts_->journal.auditPage(most, before);
}
Result<void> Engine::keep(std::vector<domain::AuditEntry> entries) {
    if (!parts_->conductor.leads()) return failure(ErrorCode::StaleEpoch, parts_->board.problem());
    const bool taken = parts_->post(Request{[entries = std::move(entries)](Conductor& conductor) -> Reply {
                                        conductor.batch().keep(entries);
                                        return {};
                                    }},
                                    parts_->settings.queue_limit);
    if (taken) return {};
    return failure(ErrorCode::Unreachable, "the engine takes no requests: it is stopped or overrun");
}
std::map<base::AgentName, protocol::Capacity> Engine::capacities() const {
    // A host that did not answer the watch is not waited for.
    std::set<base::AgentName> silent;
    for (const auto& agent : agents()) {
        if (!agent.reachable) silent.insert(agent.name);
    }
    std::map<base::AgentName, protocol::Capacity> known;
    for (const auto& [name, hypervisor] : parts_->drivers.hypervisors) {
        if (silent.count(name) > 0) continue;
        if (auto capacity = hypervisor->capacity(parts_->settings.answer_within)) known[name] = *capacity;
    }
    return known;
}
std::uint64_t Engine::epoch() const {
    return parts_->board.epoch();
}
const Inventory& Engine::inventory() const {
    return parts_->inventory;
}
std::string Engine::problem() const {
    return parts_->board.problem();
}

}  // namespace standin::engine
