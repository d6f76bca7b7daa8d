#pragma once

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
}
namespace standin::traps {
class ServerDirectory;
class TrapLog;
struct TrapRules;
}  // namespace standin::traps

namespace standin::api {

/// The outcome of every trap, the rules that led to it, and the engine's reaction if it came now.
void addTrapRoutes(http::Router& router, traps::TrapLog& trap_log, const traps::TrapRules& rules,
                   const traps::ServerDirectory& servers, const engine::Engine& engine);

}  // namespace standin::api
