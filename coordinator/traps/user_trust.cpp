#include "coordinator/traps/user_trust.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"
#include "coordinator/traps/net_snmp.hpp"

namespace standin::traps {

namespace {

std::string userOf(const netsnmp_pdu& pdu) {
    return pdu.securityName == nullptr ? std::string() : std::string(pdu.securityName, pdu.securityNameLen);
}

}  // namespace

std::string principalOf(const netsnmp_pdu& pdu) {
    constexpr std::size_t longest = 32;  // RFC 3414: SnmpAdminString of 1 to 32 bytes
    if (pdu.securityName == nullptr) return {};
    return base::oneLine({pdu.securityName, std::min<std::size_t>(pdu.securityNameLen, longest)}, 3 * longest);
}

std::string engineOf(const netsnmp_pdu& pdu) {
    constexpr std::size_t longest = 32;  // RFC 3411, SnmpEngineID
    if (pdu.securityEngineID == nullptr || pdu.securityEngineIDLen == 0) return {};
    std::string text = "0x";
    for (std::size_t i = 0; i < std::min<std::size_t>(pdu.securityEngineIDLen, longest); ++i)
        fmt::format_to(std::back_inserter(text), "{:02x}", pdu.securityEngineID[i]);
    return text;
}

Refusal refusalOf(const netsnmp_pdu& pdu, int snmp_error, const SnmpEngine& engine) {
    auto refusal = refusalOf(snmp_error);
    // What an authenticated user encrypted with another secret decrypts to noise, and net-snmp only sees that it is
    // none of its messages. The digest was right by then: a wrong one has a result of its own.
    if (refusal.kind == RefusalKind::Malformed && pdu.version == SNMP_VERSION_3 &&
        pdu.securityLevel == SNMP_SEC_LEVEL_AUTHPRIV && engine.leastLevelOf(userOf(pdu)) <= SNMP_SEC_LEVEL_AUTHPRIV)
        return refusalOf(SNMPERR_USM_DECRYPTIONERROR);
    return refusal;
}

Refusal distrustOfUser(const netsnmp_pdu& pdu, const SnmpEngine& engine) {
    const int least = engine.leastLevelOf(userOf(pdu));
    if (least > SNMP_SEC_LEVEL_AUTHPRIV) return {RefusalKind::User, "refused: no such SNMP user is configured"};
    if (pdu.securityLevel < least)
        return {RefusalKind::Level, "refused: less protected than this SNMP user must be (authentication, privacy)"};
    return {};
}

}  // namespace standin::traps
