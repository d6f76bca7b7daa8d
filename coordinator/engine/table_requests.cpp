#include "coordinator/engine/table_requests.hpp"

#include <fmt/format.h>

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;
using domain::OperationKind;

namespace {

std::string textOfRow(const base::ServerName& server, const base::SpareName& spare, const base::ImageId& image) {
    return fmt::format("spare '{}' and image '{}' for server '{}'", spare.text(), image.text(), server.text());
}

}  // namespace

domain::SpareFacts TableRequests::spareFacts(const base::SpareName& spare, const base::ImageId& image) const {
    domain::SpareFacts asked{spare, nullptr, image, images_being_removed_.count(image) > 0, {}};
    if (const auto known = state_.inventory.spares.find(spare); known != state_.inventory.spares.end()) {
        asked.spare = &known->second;
        asked.carried = state_.spares.standInCarriedBy(known->second);
    }
    return asked;
}

Result<void> TableRequests::maySet(const base::ServerName& server, const base::SpareName& spare,
                                   const base::ImageId& image, bool prepare) const {
    const auto facts = facts_.of(server);
    if (prepare) {
        if (auto may = domain::mayBegin(facts, facts_.asked(OperationKind::Prepare, facts)); !may) return may;
    }
    const auto asked = spareFacts(spare, image);
    if (auto may = domain::maySetSpare(facts, asked); !may || domain::isSet(facts, asked)) return may;
    auto tried = state_.spares.table();  // a copy: the row itself stays as it is
    return tried.set(server, spare, image);
}

Result<void> TableRequests::mayUnset(const base::ServerName& server) const {
    return domain::mayUnset(facts_.of(server), state_.spares.table());
}

Result<void> TableRequests::setSpare(const base::ServerName& server, const base::SpareName& spare,
                                     const base::ImageId& image, const std::string& asked_by) {
    const auto facts = facts_.of(server);
    const auto asked = spareFacts(spare, image);
    auto may = domain::maySetSpare(facts, asked);
    if (may && domain::isSet(facts, asked)) return {};
    if (may) may = state_.spares.set(server, spare, image);
    state_.batch.audit(asked_by, textOfRow(server, spare, image), may ? "accepted" : "refused: " + may.error().message);
    return may;
}

Result<domain::OperationId> TableRequests::setSpareAndPrepare(const base::ServerName& server,
                                                              const base::SpareName& spare, const base::ImageId& image,
                                                              const std::string& asked_by) {
    // All of it is admitted before the row is changed.
    const auto facts = facts_.of(server);
    if (auto may = domain::mayBegin(facts, facts_.asked(OperationKind::Prepare, facts)); !may) {
        state_.batch.audit(asked_by, textOfRow(server, spare, image), "refused: " + may.error().message);
        return failure(may.error());
    }
    auto set = setSpare(server, spare, image, asked_by);
    if (!set) return failure(set.error());
    return operations_.request({OperationKind::Prepare, server, {}, asked_by, {}});
}

Result<domain::OperationId> TableRequests::unsetSpare(const base::ServerName& server, const std::string& asked_by) {
    const std::string what = fmt::format("removal of the row of server '{}'", server.text());
    const auto facts = facts_.of(server);
    if (auto may = mayUnset(server); !may) {
        state_.batch.audit(asked_by, what, "refused: " + may.error().message);
        return failure(may.error());
    }
    auto& operation = state_.operations.open(OperationKind::Unset, server, asked_by, state_.now(), facts.row);
    operation.cause = "requested by " + asked_by;
    state_.spares.unset(server);
    state_.batch.audit(asked_by, what, fmt::format("operation {}", operation.id));
    return operation.id;
}

std::vector<std::string> TableRequests::usersOf(const base::ImageId& image) const {
    std::vector<std::string> users;
    for (const auto& [server, row] : state_.spares.table().rows()) {
        if (row.image == image) users.push_back(fmt::format("server {}", server.text()));
    }
    for (const auto& [id, operation] : state_.operations.all()) {
        if (isOpen(operation) && (operation.image == image || operation.previous_image == image))
            users.push_back(fmt::format("{} {}", nameOf(operation.kind), id));
    }
    return users;
}

Result<protocol::CommandStamp> TableRequests::beginRemoval(const base::ImageId& image) {
    const auto& adoption = facts_.adoption();
    if (!adoption.isWhole()) {  // whose it is is not known yet
        return failure(ErrorCode::WrongState,
                       fmt::format("image '{}' is not deleted while something is only observed: {}", image.text(),
                                   domain::observedOnly(adoption, {})));
    }
    if (const auto users = usersOf(image); !users.empty()) {
        return failure(ErrorCode::Conflict,
                       fmt::format("image '{}' is used by {}", image.text(), fmt::join(users, ", ")));
    }
    images_being_removed_.insert(image);
    return state_.leadership.stampOf(
        fmt::format("remove/{}/{}", image.text(), state_.now().time_since_epoch().count()));
}

void TableRequests::endRemoval(const base::ImageId& image, const std::string& asked_by, const std::string& outcome) {
    images_being_removed_.erase(image);
    state_.batch.audit(asked_by, fmt::format("removal of image '{}'", image.text()), outcome);
}

protocol::CommandStamp TableRequests::beginVerification(const base::ImageId& image, const std::string& asked_by) {
    state_.batch.audit(asked_by, fmt::format("verification of image '{}'", image.text()), "begun");
    return state_.leadership.stampOf(
        fmt::format("verify/{}/{}", image.text(), state_.now().time_since_epoch().count()));
}

}  // namespace standin::engine
