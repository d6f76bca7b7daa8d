#pragma once

namespace standin::http {
class Router;
}
namespace standin::traps {
class TrapTests;
}

namespace standin::api {

/// Tests of trap paths: what is known of them, and having them tested.
void addTrapTestRoutes(http::Router& router, traps::TrapTests& tests);

}  // namespace standin::api
