#pragma once

#include <string>

#include "coordinator/simulation/script.hpp"
#include "coordinator/simulation/world_config.hpp"

namespace standin::simulation {

/// A directory `NAME/{README.md,world.yaml,script.yaml,expected.log}`. README.md of the scenarios tells what is in
/// them.
struct Scenario {
    std::string directory;
    WorldConfig config;
    Script script;
    std::vector<std::string> expected;    ///< each stands in the log; `a … b`: first the one, later the other
    std::vector<std::string> unexpected;  ///< none does
    /// Why a coordinator that dies on the way may lead to another end, e.g. because the script acts by the clock;
    /// empty: it may not.
    std::string end_depends_on;

    [[nodiscard]] std::string name() const;
};

/// InvalidInput: with everything that is wrong, each as `file:line:column: key: what`.
base::Result<Scenario> readScenario(const std::string& directory);

}  // namespace standin::simulation
