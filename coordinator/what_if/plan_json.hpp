#pragma once

#include <nlohmann/json_fwd.hpp>

#include "coordinator/what_if/rehearsal.hpp"

namespace standin::what_if {

/// The answer to `POST /v1/plans`.
nlohmann::json toJson(const Plan& plan);

}  // namespace standin::what_if
