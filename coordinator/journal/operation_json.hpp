#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/base/result.hpp"
#include "coordinator/domain/adoption.hpp"
#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/placement.hpp"

namespace standin::journal {

/// An operation as the journal keeps it and as the API shows it. Moments are RFC 3339, durations `…_ms`, names of
/// states, steps and kinds are those of nameOf(). `operationFrom` reads what `toJson` wrote; Corrupt with what is wrong
/// otherwise.
nlohmann::json toJson(const domain::Operation& operation);
base::Result<domain::Operation> operationFrom(const nlohmann::json& json);

nlohmann::json toJsonWithoutSteps(const domain::Operation& operation);

nlohmann::json toJson(const domain::Step& step);
base::Result<domain::Step> stepFrom(const nlohmann::json& json);

nlohmann::json toJson(const domain::SpareTableRow& row);
base::Result<domain::SpareTableRow> rowFrom(const nlohmann::json& json);

nlohmann::json toJson(const domain::Lease& lease);
base::Result<domain::Lease> leaseFrom(const nlohmann::json& json);

nlohmann::json toJson(const domain::Placement& placement);
base::Result<domain::Placement> placementFrom(const nlohmann::json& json);

nlohmann::json toJson(const domain::Adoption& adoption);
base::Result<domain::Adoption> adoptionFrom(const nlohmann::json& json);

}  // namespace standin::journal
