#pragma once

#include <string>

#include "coordinator/traps/trap.hpp"

struct snmp_pdu;

namespace standin::traps {

/// Copies the sender's data (version, OIDs, uptime, varbinds) into `trap`; the listener sets its arrival. A message
/// that is not a trap or lacks what RFC 3416 requires becomes a refusal.
void decode(const snmp_pdu& pdu, Trap& trap);

/// Takes uptime, trap OID, enterprise and address out of the varbinds: they are the trap's head (RFC 3416, 4.2.6;
/// RFC 3584, 3.1). False: it is another one.
bool takeHead(const VarBind& varbind, Trap& trap);

/// RFC 3584, 3.1: generic traps 0 to 5 are snmpTraps.1 to .6; an enterprise's own are enterprise.0.specific.
/// Precondition: `generic` is 0 to 6.
Oid trapOidOfVersion1(const Oid& enterprise, int generic, std::uint32_t specific);

/// Why a datagram is refused; kind None: it is not.
struct Refusal {
    RefusalKind kind = RefusalKind::None;
    std::string sentence;

    explicit operator bool() const { return kind != RefusalKind::None; }
};
/// For net-snmp's result of parsing.
Refusal refusalOf(int snmp_error);

}  // namespace standin::traps
