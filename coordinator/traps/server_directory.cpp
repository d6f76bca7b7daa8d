#include "coordinator/traps/server_directory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"
#include "coordinator/traps/network_prefix.hpp"

namespace standin::traps {

namespace {

std::string lowered(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return lower;
}

std::string normalIdentity(std::string_view identity) {
    std::string normal = lowered(identity);
    if (normal.starts_with("0x")) normal.erase(0, 2);
    std::erase_if(normal, [](char c) { return c == '-' || c == ' '; });
    return normal;
}

base::Result<void> add(std::unordered_map<std::string, base::ServerName>& map, std::string key,
                       const base::ServerName& server) {
    const auto [entry, fresh] = map.emplace(std::move(key), server);
    if (fresh || entry->second == server) return {};
    return base::failure(base::ErrorCode::Conflict,
                         fmt::format("'{}' already stands for server '{}', so it cannot stand for '{}'", entry->first,
                                     entry->second.text(), server.text()));
}

std::optional<base::ServerName> find(const std::unordered_map<std::string, base::ServerName>& map,
                                     const std::string& key) {
    const auto entry = map.find(key);
    return entry == map.end() ? std::nullopt : std::optional(entry->second);
}

base::Result<std::string> addressFrom(std::string_view text) {
    auto canonical = canonicalAddress(text);
    if (!canonical.empty()) return canonical;
    return base::failure(base::ErrorCode::InvalidInput,
                         fmt::format("'{}' is not an IP address", base::shortened(text, 80)));
}

}  // namespace

base::Result<void> ServerDirectory::addAddress(const base::ServerName& server, std::string_view address) {
    auto canonical = addressFrom(address);
    if (!canonical) return base::failure(canonical.error());
    return add(addresses_, std::move(*canonical), server);
}

base::Result<void> ServerDirectory::addIdentity(const base::ServerName& server, std::string_view identity) {
    auto normal = normalIdentity(identity);
    if (normal.empty()) return base::failure(base::ErrorCode::InvalidInput, "an empty identity names no server");
    return add(identities_, std::move(normal), server);
}

base::Result<void> ServerDirectory::addForwarder(std::string_view address) {
    auto canonical = addressFrom(address);
    if (!canonical) return base::failure(canonical.error());
    if (const auto server = byAddress(*canonical)) {
        return base::failure(base::ErrorCode::Conflict,
                             fmt::format("'{}' is an address of server '{}', so it cannot be a forwarder's", *canonical,
                                         server->text()));
    }
    forwarders_.insert(std::move(*canonical));
    return {};
}

void ServerDirectory::entitleUser(const std::string& user, const std::string& engine_id, const Entitlement& to) {
    users_[{user, lowered(engine_id)}].add(to);
}

void ServerDirectory::entitleCommunity(const std::string& name, const Entitlement& to) {
    communities_[name].add(to);
}

std::optional<base::ServerName> ServerDirectory::byAddress(std::string_view address) const {
    return find(addresses_, canonicalAddress(address));
}

std::optional<base::ServerName> ServerDirectory::byIdentity(std::string_view identity) const {
    return find(identities_, normalIdentity(identity));
}

bool ServerDirectory::isForwarder(std::string_view address) const {
    return !forwarders_.empty() && forwarders_.count(canonicalAddress(address)) > 0;
}

std::optional<std::string> ServerDirectory::objection(const Trap& trap, const base::ServerName& server) const {
    if (users_.empty() && communities_.empty()) return std::nullopt;  // nobody's credentials are known here
    if (trap.version == SnmpVersion::V3) {
        if (trap.principal.empty() || (trap.engine_id.empty() && !trap.inform)) return std::nullopt;
        const auto its = users_.find({trap.principal, trap.inform ? std::string() : lowered(trap.engine_id)});
        if (its != users_.end() && its->second.covers(server)) return std::nullopt;
        const auto engine = trap.inform ? "" : fmt::format(" of engine {}", trap.engine_id);
        return fmt::format("user '{}'{} does not speak for server '{}'", trap.principal, engine, server.text());
    }
    if (trap.community.empty()) return std::nullopt;
    const auto its = communities_.find(trap.community);
    if (its != communities_.end() && its->second.covers(server)) return std::nullopt;
    return fmt::format("the community of '{}' does not speak for server '{}'", trap.community, server.text());
}

}  // namespace standin::traps
