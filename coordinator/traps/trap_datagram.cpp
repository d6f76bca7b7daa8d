#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>

#include "coordinator/traps/net_snmp.hpp"
#include "coordinator/traps/trap_decoding.hpp"
#include "coordinator/traps/trap_file.hpp"
#include "coordinator/traps/user_trust.hpp"

namespace standin::traps {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

/// Walks through the elements before net-snmp reads them: it says that something is wrong, and not where.
class Elements {
  public:
    explicit Elements(std::string_view datagram) : bytes_(datagram) {}

    /// From `at` to `end` there are whole elements, one after the other.
    Result<void> check(std::size_t at, std::size_t end, int depth) {
        if (depth > 8) return wrong(at, "is nested more deeply than any trap");
        while (at < end) {
            const auto type = byte(at);
            auto content = contentOf(at, end);
            if (!content) return failure(content.error());
            const auto [begin, finish] = *content;
            if ((type & 0x20U) != 0) {
                if (auto inner = check(begin, finish, depth + 1); !inner) return inner;
            }
            at = finish;
        }
        return {};
    }

  private:
    [[nodiscard]] unsigned byte(std::size_t at) const { return static_cast<unsigned char>(bytes_[at]); }

    Result<std::pair<std::size_t, std::size_t>> contentOf(std::size_t at, std::size_t end) {
        if (at + 2 > end) return wrong(at, "has no length");
        std::size_t length = byte(at + 1), begin = at + 2;
        if (length >= 0x80) {
            const std::size_t octets = length & 0x7fU;
            if (octets == 0 || octets > 4 || begin + octets > end)
                return wrong(at, "has a length that SNMP does not have");
            length = 0;
            for (std::size_t i = 0; i < octets; ++i) length = length << 8U | byte(begin + i);
            begin += octets;
        }
        if (length > end - begin)
            return wrong(at, fmt::format("claims {} bytes where {} are left", length, end - begin));
        return std::pair{begin, begin + length};
    }

    [[nodiscard]] base::Unexpected wrong(std::size_t at, const std::string& what) const {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("byte {}: the element of type {:#04x} {}", at, byte(at), what));
    }

    std::string_view bytes_;
};

struct FreePdu {
    void operator()(netsnmp_pdu* pdu) const { snmp_free_pdu(pdu); }
};

/// Without a handler net-snmp writes to standard error; what is wrong is told once, by us.
class Quiet {
  public:
    Quiet() : handler_(netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG)) {}
    ~Quiet() { netsnmp_remove_loghandler(handler_); }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

  private:
    netsnmp_log_handler* handler_;
};

using OwnedPdu = std::unique_ptr<netsnmp_pdu, FreePdu>;

OwnedPdu newPdu(long version) {
    OwnedPdu pdu(snmp_pdu_create(SNMP_MSG_TRAP2));
    STANDIN_ASSERT(pdu != nullptr);
    pdu->version = version;
    return pdu;
}

Result<Trap> readVersion3(std::vector<u_char> bytes, const SnmpKeys& keys) {
    const auto engine = SnmpEngine::startToRead(keys.own_engine_id, keys.users);
    if (!engine) return failure(engine.error());
    netsnmp_session session;
    snmp_sess_init(&session);
    session.version = SNMP_VERSION_3;
    session.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;
    const auto pdu = newPdu(SNMP_VERSION_3);
    std::size_t length = bytes.size();
    const int result = snmpv3_parse(pdu.get(), bytes.data(), &length, nullptr, &session);
    Trap trap;
    trap.version = SnmpVersion::V3;
    Refusal refusal;
    if (result == SNMPERR_SUCCESS) {
        decode(*pdu, trap);
        refusal = distrustOfUser(*pdu, **engine);
    } else {
        refusal = refusalOf(*pdu, result, **engine);
    }
    trap.principal = principalOf(*pdu);
    trap.engine_id = engineOf(*pdu);
    trap.refusal_kind = refusal.kind;
    if (refusal) trap.refusal = std::move(refusal.sentence);
    return trap;
}

}  // namespace

Result<Trap> readDatagram(std::string_view datagram, const KeySource& keys) {
    if (auto sound = Elements(datagram).check(0, datagram.size(), 0); !sound) return failure(sound.error());
    std::optional<Quiet> quiet(std::in_place);
    std::vector<u_char> bytes(datagram.begin(), datagram.end());  // net-snmp wants to write
    std::array<u_char, 256> community{};
    std::size_t community_size = community.size(), length = bytes.size();
    long version = -1;
    u_char* rest = snmp_comstr_parse(bytes.data(), &length, community.data(), &community_size, &version);
    if (version == SNMP_VERSION_3) {
        quiet.reset();  // the engine has a handler of its own
        if (keys) {
            const auto known = keys();
            return known ? readVersion3(std::move(bytes), *known) : failure(known.error());
        }
        return failure(ErrorCode::Unsupported,
                       "a datagram of SNMPv3 is read with the secrets of the configuration's SNMP users: name it with "
                       "--config; the coordinator's verdict on it is in its log: standinctl trap list");
    }
    if (rest == nullptr || (version != SNMP_VERSION_1 && version != SNMP_VERSION_2c)) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("byte 0: no message of SNMP v1 or v2c (version {})", version));
    }
    const auto pdu = newPdu(version);
    const auto offset = static_cast<std::size_t>(rest - bytes.data());
    if (snmp_pdu_parse(pdu.get(), rest, &length) != 0)
        return failure(ErrorCode::InvalidInput, fmt::format("byte {}: no trap can be read from here on", offset));
    Trap trap;
    decode(*pdu, trap);
    return trap;
}

}  // namespace standin::traps
