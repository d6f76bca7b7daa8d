#pragma once

#include <string>

#include "agent/base/result.hpp"
#include "agent/http/router.hpp"
#include "agent/protocol/common.hpp"

namespace standin::http {

/// A part of an agent that its configuration enables: hypervisor, switch, image store, request holder, disk.
class Capability {
  public:
    virtual ~Capability() = default;
    [[nodiscard]] virtual std::string name() const = 0;
    /// Starts the capability; called once, before the server listens. An error stops the agent, so a problem that may
    /// end by itself (a daemon that is not up yet) belongs in health instead.
    virtual base::Result<void> start() = 0;
    /// Stops it in order; called once, after the server has stopped. The destructor must also work if stop() was never
    /// called.
    virtual void stop() = 0;
    virtual void addRoutes(Router& router) = 0;
    virtual void checkHealth(protocol::Health& health) = 0;
};

}  // namespace standin::http
