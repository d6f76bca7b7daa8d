#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/http/router.hpp"
#include "agent/protocol/common.hpp"

namespace standin::http {

/// Collects the named checks of all parts of a program for GET /v1/health: 200 if all are ok, otherwise 503.
class HealthChecks {
  public:
    explicit HealthChecks(std::string program_name);

    /// `check` appends to `checks` and `warnings`; it is called for every request and must answer within a second.
    void add(std::function<void(protocol::Health&)> check);
    [[nodiscard]] protocol::Health now() const;
    void addRoutes(Router& router) const;

  private:
    std::string program_name_;
    mutable std::mutex mutex_;
    std::vector<std::function<void(protocol::Health&)>> checks_;
};

/// The check `clock`: whether this host's clock is synchronised. TLS, journals and traps all depend on it. If no
/// service synchronises the clock (a lab), this is a warning, not a failure: wrong clocks break TLS visibly.
void checkClock(protocol::Health& health);

/// The check `space <purpose>`: at least `least_bytes` free where `path` is.
void checkSpace(protocol::Health& health, const std::string& purpose, const std::string& path,
                std::uint64_t least_bytes);

}  // namespace standin::http
