#pragma once

#include <string>
#include <vector>

#include "coordinator/domain/record.hpp"

namespace standin::replay {

/// What people read of a decision: each change of state, then what it starts.
std::vector<std::string> sentencesOf(const std::vector<domain::Change>& changes,
                                     const std::vector<domain::StepStart>& starts);

/// What was decided then and now, where it is not the same.
std::vector<std::string> differences(const std::vector<domain::Change>& then, const std::vector<domain::Change>& now);
std::vector<std::string> differences(const std::vector<domain::StepStart>& then,
                                     const std::vector<domain::StepStart>& now);
/// Of all that decisions rest on; durations and progress do not count.
std::vector<std::string> differences(const domain::Operation& then, const domain::Operation& now);

}  // namespace standin::replay
