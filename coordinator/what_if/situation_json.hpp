#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/base/result.hpp"
#include "coordinator/what_if/situation.hpp"

namespace standin::what_if {

/// A situation, without its inventory, and what is asked about it, for a process of its own.
nlohmann::json toJson(const Situation& situation, const Question& question);

struct AskedSituation {
    Situation situation;  ///< without inventory
    Question question;
};

/// Reads what toJson() wrote. InvalidInput otherwise.
base::Result<AskedSituation> askedSituationFrom(const nlohmann::json& json);

}  // namespace standin::what_if
