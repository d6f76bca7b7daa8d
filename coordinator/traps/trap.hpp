#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "coordinator/traps/oid.hpp"

namespace standin::traps {

enum class SnmpVersion { V1, V2c, V3 };

/// Why a trap was not accepted: decides what the operator is advised to do.
enum class RefusalKind {
    None,
    Malformed,
    Type,             ///< a message that is neither trap nor inform
    Version,          ///< not SNMP v1, v2c or v3
    Engine,           ///< v3: no user is configured for the sender's engine id
    User,             ///< v3: no such user is configured for it
    Level,            ///< v3: protected less than its user must be
    Digest,           ///< v3: another authentication secret or protocol
    Decryption,       ///< v3: another privacy secret or protocol
    TimeWindow,       ///< v3: older than the newest message of its sender
    Replay,           ///< v3: this message arrived before
    Unauthenticated,  ///< v1 or v2c, which the configuration does not allow
    Community,        ///< an unknown community
    Guessing,         ///< not looked at, because its source tries communities
    Binding,          ///< its credentials do not speak for the server that it names
    Contradiction     ///< source and content name different servers
};

enum class ValueKind { Integer, Unsigned, Counter, Counter64, TimeTicks, Octets, ObjectId, IpAddress, Null, Other };

/// A name and its value as the sender gave them.
struct VarBind {
    static constexpr std::size_t longest_value = 1024;  ///< bytes kept of one value; no BMC's message comes near it

    Oid oid;
    ValueKind kind = ValueKind::Null;
    std::optional<std::int64_t> number;  ///< of the numeric kinds
    std::string bytes;                   ///< raw for Octets and Other, text for ObjectId and IpAddress
    bool shortened = false;              ///< the value was longer than `longest_value`

    /// For people and rules: decimal, dotted, plain text, or `0x…` where the octets are not printable.
    [[nodiscard]] std::string text() const;
};

/// One datagram that was (or should have been) a trap or inform, before classification.
struct Trap {
    static constexpr std::size_t most_varbinds = 128;

    base::WallTime arrived_at{};        ///< the kernel's receive time stamp, so that waiting in our queues is included
    base::SteadyTime arrived_steady{};  ///< the same moment on the steady clock
    std::string source;                 ///< address of the datagram, e.g. `127.77.0.101`
    std::string agent_address;  ///< v1 agent-addr or snmpTrapAddress.0: the origin behind a forwarder; may be empty
    SnmpVersion version = SnmpVersion::V2c;
    bool inform = false;            ///< its sender repeats it until it is acknowledged
    std::string principal;          ///< v3: the user's name; empty otherwise (a community is a secret)
    std::string engine_id;          ///< v3: of the sender (of an inform: ours), hexadecimal with 0x
    std::string community;          ///< v1, v2c: the name of its community's file, never the community
    Oid enterprise;                 ///< v1, or snmpTrapEnterprise.0; may be empty
    Oid oid;                        ///< snmpTrapOID.0; for v1 mapped as RFC 3584, 3.1
    std::uint32_t uptime_cs = 0;    ///< sender's uptime in hundredths of a second
    std::vector<VarBind> varbinds;  ///< without uptime and trap OID
    std::string refusal;  ///< why the datagram is not accepted ('malformed: …', 'refused: …'); empty: it is
    RefusalKind refusal_kind = RefusalKind::None;
    std::vector<std::string> messages{};  ///< v3: the stamps (MessageStamp) of the messages that this one represents
    std::uint32_t count = 1;              ///< number of equal traps that this one represents
    /// For informs: to be called, from any thread, once their content is durable here. Their senders then forget them.
    std::vector<std::function<void()>> acknowledge;

    /// The varbind of this name; a scalar may be named without its instance `.0`, since senders differ. Null: absent.
    [[nodiscard]] const VarBind* find(const Oid& wanted) const;
    /// The same for a pattern: with `.*` the first varbind below it.
    [[nodiscard]] const VarBind* find(const OidPattern& wanted) const;

    /// Equal for traps with the same content: everything but times, request ids and counts.
    [[nodiscard]] std::uint64_t fingerprint() const;

    /// Roughly what it takes in memory, for bounding queues.
    [[nodiscard]] std::size_t footprint() const;
};

std::string_view nameOf(SnmpVersion version);
std::string_view nameOf(ValueKind kind);
/// As the metrics and the trap log call it: `malformed`, `digest`…
std::string_view nameOf(RefusalKind kind);
/// None for a name that is no kind's.
RefusalKind refusalKindFrom(std::string_view name);
ValueKind valueKindFrom(std::string_view name);

}  // namespace standin::traps
