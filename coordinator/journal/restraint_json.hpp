#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/protocol/json_fields.hpp"
#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/restraint/freeze.hpp"

namespace standin::journal {

nlohmann::json toJson(const domain::Freeze& freeze);
base::Result<domain::Freeze> freezeFrom(const nlohmann::json& json);

nlohmann::json toJson(const domain::SiteRestraint& site);
base::Result<domain::SiteRestraint> siteRestraintFrom(const nlohmann::json& json);

/// Freeze and brake of an operation: fields of its object, absent where there is nothing to say.
void writeRestraint(nlohmann::json& object, const domain::Operation& operation);
void readRestraint(domain::Operation& operation, protocol::JsonFields& fields);

}  // namespace standin::journal
