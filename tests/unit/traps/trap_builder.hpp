#pragma once

#include <string>

#include "coordinator/traps/classify.hpp"
#include "coordinator/traps/trap.hpp"

namespace standin::traps::testing {

inline Oid oid(const std::string& text) {
    return Oid::parse(text).value();
}

inline VarBind number(const std::string& name, std::int64_t value) {
    VarBind varbind;
    varbind.oid = oid(name);
    varbind.kind = ValueKind::Integer;
    varbind.number = value;
    return varbind;
}

inline VarBind octets(const std::string& name, const std::string& bytes) {
    VarBind varbind;
    varbind.oid = oid(name);
    varbind.kind = ValueKind::Octets;
    varbind.bytes = bytes;
    return varbind;
}

inline Trap trap(const std::string& trap_oid, const std::string& source = "127.77.0.101") {
    Trap made;
    made.oid = oid(trap_oid);
    made.source = source;
    return made;
}

/// A Platform Event Trap of this specific number, e.g. 0x076f01.
inline Trap platformEvent(std::uint32_t specific, const std::string& source = "127.77.0.101") {
    return trap("1.3.6.1.4.1.3183.1.1.0." + std::to_string(specific), source);
}

inline ServerDirectory directory() {
    ServerDirectory servers;
    STANDIN_ASSERT(servers.addAddress(base::ServerName("server01"), "127.77.0.101"));
    STANDIN_ASSERT(servers.addAddress(base::ServerName("server02"), "127.77.0.102"));
    STANDIN_ASSERT(servers.addIdentity(base::ServerName("server03"), "4C4C4544-004B-1010-804B-C3C04F4D4C31"));
    STANDIN_ASSERT(servers.addIdentity(base::ServerName("server04"), "ABC1234"));
    return servers;
}

inline TrapRules rules(const std::string& yaml) {
    auto read = TrapRules::fromText(yaml, "rules.yml");
    if (!read) throw std::runtime_error(read.error().message);
    return std::move(read).value();
}

inline bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace standin::traps::testing
