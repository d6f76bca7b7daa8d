#pragma once

#include <string>

#include "coordinator/traps/snmp_engine.hpp"
#include "coordinator/traps/trap_decoding.hpp"

namespace standin::traps {

/// As the sender wrote it into the datagram, whether or not it is anybody's name; empty: it names no user.
std::string principalOf(const snmp_pdu& pdu);

/// The authoritative engine of a message of SNMPv3, as the sender wrote it; hexadecimal with 0x, or empty.
std::string engineOf(const snmp_pdu& pdu);

/// For net-snmp's result of parsing a message of SNMPv3 with this engine's users.
Refusal refusalOf(const snmp_pdu& pdu, int snmp_error, const SnmpEngine& engine);

/// Whether a message of SNMPv3 that could be parsed is protected as its user must be; no refusal: it may be believed.
Refusal distrustOfUser(const snmp_pdu& pdu, const SnmpEngine& engine);

}  // namespace standin::traps
