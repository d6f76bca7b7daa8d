#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/yaml_reader.hpp"
#include "coordinator/config/configuration.hpp"

namespace standin::config {

/// The questions that the reader asks about the host it runs on.
struct Surroundings {
    /// Is there such a program (a name in PATH, or an absolute path)?
    std::function<bool(const std::string& program)> program_exists;
    /// The problem of a fence device, as one sentence; empty = none.
    std::function<std::string(const drivers::PowerDevice& device)> fence_problem;
    /// All that is wrong with a file of trap rules, as `file:line:column: key: what`; empty = none.
    std::function<std::vector<std::string>(const std::string& path)> rule_problems;
    /// How the rules of a file find the server that a failure is of.
    struct Lookups {
        bool by_address = true;   ///< of the sender, or the agent address: `trap_sources`
        bool by_identity = true;  ///< in a varbind: `trap_identities`
    };
    std::function<Lookups(const std::string& path)> rule_lookups{};
};

/// Looks for programs in PATH and in /usr/sbin.
bool programExists(const std::string& program);

/// Reads and checks a coordinator's configuration: every key known and of its kind; agents that are referred to exist;
/// ports, MAC and job addresses, segments, VLANs, trap sources and disks belong to one machine each; fence devices can
/// be used; the trap rules parse. All problems are recorded; nullopt if there is any.
std::optional<Configuration> readConfiguration(const std::string& path, const Surroundings& surroundings,
                                               base::YamlProblems& problems);
/// The same of a text that `name` names in problems.
std::optional<Configuration> readConfigurationText(std::string text, const std::string& name,
                                                   const Surroundings& surroundings, base::YamlProblems& problems);

}  // namespace standin::config
