#pragma once

#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/identifier.hpp"

namespace standin::domain {

/// One failure of one server, as reported by a trap (S202) or an operator.
struct FailureReport {
    base::ServerName server;
    std::string kind;   ///< what failed, as the trap rules name it, e.g. `processor`; `operator` for a request
    std::string cause;  ///< one sentence for people, e.g. `uncorrectable memory error (trap 4711 from 127.77.0.101)`
    std::string reported_by;  ///< `trap 4711` or `operator ada`
    base::SteadyTime
        received{};  ///< when the datagram or the request arrived; all durations of the failover count from here
    std::vector<std::string> messages{};  ///< SNMPv3: what identifies the trap's messages, so that none counts twice
};

}  // namespace standin::domain
