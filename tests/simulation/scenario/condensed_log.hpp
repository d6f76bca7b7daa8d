#pragma once

#include <string>
#include <vector>

namespace standin::simulation {

/// An event log for people: times in milliseconds, and of what happens again and again (an agent that is away is asked
/// for minutes) only the first two and the last. State changes, owners, faults, requests and what is told stay as they
/// are. Not in it: that agents agreed to the coordinator's epoch.
std::string condensed(const std::vector<std::string>& lines);

}  // namespace standin::simulation
