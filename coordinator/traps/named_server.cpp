#include "coordinator/traps/named_server.hpp"

#include <fmt/format.h>

#include <vector>

#include "agent/base/text.hpp"

namespace standin::traps {

namespace {

/// A server that the trap's content names, and by what.
struct Naming {
    base::ServerName server;
    std::string by;
};

std::string shortIdentity(const std::string& identity) {
    return fmt::format("identity '{}'", base::shortened(identity, 80));
}

/// The identity where the rule looks for it; words: why there is none.
struct LookedUp {
    std::string identity, words;
};
LookedUp lookUp(const Trap& trap, const ServerLookup& lookup) {
    const VarBind* varbind = trap.find(lookup.varbind);
    if (varbind == nullptr) return {{}, "varbind " + lookup.varbind.text() + ", which is absent"};
    if (!lookup.bytes) return {varbind->text(), {}};
    const auto [first, last] = *lookup.bytes;
    if (varbind->bytes.size() <= last) return {{}, "varbind " + lookup.varbind.text() + ", which is too short"};
    std::string identity;
    for (unsigned i = first; i <= last; ++i)
        identity += fmt::format("{:02x}", static_cast<unsigned char>(varbind->bytes[i]));
    return {std::move(identity), {}};
}

/// A Platform Event Trap begins with the system's GUID (16 octets of varbind 3183.1.1.1).
std::string guidOf(const VarBind& varbind) {
    static const Oid pet_octets({1, 3, 6, 1, 4, 1, 3183, 1, 1, 1});
    constexpr std::size_t size = 16;
    if (!varbind.oid.startsWith(pet_octets) || varbind.bytes.size() < size) return {};
    std::string guid;
    for (std::size_t i = 0; i < size; ++i) guid += fmt::format("{:02x}", static_cast<unsigned char>(varbind.bytes[i]));
    return guid;
}

std::vector<Naming> namingsIn(const Trap& trap, const ServerDirectory& servers) {
    std::vector<Naming> namings;
    if (const auto server = servers.byAddress(trap.agent_address))
        namings.push_back({*server, "address " + trap.agent_address});
    if (!servers.knowsIdentities()) return namings;
    for (const auto& varbind : trap.varbinds) {
        if (varbind.kind != ValueKind::Octets || varbind.bytes.empty()) continue;
        for (const auto& identity : {varbind.text(), guidOf(varbind)}) {
            if (identity.empty()) continue;
            if (const auto server = servers.byIdentity(identity)) namings.push_back({*server, shortIdentity(identity)});
        }
    }
    return namings;
}

std::string adviceFor(const Trap& trap, const std::vector<Naming>& namings) {
    if (trap.source.empty()) return "the sender's address is not known";
    if (namings.empty()) {
        return fmt::format(
            "no server is known by source {0}: if that is the BMC of one server, add it to that server's trap_sources; "
            "if it forwards traps of several, add it to traps.trap_forwarders",
            trap.source);
    }
    return fmt::format(
        "it came from {0}, which is no server's address, and names server '{1}' ({2}): if {0} forwards traps, say so "
        "with 'trap_forwarders: [{0}]' under 'traps', and do not add {0} to any server's trap_sources, which would "
        "make every forwarded trap that server's",
        trap.source, namings.front().server.text(), namings.front().by);
}

NamedServer contradiction(const Trap& trap, const std::optional<base::ServerName>& sender, const Naming& one,
                          const Naming& other) {
    if (!sender) {
        return {std::nullopt, RefusalKind::Contradiction,
                fmt::format("its content names server '{}' ({}) and server '{}' ({}), so nothing is started for either",
                            one.server.text(), one.by, other.server.text(), other.by)};
    }
    return {sender, RefusalKind::Contradiction,
            fmt::format("it came from {}, the address of server '{}', and names server '{}' ({}), so nothing is "
                        "started for either; if {} forwards traps, list it in traps.trap_forwarders and no longer in "
                        "the server's trap_sources, otherwise find out who sends in the name of another",
                        trap.source, sender->text(), other.server.text(), other.by, trap.source)};
}

/// What source, content and rule say of the server, before it is asked who may speak for it.
NamedServer found(const Trap& trap, const ServerLookup& lookup, const ServerDirectory& servers) {
    const auto sender = servers.byAddress(trap.source);
    auto namings = namingsIn(trap, servers);
    std::string missed;
    if (lookup.by == ServerLookup::By::VarBind) {
        const auto looked_up = lookUp(trap, lookup);
        if (const auto server = servers.byIdentity(looked_up.identity)) {
            namings.insert(namings.begin(), {*server, shortIdentity(looked_up.identity)});
        } else {
            missed = looked_up.words.empty()
                         ? fmt::format("{} from varbind {}", shortIdentity(looked_up.identity), lookup.varbind.text())
                         : looked_up.words;
        }
    }
    if (sender) namings.insert(namings.begin(), {*sender, "source " + trap.source});
    for (const auto& one : namings) {
        if (one.server != namings.front().server) return contradiction(trap, sender, namings.front(), one);
    }
    if (servers.isForwarder(trap.source)) {
        if (!namings.empty()) return {namings.front().server, RefusalKind::None, {}};
        return {std::nullopt, RefusalKind::None,
                fmt::format("forwarder {} does not say of which server it is: it has to pass on the sender's address "
                            "(snmpTrapAddress, agent-addr), or the server's identity must be among its "
                            "trap_identities",
                            trap.source)};
    }
    if (lookup.by == ServerLookup::By::VarBind) {
        if (missed.empty()) return {namings.front().server, RefusalKind::None, {}};
        return {std::nullopt, RefusalKind::None,
                fmt::format("no server is known by {}: add it to the server's trap_identities", missed)};
    }
    const bool own_address = lookup.by == ServerLookup::By::Source || trap.agent_address == trap.source;
    if (sender && own_address) return {sender, RefusalKind::None, {}};
    return {std::nullopt, RefusalKind::None, adviceFor(trap, namings)};
}

}  // namespace

NamedServer namedServer(const Trap& trap, const ServerLookup& lookup, const ServerDirectory& servers) {
    auto named = found(trap, lookup, servers);
    if (!named.server || named.refusal != RefusalKind::None) return named;
    if (auto objection = servers.objection(trap, *named.server)) {
        named.refusal = RefusalKind::Binding;
        named.words = std::move(*objection);
    }
    return named;
}

}  // namespace standin::traps
