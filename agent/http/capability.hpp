#pragma once

#include <string>

#include "agent/base/result.hpp"
#include "agent/http/router.hpp"
#include "agent/protocol/common.hpp"

namespace standin::http {

/// A part of an agent that its configuration switches on: hypervisor, switch, image store, request holder, disk.
class Capability {
  public:
    virtual ~Capability() = default;
    [[nodiscard]] virtual std::string name() const = 0;
    /// Begins to work; called once, before the server listens. An error stops the agent, so what may come back by
    /// itself (a daemon that is not up yet) belongs into health instead.
    virtual base::Result<void> start() = 0;
    /// Orderly end; called once, after the server has stopped. The destructor must cope with stop() never having been
    /// called.
    virtual void stop() = 0;
    virtual void addRoutes(Router& router) = 0;
    virtual void checkHealth(protocol::Health& health) = 0;
};

}  // namespace standin::http
