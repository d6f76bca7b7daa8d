#pragma once

#include <nlohmann/json_fwd.hpp>

#include "coordinator/plan/rehearsal.hpp"

namespace standin::plan {

/// The answer to `POST /v1/plans`.
nlohmann::json toJson(const Plan& plan);

}  // namespace standin::plan
