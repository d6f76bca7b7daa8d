#pragma once

namespace standin::http {
class Router;
}
namespace standin::traps {
class ServerDirectory;
class TrapLog;
struct TrapRules;
}  // namespace standin::traps

namespace standin::api {

/// What became of every trap, and how the rules came to it.
void addTrapRoutes(http::Router& router, traps::TrapLog& trap_log, const traps::TrapRules& rules,
                   const traps::ServerDirectory& servers);

}  // namespace standin::api
