#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/traps/trap.hpp"

/// Reads traps from files of operators: sent by mail, copied from a log or captured from the network.
namespace standin::traps {

/// The most traps read from one file: as many as the trap log returns at once.
inline constexpr std::size_t most_traps = 1'000;

/// The readable traps, and for each unreadable one its position and the problem.
struct ReadTraps {
    std::vector<Trap> traps;
    std::vector<std::string> unreadable;
};

/// The traps in `content`, in its order, at least one. Which of three it is shows by itself:
/// - JSON: a trap as the coordinator shows it (GET /v1/traps/{id}), a list of them (GET /v1/traps), or an explanation;
/// - text as snmptrapd prints it, with numbers (-On) or with the few names that are known here without a MIB, also as
///   syslog and the journal keep it;
/// - a datagram, BER as RFC 3416 has it, of SNMP v1 or v2c.
/// What does not say where it came from has an empty source. InvalidInput: there is no readable trap in it; the message
/// says what is wrong with the first, in line:column of a text, or at which byte of a datagram.
base::Result<ReadTraps> readTraps(std::string_view content);

/// One snmptrapd text, one datagram: the parts of readTraps().
ReadTraps readTrapText(std::string_view text);
base::Result<Trap> readDatagram(std::string_view datagram);

/// A MIB's name or a number, as snmptrapd prints it: `SNMPv2-SMI::enterprises.3183.1`, `iso.3.6.1`, `.1.3.6.1`.
base::Result<Oid> oidFromText(std::string_view text);

}  // namespace standin::traps
