#pragma once

#include <string>

namespace standin::tests {

/// Writes down, before anything of it is made, what this process makes on the host and a killed process would leave:
/// a prefix of names that have the process's number (`hvn4711`), or a directory of its own (`/var/tmp/standin-…`). The
/// first call takes down what others have left (tests/leftovers.sh). The record goes when the process ends in order.
void noteMade(const std::string& prefix_or_directory);

}  // namespace standin::tests
