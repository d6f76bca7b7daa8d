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

/// What became of every trap, how the rules came to it, and what the engine would do about it now.
void addTrapRoutes(http::Router& router, traps::TrapLog& trap_log, const traps::TrapRules& rules,
                   const traps::ServerDirectory& servers, const engine::Engine& engine);

}  // namespace standin::api
