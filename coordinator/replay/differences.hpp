#pragma once

#include <string>
#include <vector>

#include "coordinator/domain/record.hpp"

namespace standin::replay {

/// A decision in sentences for people: each change of state, then what it starts.
std::vector<std::string> sentencesOf(const std::vector<domain::Change>& changes,
                                     const std::vector<domain::StepStart>& starts);

/// The differences between the recorded decision and the new one.
std::vector<std::string> differences(const std::vector<domain::Change>& then, const std::vector<domain::Change>& now);
std::vector<std::string> differences(const std::vector<domain::StepStart>& then,
                                     const std::vector<domain::StepStart>& now);
/// `row, field standin_ready: then: true; now: false`.
std::vector<std::string> differences(const domain::ServerRecord& then, const domain::ServerRecord& now);
/// Compares everything that decisions depend on; durations and progress are ignored.
std::vector<std::string> differences(const domain::Operation& then, const domain::Operation& now);

}  // namespace standin::replay
