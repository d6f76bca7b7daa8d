#pragma once

#include "agent/protocol/common.hpp"

namespace standin::engine {
class Engine;
}

namespace standin::api {

/// The checks `engine` (it acts, its journal can be written), `agent <name>` for each agent, and `operations` (none
/// waits for the operator), and `machines` where a UUID is declared (no power device is another machine's); servers
/// without a ready stand-in are warnings.
void checkEstate(protocol::Health& health, const engine::Engine& engine);

}  // namespace standin::api
