#include "coordinator/traps/trap_decoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "coordinator/traps/net_snmp.hpp"
#include "coordinator/traps/network_prefix.hpp"

namespace standin::traps {

namespace {

const Oid sys_uptime({1, 3, 6, 1, 2, 1, 1, 3, 0});
const Oid snmp_trap_oid({1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0});
const Oid snmp_trap_enterprise({1, 3, 6, 1, 6, 3, 1, 1, 4, 3, 0});
const Oid snmp_trap_address({1, 3, 6, 1, 6, 3, 18, 1, 3, 0});

Oid toOid(const oid* numbers, std::size_t count) {
    if (numbers == nullptr) return {};
    std::vector<std::uint32_t> narrow(std::min(count, Oid::longest));
    std::transform(numbers, numbers + narrow.size(), narrow.begin(),
                   [](oid n) { return static_cast<std::uint32_t>(n); });
    return Oid(std::move(narrow));
}

std::string addressText(const unsigned char* octets) {
    return fmt::format("{}.{}.{}.{}", octets[0], octets[1], octets[2], octets[3]);
}

void setNumber(VarBind& varbind, ValueKind kind, std::int64_t number) {
    varbind.kind = kind;
    varbind.number = number;
}

VarBind toVarBind(const netsnmp_variable_list& variable) {
    VarBind varbind;
    varbind.oid = toOid(variable.name, variable.name_length);
    switch (variable.type) {
        case ASN_INTEGER:
            setNumber(varbind, ValueKind::Integer, *variable.val.integer);
            break;
        case ASN_GAUGE:  // equals ASN_UNSIGNED
            setNumber(varbind, ValueKind::Unsigned, static_cast<std::uint32_t>(*variable.val.integer));
            break;
        case ASN_COUNTER:
            setNumber(varbind, ValueKind::Counter, static_cast<std::uint32_t>(*variable.val.integer));
            break;
        case ASN_TIMETICKS:
            setNumber(varbind, ValueKind::TimeTicks, static_cast<std::uint32_t>(*variable.val.integer));
            break;
        case ASN_COUNTER64:
            setNumber(varbind, ValueKind::Counter64,
                      static_cast<std::int64_t>((static_cast<std::uint64_t>(variable.val.counter64->high) << 32) |
                                                (variable.val.counter64->low & 0xffffffffUL)));
            break;
        case ASN_OBJECT_ID:
            varbind.kind = ValueKind::ObjectId;
            varbind.bytes = toOid(variable.val.objid, variable.val_len / sizeof(oid)).text();
            break;
        case ASN_IPADDRESS:
            varbind.kind = variable.val_len == 4 ? ValueKind::IpAddress : ValueKind::Other;
            if (variable.val_len == 4) varbind.bytes = addressText(variable.val.string);
            break;
        case ASN_NULL:
            varbind.kind = ValueKind::Null;
            break;
        default:
            varbind.kind = variable.type == ASN_OCTET_STR ? ValueKind::Octets : ValueKind::Other;
            if (variable.val.string != nullptr) {
                varbind.bytes.assign(reinterpret_cast<const char*>(variable.val.string),
                                     std::min(variable.val_len, VarBind::longest_value));
                varbind.shortened = variable.val_len > VarBind::longest_value;
            }
            break;
    }
    return varbind;
}

void mapVersion1(const netsnmp_pdu& pdu, Trap& trap) {
    trap.enterprise = toOid(pdu.enterprise, pdu.enterprise_length);
    trap.uptime_cs = static_cast<std::uint32_t>(pdu.time);
    if (std::any_of(std::begin(pdu.agent_addr), std::end(pdu.agent_addr), [](unsigned char c) { return c != 0; })) {
        trap.agent_address = addressText(pdu.agent_addr);
    }
    if (pdu.trap_type >= 0 && pdu.trap_type <= SNMP_TRAP_ENTERPRISESPECIFIC) {
        trap.oid = trapOidOfVersion1(trap.enterprise, static_cast<int>(pdu.trap_type),
                                     static_cast<std::uint32_t>(pdu.specific_type));
    } else {
        trap.refusal = fmt::format("malformed: a v1 trap's generic type is 0 to 6, not {}", pdu.trap_type);
    }
}

}  // namespace

Oid trapOidOfVersion1(const Oid& enterprise, int generic, std::uint32_t specific) {
    STANDIN_ASSERT(generic >= 0 && generic <= SNMP_TRAP_ENTERPRISESPECIFIC);
    if (generic < SNMP_TRAP_ENTERPRISESPECIFIC)
        return Oid({1, 3, 6, 1, 6, 3, 1, 1, 5, static_cast<std::uint32_t>(generic) + 1});
    auto numbers = enterprise.numbers();
    numbers.push_back(0);
    numbers.push_back(specific);
    return Oid(std::move(numbers));
}

bool takeHead(const VarBind& varbind, Trap& trap) {
    if (varbind.oid == sys_uptime && varbind.number) {
        trap.uptime_cs = static_cast<std::uint32_t>(*varbind.number);
    } else if (varbind.oid == snmp_trap_oid && varbind.kind == ValueKind::ObjectId) {
        trap.oid = Oid::parse(varbind.bytes).value_or(Oid());
    } else if (varbind.oid == snmp_trap_enterprise && varbind.kind == ValueKind::ObjectId) {
        trap.enterprise = Oid::parse(varbind.bytes).value_or(Oid());
    } else if (varbind.oid == snmp_trap_address && varbind.kind == ValueKind::IpAddress) {
        trap.agent_address = varbind.bytes;
    } else {
        return false;
    }
    return true;
}

void decode(const netsnmp_pdu& pdu, Trap& trap) {
    trap.version = pdu.version == SNMP_VERSION_1    ? SnmpVersion::V1
                   : pdu.version == SNMP_VERSION_2c ? SnmpVersion::V2c
                                                    : SnmpVersion::V3;
    trap.inform = pdu.command == SNMP_MSG_INFORM;
    if (pdu.command != SNMP_MSG_TRAP && pdu.command != SNMP_MSG_TRAP2 && pdu.command != SNMP_MSG_INFORM) {
        trap.refusal = fmt::format("refused: a message of type {:#04x}, which is neither trap nor inform", pdu.command);
        return;
    }
    for (const auto* variable = pdu.variables; variable != nullptr; variable = variable->next_variable) {
        VarBind varbind = toVarBind(*variable);
        if (takeHead(varbind, trap)) continue;
        if (trap.varbinds.size() == Trap::most_varbinds)
            break;  // no BMC sends as many; the OID and the first ones tell
        trap.varbinds.push_back(std::move(varbind));
    }
    if (pdu.command == SNMP_MSG_TRAP) {
        mapVersion1(pdu, trap);
    } else if (trap.oid.empty()) {
        trap.refusal = "malformed: snmpTrapOID.0 is absent or no OID";
    }
}

Refusal refusalOf(int snmp_error) {
    switch (snmp_error) {
        case SNMPERR_BAD_VERSION:
            return {RefusalKind::Version, "refused: not SNMP v1, v2c or v3"};
        case SNMPERR_UNKNOWN_ENG_ID:
        case SNMPERR_USM_UNKNOWNENGINEID:
            return {RefusalKind::Engine, "refused: no SNMP user is configured for the sender's engine id"};
        case SNMPERR_UNKNOWN_USER_NAME:
        case SNMPERR_USM_UNKNOWNSECURITYNAME:
            return {RefusalKind::User, "refused: no such SNMP user is configured for the sender's engine id"};
        case SNMPERR_UNSUPPORTED_SEC_LEVEL:
        case SNMPERR_USM_UNSUPPORTEDSECURITYLEVEL:
            return {RefusalKind::Level, "refused: the SNMP user has no secret for the security level of this message"};
        case SNMPERR_AUTHENTICATION_FAILURE:
        case SNMPERR_USM_AUTHENTICATIONFAILURE:
            return {RefusalKind::Digest,
                    "refused: wrong digest; the sender's authentication secret or protocol is another"};
        case SNMPERR_DECRYPTION_ERR:
        case SNMPERR_USM_DECRYPTIONERROR:
            return {RefusalKind::Decryption,
                    "refused: cannot be decrypted; the sender's privacy secret or protocol is another"};
        case SNMPERR_NOT_IN_TIME_WINDOW:
        case SNMPERR_USM_NOTINTIMEWINDOW:
            return {RefusalKind::TimeWindow,
                    "refused: older than 150 s by the sender's engine time, so it may be a replay"};
        default:
            return {RefusalKind::Malformed, fmt::format("malformed: {}", snmp_api_errstring(snmp_error))};
    }
}

}  // namespace standin::traps
