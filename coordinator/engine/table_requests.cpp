#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "agent/protocol/json_text.hpp"
#include "coordinator/engine/conductor.hpp"
#include "coordinator/journal/operation_json.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;
using domain::OperationKind;

Result<void> Conductor::setSpare(const base::ServerName& server, const base::SpareName& spare,
                                 const base::ImageId& image, const std::string& asked_by) {
    const std::string what =
        fmt::format("spare '{}' and image '{}' for server '{}'", spare.text(), image.text(), server.text());
    auto refused = [&](ErrorCode code, std::string why) -> Result<void> {
        audit(asked_by, what, "refused: " + why);
        return failure(code, std::move(why));
    };
    auto known_server = inventory_.servers.find(server);
    if (known_server == inventory_.servers.end())
        return refused(ErrorCode::NotFound, fmt::format("server '{}' is not configured", server.text()));
    auto known_spare = inventory_.spares.find(spare);
    if (known_spare == inventory_.spares.end())
        return refused(ErrorCode::NotFound, fmt::format("spare '{}' is not configured", spare.text()));
    if (known_spare->second.switch_agent != known_server->second.switch_agent ||
        known_spare->second.image_store != known_server->second.image_store) {
        return refused(
            ErrorCode::Refused,
            fmt::format("spare '{}' is not reached by the switch '{}' and the image store '{}' of server '{}'",
                        spare.text(), known_server->second.switch_agent.text(), known_server->second.image_store.text(),
                        server.text()));
    }
    if (auto acts = notObserved(server); !acts) return refused(acts.error().code, acts.error().message);
    const auto* standing = table_.row(server);
    if (standing != nullptr && standing->spare == spare && standing->image == image) return {};
    if (const auto* operation = openOperationOf(server))
        return refused(ErrorCode::Conflict, notClosed(*operation).message);
    if (images_being_removed_.count(image) > 0)
        return refused(ErrorCode::Conflict, fmt::format("image '{}' is being deleted", image.text()));
    if (const auto carried = standInCarriedBy(known_spare->second); !carried.empty()) {
        return refused(ErrorCode::Refused,
                       fmt::format("spare '{}' carries {} on its VM host '{}', and could not be taken while it does; "
                                   "take another spare, or another vm_host for that server",
                                   spare.text(), carried, known_spare->second.vm_host.text()));
    }
    auto set = table_.set(server, spare, image);
    if (!set) return refused(set.error().code, set.error().message);
    setRow(*table_.row(server));
    leasesChanged();
    audit(asked_by, what, "accepted");
    return {};
}

Result<domain::OperationId> Conductor::setSpareAndPrepare(const base::ServerName& server, const base::SpareName& spare,
                                                          const base::ImageId& image, const std::string& asked_by) {
    // All of it is admitted before the row is changed.
    const OperationRequest prepare{OperationKind::Prepare, server, {}, asked_by, {}};
    auto may = mayBegin(prepare);
    if (!may) {
        audit(asked_by,
              fmt::format("spare '{}' and image '{}' for server '{}'", spare.text(), image.text(), server.text()),
              "refused: " + may.error().message);
        return failure(may.error());
    }
    auto set = setSpare(server, spare, image, asked_by);
    if (!set) return failure(set.error());
    return request(prepare);
}

Result<domain::OperationId> Conductor::unsetSpare(const base::ServerName& server, const std::string& asked_by) {
    const std::string what = fmt::format("removal of the row of server '{}'", server.text());
    auto may = table_.mayUnset(server);
    if (may) may = notBeingReturned(server);
    if (may) may = notObserved(server);
    if (may) may = serverHasItsJob(server);  // what its stand-in wrote would go with it
    if (const auto* operation = openOperationOf(server)) may = failure(notClosed(*operation));
    if (!may) {
        audit(asked_by, what, "refused: " + may.error().message);
        return failure(may.error());
    }
    auto& operation = open(OperationKind::Unset, server, asked_by, now());
    operation.cause = "requested by " + asked_by;
    auto unset = table_.unset(server);
    STANDIN_ASSERT(unset.has_value());
    entry_.rows.erase(std::remove_if(entry_.rows.begin(), entry_.rows.end(),
                                     [&](const auto& other) { return other.server == server; }),
                      entry_.rows.end());
    entry_.removed_rows.push_back(server);
    leasesChanged();
    published_.push_back({"row", now(), 0, server.text(),
                          fmt::format("spare table: server '{}' has no row any more", server.text()),
                          protocol::jsonText(nlohmann::json{{"server", server.text()}, {"removed", true}}), 0});
    audit(asked_by, what, fmt::format("operation {}", operation.id));
    return operation.id;
}

Result<void> Conductor::setMaintenance(const base::ServerName& server, bool on, const std::string& why,
                                       const std::string& asked_by) {
    if (inventory_.servers.count(server) == 0)
        return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", server.text()));
    maintenance_[server] = {on, why};
    entry_.maintenance[server] = {on, why};
    must_commit_ = true;
    audit(asked_by, fmt::format("maintenance of server '{}' {}", server.text(), on ? "on" : "off"), "accepted");
    return {};
}

void Conductor::audit(const std::string& who, const std::string& what, const std::string& outcome) {
    entry_.audit.push_back({0, now(), who, what, outcome});
    must_commit_ = true;
}

std::vector<domain::SpareTableRow> Conductor::rowsToWatch() const {
    std::vector<domain::SpareTableRow> rows;
    for (const auto& [server, row] : table_.rows()) {
        if (row.standin_ready && inventory_.servers.count(server) > 0) rows.push_back(row);
    }
    return rows;
}

std::vector<domain::SpareTableRow> Conductor::rowsWithSpares() const {
    std::vector<domain::SpareTableRow> rows;
    for (const auto& [server, row] : table_.rows()) {
        if (inventory_.servers.count(server) > 0 && inventory_.spares.count(row.spare) > 0) rows.push_back(row);
    }
    return rows;
}

void Conductor::sparesSeen(const std::set<base::AgentName>& asked,
                           const std::map<base::ServerName, std::string>& unfit) {
    std::erase_if(unfit_spares_, [&](const auto& known) {
        const auto server = inventory_.servers.find(known.first);
        return unfit.count(known.first) == 0 && asked.count(server->second.image_store) > 0;
    });
    for (const auto& [server, problem] : unfit) {
        if (std::exchange(unfit_spares_[server], problem) == problem) continue;
        lines_.push_back({base::LogLevel::Warning,
                          fmt::format("the spare of server '{}' is of no use: {}", server.text(), problem)});
        drivers_.notifier->notify(
            {drivers::Notification::Kind::Warning,
             {},
             server.text(),
             fmt::format("the spare of server '{}' could not take its job for good: {}", server.text(), problem)});
    }
    board_.setUnfitSpares(unfit_spares_);
}

void Conductor::standInLost(const base::ServerName& server, const base::StandInName& stand_in, const std::string& why) {
    const auto* row = table_.row(server);
    if (row == nullptr || !row->standin_ready || row->stand_in != stand_in) return;
    auto lost = *row;
    lost.standin_ready = false;
    lost.note = why;
    setRow(lost);
    lines_.push_back({base::LogLevel::Warning, fmt::format("stand-in '{}' of server '{}' is not ready any more: {}",
                                                           stand_in.text(), server.text(), why)});
    drivers_.notifier->notify(
        {drivers::Notification::Kind::Warning,
         {},
         server.text(),
         fmt::format(
             "stand-in '{}' of server '{}' is not ready any more: {}; make it again: standinctl spare prepare {}",
             stand_in.text(), server.text(), why, server.text())});
}

}  // namespace standin::engine
