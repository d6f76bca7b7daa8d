#pragma once

#include <optional>
#include <string>

#include "agent/request_holder/network/network_namespace.hpp"
#include "agent/request_holder/request_holder_settings.hpp"

namespace standin::request_holder {

/// One side of a job's request holder: an interface in a network namespace of its own. So the front leg can have the
/// job's address while the back leg reaches another machine with the same address, and any number of jobs do not
/// conflict.
class Leg {
  public:
    Leg(std::string namespace_name, LegSettings settings)
        : namespace_name_(std::move(namespace_name)), settings_(std::move(settings)) {}

    /// Creates the namespace, moves the interface into it, sets the address and brings everything up. Idempotent, also
    /// after an agent that was killed. NotFound: the interface does not exist in either namespace.
    Result<void> bringUp();
    /// Moves the interface back to the agent's namespace and removes the leg's; idempotent.
    Result<void> takeDown();
    /// Checks quickly (no process is started) whether everything is as bringUp() left it.
    [[nodiscard]] Result<void> verify() const;

    /// Precondition: bringUp() succeeded once.
    [[nodiscard]] const NetworkNamespace& space() const { return *space_; }
    [[nodiscard]] bool hasSpace() const { return space_.has_value(); }
    [[nodiscard]] const LegSettings& settings() const { return settings_; }

  private:
    Result<void> moveInterface() const;
    Result<void> configure() const;
    Result<void> ip(const std::string& commands) const;

    const std::string namespace_name_;
    const LegSettings settings_;
    std::optional<NetworkNamespace> space_;
};

}  // namespace standin::request_holder
