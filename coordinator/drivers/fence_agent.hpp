#pragma once

#include <map>
#include <string>

#include "agent/base/result.hpp"
#include "coordinator/drivers/power_ladder.hpp"

namespace standin::drivers {

/// Speaks to one device by a ClusterLabs fence agent (FenceAgentAPI): the program is run without arguments and gets
/// `key=value` lines on standard input, among them `action` and the password; nothing secret is ever an argument, in
/// the environment, in a log or in an error. What it writes is bounded; at the deadline its process group is killed.
/// Safe to call from several threads.
class FenceAgent {
  public:
    explicit FenceAgent(std::string directory) : directory_(std::move(directory)) {}

    /// Actions `on` and `off`. Success means only that the agent said so. NotFound and InvalidInput: the device was not
    /// asked, its configuration is wrong. TimedOut: killed at the deadline, it may have acted. Internal: the agent
    /// failed, with its last words.
    [[nodiscard]] base::Result<void> act(const PowerDevice& device, const std::string& action, Deadline deadline) const;

    /// Action `status`: exit 0 is on, exit 2 is off, all else is unknown. Since 2 is also how shells, Python and option
    /// parsers end when they never got to ask the device, it counts as off only with the word OFF on standard output or
    /// in silence; and a 0 with the word OFF is unknown.
    [[nodiscard]] PowerReading read(const PowerDevice& device, Deadline deadline) const;

    /// What fence agents say of themselves (`-o metadata`), by their names.
    using Descriptions = std::map<std::string, std::string>;
    /// For `--check-config`: the agent is there and executable, its password can be read, and it knows every option.
    /// A site has hundreds of devices and a few kinds of agents, and each description is a process: each kind is asked
    /// once.
    [[nodiscard]] base::Result<void> check(const PowerDevice& device, Descriptions& described) const;

  private:
    struct Call;
    [[nodiscard]] base::Result<Call> prepare(const PowerDevice& device, const std::string& action) const;
    [[nodiscard]] base::Result<std::string> metadataOf(const PowerDevice& device) const;
    [[nodiscard]] base::Result<std::string> programOf(const PowerDevice& device) const;
    std::string directory_;
};

}  // namespace standin::drivers
