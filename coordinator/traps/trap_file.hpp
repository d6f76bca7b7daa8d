#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/traps/snmp_engine.hpp"
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

/// What a datagram of SNMPv3 is read with: the configured users, and the coordinator's own engine id (0x and
/// hexadecimal; empty: not known, and informs cannot be read).
struct SnmpKeys {
    std::string own_engine_id;
    std::vector<SnmpUser> users;
};

/// Asked only for a datagram that needs them: the secrets are not everybody's to read.
using KeySource = std::function<base::Result<SnmpKeys>()>;

/// The traps in `content`, in its order, at least one. Which of three it is shows by itself:
/// - JSON: a trap as the coordinator shows it (GET /v1/traps/{id}), a list of them (GET /v1/traps), or an explanation;
/// - text as snmptrapd prints it, with numbers (-On) or with the few names that are known here without a MIB, also as
///   syslog and the journal keep it;
/// - a datagram, BER as RFC 3416 has it, of SNMP v1 or v2c, with `keys` also of v3. One that the coordinator would
///   refuse (unknown user, wrong digest) is a trap with that refusal; how old it is is not looked at.
/// What does not say where it came from has an empty source. InvalidInput: there is no readable trap in it; the message
/// says what is wrong with the first, in line:column of a text, or at which byte of a datagram.
base::Result<ReadTraps> readTraps(std::string_view content, const KeySource& keys = {});

/// One snmptrapd text, one datagram: the parts of readTraps().
ReadTraps readTrapText(std::string_view text);
base::Result<Trap> readDatagram(std::string_view datagram, const KeySource& keys = {});

/// A MIB's name or a number, as snmptrapd prints it: `SNMPv2-SMI::enterprises.3183.1`, `iso.3.6.1`, `.1.3.6.1`.
base::Result<Oid> oidFromText(std::string_view text);

}  // namespace standin::traps
