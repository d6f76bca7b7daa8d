#include "coordinator/traps/trap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace standin::traps {

namespace {

constexpr std::array<std::string_view, 10> value_kind_names{
    "integer", "unsigned", "counter", "counter64", "timeticks", "octets", "oid", "ip_address", "null", "other"};

constexpr std::array<std::string_view, 16> refusal_kind_names{
    "none",       "malformed",   "type",   "version",         "engine",    "user",     "level",   "digest",
    "decryption", "time_window", "replay", "unauthenticated", "community", "guessing", "binding", "contradiction"};

bool isPrintable(unsigned char c) {
    return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

// FNV-1a: fast and good enough to find equal traps; a collision would only count two noises as one, and a failure's
// report has already been given to the engine by then.
class Fingerprint {
  public:
    void add(const void* data, std::size_t size) {
        const auto* bytes = static_cast<const unsigned char*>(data);
        for (std::size_t i = 0; i < size; ++i) hash_ = (hash_ ^ bytes[i]) * 0x100000001b3ULL;
        hash_ = (hash_ ^ (size & 0xff)) * 0x100000001b3ULL;  // so that 'ab','c' differs from 'a','bc'
    }
    void add(const std::string& text) { add(text.data(), text.size()); }
    void add(const Oid& oid) { add(oid.numbers().data(), oid.numbers().size() * sizeof(std::uint32_t)); }
    void add(std::int64_t number) { add(&number, sizeof number); }
    [[nodiscard]] std::uint64_t value() const { return hash_; }

  private:
    std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

}  // namespace

std::string VarBind::text() const {
    if (number) return std::to_string(*number);
    if (kind == ValueKind::ObjectId || kind == ValueKind::IpAddress) return bytes;
    // BMCs end texts with NUL bytes; they carry no meaning.
    std::string_view visible = bytes;
    while (visible.ends_with('\0')) visible.remove_suffix(1);
    if (std::all_of(visible.begin(), visible.end(),
                    [](char c) { return isPrintable(static_cast<unsigned char>(c)); })) {
        return std::string(visible);
    }
    std::string hex = "0x";
    for (const char c : bytes) fmt::format_to(std::back_inserter(hex), "{:02x}", static_cast<unsigned char>(c));
    return hex;
}

const VarBind* Trap::find(const Oid& wanted) const {
    const auto& name = wanted.numbers();
    const auto names = [&](const VarBind& v) {
        const auto& given = v.oid.numbers();
        const bool instance = given.size() == name.size() + 1 && given.back() == 0;
        return (given.size() == name.size() || instance) && std::equal(name.begin(), name.end(), given.begin());
    };
    const auto found = std::find_if(varbinds.begin(), varbinds.end(), names);
    return found == varbinds.end() ? nullptr : &*found;
}

const VarBind* Trap::find(const OidPattern& wanted) const {
    if (!wanted.below()) return find(wanted.oid());
    const auto found = std::find_if(varbinds.begin(), varbinds.end(),
                                    [&](const VarBind& one) { return one.oid.startsWith(wanted.oid()); });
    return found == varbinds.end() ? nullptr : &*found;
}

std::uint64_t Trap::fingerprint() const {
    Fingerprint print;
    print.add(source);
    print.add(agent_address);
    print.add(static_cast<std::int64_t>(version));
    print.add(principal);
    print.add(engine_id);
    print.add(community);
    print.add(enterprise);
    print.add(oid);
    print.add(refusal);
    for (const auto& varbind : varbinds) {
        print.add(varbind.oid);
        print.add(static_cast<std::int64_t>(varbind.kind));
        if (varbind.number) print.add(*varbind.number);
        print.add(varbind.bytes);
    }
    return print.value();
}

std::size_t Trap::footprint() const {
    std::size_t size = sizeof(Trap) + source.capacity() + agent_address.capacity() + principal.capacity() +
                       engine_id.capacity() + community.capacity() + refusal.capacity() +
                       4 * (enterprise.numbers().capacity() + oid.numbers().capacity());
    for (const auto& varbind : varbinds)
        size += sizeof(VarBind) + varbind.bytes.capacity() + 4 * varbind.oid.numbers().capacity();
    return size;
}

std::string_view nameOf(SnmpVersion version) {
    return version == SnmpVersion::V1 ? "v1" : version == SnmpVersion::V2c ? "v2c" : "v3";
}

std::string_view nameOf(ValueKind kind) {
    return value_kind_names.at(static_cast<std::size_t>(kind));
}

std::string_view nameOf(RefusalKind kind) {
    return refusal_kind_names.at(static_cast<std::size_t>(kind));
}

RefusalKind refusalKindFrom(std::string_view name) {
    const auto* found = std::find(refusal_kind_names.begin(), refusal_kind_names.end(), name);
    return found == refusal_kind_names.end() ? RefusalKind::None
                                             : static_cast<RefusalKind>(found - refusal_kind_names.begin());
}

ValueKind valueKindFrom(std::string_view name) {
    const auto* found = std::find(value_kind_names.begin(), value_kind_names.end(), name);
    return found == value_kind_names.end() ? ValueKind::Other
                                           : static_cast<ValueKind>(found - value_kind_names.begin());
}

}  // namespace standin::traps
