#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "agent/base/worker.hpp"

namespace standin::engine {
class Engine;
class EventHub;
}  // namespace standin::engine
namespace standin::http {
class Metrics;
}

namespace standin::api {

/// Follows the events and, when an operation comes to rest, puts its phases and outcome into the metrics, once for each
/// attempt (a failover that an operator has tried again comes to rest again):
/// `standin_phase_seconds{phase=…}` (detect, fence, resume, segment, restore, hold and finer ones),
/// `standin_takeover_seconds`, `standin_operations_total{kind, outcome}`.
class PhaseMeter {
  public:
    PhaseMeter(engine::EventHub& hub, const engine::Engine& engine, http::Metrics& metrics);

    void start();
    /// The hub has to be closed before. Idempotent.
    void stop() { worker_.stop(); }

  private:
    void run();
    void measure(std::uint64_t operation);
    void observe(const std::map<std::string, double>& phases_ms);

    engine::EventHub& hub_;
    const engine::Engine& engine_;
    http::Metrics& metrics_;
    std::map<std::uint64_t, std::size_t> measured_;  ///< attempts, by operation
    base::Worker worker_;
};

/// Gauges that are asked for whenever the metrics are: servers, spares, agents, operations.
void meterEstate(http::Metrics& metrics, const engine::Engine& engine);

}  // namespace standin::api
