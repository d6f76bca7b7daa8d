#pragma once

#include <string>

#include "coordinator/traps/trap.hpp"

struct snmp_pdu;

namespace standin::traps {

/// Fills what the sender said into `trap` (versions, OIDs, uptime, varbinds); its arrival is the listener's. A message that is no
/// trap or lacks what RFC 3416 demands becomes a refusal.
void decode(const snmp_pdu& pdu, Trap& trap);

/// What a datagram was refused for, in the few words that the metrics count by, and in a sentence.
struct Refusal {
    std::string_view label;
    std::string sentence;
};
/// For net-snmp's result of parsing.
Refusal refusalOf(int snmp_error);

}  // namespace standin::traps
