#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/base/result.hpp"
#include "coordinator/domain/record.hpp"

namespace standin::journal {

/// A line of an operation's record as the journal keeps it and `GET /v1/operations/{id}/decisions` shows it:
/// `{"line", "at", "<what>": {…}}`, where <what> is one of `operation`, `report`, `event`, `fence_confirmed`,
/// `decision`. Of a server it holds what decide() reads.
nlohmann::json toJson(const domain::RecordLine& line);

/// Reads what toJson() wrote. Corrupt: another version wrote it, with words this one does not know, or nobody did.
base::Result<domain::RecordLine> recordLineFrom(const nlohmann::json& json);

}  // namespace standin::journal
