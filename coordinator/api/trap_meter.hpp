#pragma once

namespace standin::http {
class Metrics;
}
namespace standin::traps {
class RefusedSenders;
class TrapIntake;
class TrapListener;
class TrapLog;
class TrapQueue;
class TrapTests;
}  // namespace standin::traps

namespace standin::api {

/// Puts what became of the traps into the metrics whenever they are asked for. All outlive `metrics`' last rendering.
void meterTraps(http::Metrics& metrics, const traps::TrapListener& listener, const traps::TrapQueue& queue,
                const traps::TrapIntake& intake, const traps::TrapLog& trap_log);

/// Likewise which servers are deaf, and how many senders are refused.
void meterTrapPaths(http::Metrics& metrics, const traps::TrapTests& tests, const traps::RefusedSenders& refused);

}  // namespace standin::api
