#pragma once

#include <map>
#include <string>

#include "agent/base/result.hpp"
#include "coordinator/drivers/power_ladder.hpp"

namespace standin::drivers {

/// Controls one device through a ClusterLabs fence agent (FenceAgentAPI). The program is run without arguments and gets
/// `key=value` lines on standard input, including `action` and the password; secrets never appear in arguments,
/// environment, log or errors. Its output is bounded; at the deadline its process group is killed. Thread-safe.
class FenceAgent {
  public:
    explicit FenceAgent(std::string directory) : directory_(std::move(directory)) {}

    /// Actions `on` and `off`. Success means only that the agent reported success. NotFound and InvalidInput: the
    /// configuration is wrong, and the device was not asked. TimedOut: killed at the deadline, it may have acted.
    /// Internal: the agent failed, with its last output.
    [[nodiscard]] base::Result<void> act(const PowerDevice& device, const std::string& action, Deadline deadline) const;

    /// Action `status`: exit status 0 is on, 2 is off, all others are unknown. Shells, Python and option parsers also
    /// exit with 2 when they never asked the device, so 2 counts as off only with the word OFF on standard output or
    /// with no output; and 0 with the word OFF is unknown.
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
