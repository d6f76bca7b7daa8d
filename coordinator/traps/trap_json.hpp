#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/base/result.hpp"
#include "coordinator/traps/trap_log.hpp"

namespace standin::traps {

/// As `GET /v1/traps` shows it: `{id, arrived_at, last_arrived_at, count, source, version, oid, varbinds: [{oid, kind,
/// text, …}], outcome, reason, rule, server, kind}`.
nlohmann::json toJson(const TrapRecord& record);
/// The inverse. Only `source` and `oid` are needed, so that a trap can be written by hand to ask what would become of
/// it; Corrupt if one of them is missing or anything is of another kind.
base::Result<TrapRecord> trapRecordFrom(const nlohmann::json& json);

/// As `GET /v1/traps/{id}/explanation` shows it: `{outcome, reason, rule, server, rules: [{rule, matched, why}]}`.
nlohmann::json toJson(const Explanation& explanation);

}  // namespace standin::traps
