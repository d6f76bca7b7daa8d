#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "coordinator/cli/coordinator_api.hpp"
#include "coordinator/cli/settings.hpp"

namespace standin::cli {

/// What a run of standinctl touches beside its arguments.
struct Surroundings {
    std::ostream& out;
    std::ostream& err;
    std::function<const char*(const char*)> environment;
    /// Makes the connection; tests put their own coordinator here.
    std::function<base::Result<std::unique_ptr<CoordinatorApi>>(const Connection&)> connect;
    std::istream* in = nullptr;  ///< null: there is no one to answer questions
};

/// Runs one command line (without the program's name) and returns its ExitCode.
int runCommandLine(const std::vector<std::string>& arguments, const Surroundings& surroundings);

/// A verb with all its options as --help has them, e.g. `spare set` with `--image`, `--wait`. The first, without a
/// name, has the options before the verb.
struct VerbDescription {
    std::string name;
    std::vector<std::string> options;
};
std::vector<VerbDescription> describeCommandLine();

}  // namespace standin::cli
