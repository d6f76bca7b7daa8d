#pragma once

#include <string>

#include "tests/bench/takeover/first_answer.hpp"

namespace standin::tests {

/// The least that a takeover has to do, done by nobody: a suspended machine is resumed by libvirt, its switch port is
/// put into the segment by one OVSDB transaction, and the job is asked.
struct BareMachine {
    std::string domain;
    std::string port;
    int vlan = 0;        ///< the segment's
    int quarantine = 0;  ///< where the port is before
};

struct BareTakeover {
    double resume_ms = 0;
    double segment_ms = 0;  ///< the transaction, answered
    double answer_ms = 0;   ///< from then on
};

/// Suspends the machine, puts its port into quarantine, lets things come to rest, and does it. Throws std::exception.
BareTakeover takeOverBare(const BareMachine& machine, const AskedJob& job);

}  // namespace standin::tests
