#include <fmt/format.h>

#include <array>
#include <memory>

#include "coordinator/traps/net_snmp.hpp"
#include "coordinator/traps/trap_decoding.hpp"
#include "coordinator/traps/trap_file.hpp"

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

}  // namespace

Result<Trap> readDatagram(std::string_view datagram) {
    if (auto sound = Elements(datagram).check(0, datagram.size(), 0); !sound) return failure(sound.error());
    // Without a handler net-snmp writes to standard error; what is wrong is told once, by us.
    static const bool quiet = netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG) != nullptr;
    (void)quiet;
    std::vector<u_char> bytes(datagram.begin(), datagram.end());  // net-snmp wants to write
    std::array<u_char, 256> community{};
    std::size_t community_size = community.size(), length = bytes.size();
    long version = -1;
    u_char* rest = snmp_comstr_parse(bytes.data(), &length, community.data(), &community_size, &version);
    if (version == SNMP_VERSION_3) {
        return failure(ErrorCode::Unsupported,
                       "a datagram of SNMPv3 is bound to its sender's engine, time and secrets, and cannot be read "
                       "afterwards; the coordinator's verdict on it is in its log: standinctl trap list");
    }
    if (rest == nullptr || (version != SNMP_VERSION_1 && version != SNMP_VERSION_2c)) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("byte 0: no message of SNMP v1 or v2c (version {})", version));
    }
    const std::unique_ptr<netsnmp_pdu, FreePdu> pdu(snmp_pdu_create(SNMP_MSG_TRAP2));
    STANDIN_ASSERT(pdu != nullptr);
    pdu->version = version;
    const auto offset = static_cast<std::size_t>(rest - bytes.data());
    if (snmp_pdu_parse(pdu.get(), rest, &length) != 0)
        return failure(ErrorCode::InvalidInput, fmt::format("byte {}: no trap can be read from here on", offset));
    Trap trap;
    decode(*pdu, trap);
    return trap;
}

}  // namespace standin::traps
