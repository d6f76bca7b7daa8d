#include "coordinator/traps/printed_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "agent/base/text.hpp"
#include "coordinator/traps/trap_file.hpp"

namespace standin::traps {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

struct Name {
    std::string_view name;
    std::string_view number;
};

/// What every trap bears, and the roots under which the rest stands: enough to read what snmptrapd prints without the
/// vendor's MIBs. Other names are told, not guessed.
constexpr std::array<Name, 22> names{{
    {"SNMPv2-SMI::enterprises", "1.3.6.1.4.1"},
    {"SNMPv2-SMI::mib-2", "1.3.6.1.2.1"},
    {"SNMPv2-SMI::snmpModules", "1.3.6.1.6.3"},
    {"SNMPv2-SMI::experimental", "1.3.6.1.3"},
    {"SNMPv2-SMI::private", "1.3.6.1.4"},
    {"DISMAN-EVENT-MIB::sysUpTimeInstance", "1.3.6.1.2.1.1.3.0"},
    {"DISMAN-EXPRESSION-MIB::sysUpTimeInstance", "1.3.6.1.2.1.1.3.0"},
    {"SNMPv2-MIB::sysUpTime", "1.3.6.1.2.1.1.3"},
    {"RFC1213-MIB::sysUpTime", "1.3.6.1.2.1.1.3"},
    {"SNMPv2-MIB::snmpTrapOID", "1.3.6.1.6.3.1.1.4.1"},
    {"SNMPv2-MIB::snmpTrapEnterprise", "1.3.6.1.6.3.1.1.4.3"},
    {"SNMP-COMMUNITY-MIB::snmpTrapAddress", "1.3.6.1.6.3.18.1.3"},
    {"SNMP-COMMUNITY-MIB::snmpTrapCommunity", "1.3.6.1.6.3.18.1.4"},
    {"SNMPv2-MIB::coldStart", "1.3.6.1.6.3.1.1.5.1"},
    {"SNMPv2-MIB::warmStart", "1.3.6.1.6.3.1.1.5.2"},
    {"IF-MIB::linkDown", "1.3.6.1.6.3.1.1.5.3"},
    {"IF-MIB::linkUp", "1.3.6.1.6.3.1.1.5.4"},
    {"SNMPv2-MIB::authenticationFailure", "1.3.6.1.6.3.1.1.5.5"},
    {"IF-MIB::ifIndex", "1.3.6.1.2.1.2.2.1.1"},
    {"IF-MIB::ifDescr", "1.3.6.1.2.1.2.2.1.2"},
    {"IF-MIB::ifAdminStatus", "1.3.6.1.2.1.2.2.1.7"},
    {"IF-MIB::ifOperStatus", "1.3.6.1.2.1.2.2.1.8"},
}};

int hexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

Result<Oid> oidFromText(std::string_view text) {
    if (text.starts_with("iso.") || text == "iso") return Oid::parse("1" + std::string(text.substr(3)));
    if (text.find("::") == std::string_view::npos) return Oid::parse(text);
    const auto dot = text.find('.');
    const auto name = text.substr(0, dot);
    const auto* found = std::find_if(names.begin(), names.end(), [&](const Name& known) { return known.name == name; });
    if (found == names.end()) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("'{}' is a MIB's name, and no MIB is read here: let snmptrapd print numbers (-On)",
                                   base::shortened(name, 80)));
    }
    return Oid::parse(std::string(found->number) + std::string(dot == std::string_view::npos ? "" : text.substr(dot)));
}

base::Unexpected PrintedValues::wrong(std::string_view what) const {
    return failure(ErrorCode::InvalidInput, fmt::format("{}: {}", logged_.place(at_), what));
}

void PrintedValues::skipBetween() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
}

bool PrintedValues::takeWord(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
}

/// Up to the next tab or line end; nothing is taken.
std::string_view PrintedValues::restOfValue() {
    auto rest = text_.substr(at_, std::min(text_.find_first_of("\t\n", at_), text_.size()) - at_);
    while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\r')) rest.remove_suffix(1);
    return rest;
}

Result<VarBind> PrintedValues::next() {
    VarBind varbind;
    const auto end = text_.find(" = ", at_);
    const auto name = text_.substr(at_, std::min(end, text_.size()) - at_);
    if (end == std::string_view::npos || name.find_first_of(" \t\n") != std::string_view::npos) {
        return wrong(fmt::format("'{}' is not '<OID> = <TYPE>: <value>'", base::shortened(restOfValue(), 60)));
    }
    auto oid = oidFromText(name);
    if (!oid) return wrong(oid.error().message);
    varbind.oid = std::move(*oid);
    at_ = end + 3;
    if (auto read = readValue(varbind); !read) return failure(read.error());
    varbind.shortened = varbind.bytes.size() > VarBind::longest_value;
    if (varbind.shortened) varbind.bytes.resize(VarBind::longest_value);
    skipBetween();
    return varbind;
}

Result<void> PrintedValues::readValue(VarBind& varbind) {
    if (takeWord("Wrong Type (should be ")) {
        at_ = std::min(text_.find("): ", at_), text_.size());
        takeWord("): ");
    }
    varbind.kind = ValueKind::Octets;
    if (takeWord("\"\"")) return {};
    if (takeWord("STRING: \"")) return readQuoted(varbind);
    if (takeWord("Hex-STRING: ") || takeWord("BITS: ")) return readHex(varbind);
    if (takeWord("INTEGER: ")) return readNumber(varbind, ValueKind::Integer);
    for (const auto* type : {"Gauge32: ", "Unsigned32: ", "UInteger32: "}) {
        if (takeWord(type)) return readNumber(varbind, ValueKind::Unsigned);
    }
    if (takeWord("Counter32: ")) return readNumber(varbind, ValueKind::Counter);
    if (takeWord("Counter64: ")) return readNumber(varbind, ValueKind::Counter64);
    if (takeWord("Timeticks: ")) return readNumber(varbind, ValueKind::TimeTicks);
    const bool is_oid = takeWord("OID: ");
    if (is_oid) {
        auto oid = oidFromText(restOfValue());
        if (!oid) return wrong(oid.error().message);
        varbind.kind = ValueKind::ObjectId;
        varbind.bytes = oid->text();
    } else if (takeWord("IpAddress: ")) {
        varbind.kind = ValueKind::IpAddress;
        varbind.bytes = restOfValue();
    } else if (takeWord("STRING: ")) {
        varbind.bytes = restOfValue();
    } else if (restOfValue() == "NULL") {
        varbind.kind = ValueKind::Null;
    } else if (takeWord("Opaque: ")) {
        varbind.kind = ValueKind::Other;
        varbind.bytes = restOfValue();
    } else {
        return wrong(fmt::format("'{}' has no type that is known: let snmptrapd print types (without -OQ, -Oq, -Ov)",
                                 base::shortened(restOfValue(), 60)));
    }
    at_ += restOfValue().size();
    return {};
}

/// `5`, `up(1)`, `(12345) 0:02:03.45`, `5 seconds`.
Result<void> PrintedValues::readNumber(VarBind& varbind, ValueKind kind) {
    const auto value = restOfValue();
    auto digits = value;
    const auto open = value.find('('), close = value.find(')');
    if (open != std::string_view::npos && close != std::string_view::npos && open < close)
        digits = value.substr(open + 1, close - open - 1);
    std::int64_t number = 0;
    auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem == std::errc::result_out_of_range && kind == ValueKind::Counter64) {
        std::uint64_t large = 0;  // as the decoder keeps it: the same 64 bits
        std::tie(end, problem) =
            std::pair(std::from_chars(digits.data(), digits.data() + digits.size(), large).ptr, std::errc());
        number = static_cast<std::int64_t>(large);
    }
    if (problem != std::errc() || (end != digits.data() + digits.size() && *end != ' '))
        return wrong(fmt::format("'{}' is not a number", base::shortened(value, 60)));
    varbind.kind = kind;
    varbind.number = number;
    at_ += value.size();
    return {};
}

Result<void> PrintedValues::readQuoted(VarBind& varbind) {
    const auto begin = at_;
    while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        varbind.bytes += text_[at_++];
    }
    if (at_ < text_.size()) {
        ++at_;
        return {};
    }
    at_ = begin;
    return wrong("the quotation mark is never closed");
}

/// `4C 4C 45 44 ⏎00 4B`, then for BITS names that say the same.
Result<void> PrintedValues::readHex(VarBind& varbind) {
    while (true) {
        auto at = std::min(text_.find_first_not_of(" \r\n", at_), text_.size());
        const bool pair = at + 1 < text_.size() && hexDigit(text_[at]) >= 0 && hexDigit(text_[at + 1]) >= 0 &&
                          (at + 2 == text_.size() || text_.substr(at + 2, 1).find_first_of(" \t\r\n") == 0);
        if (!pair) break;
        varbind.bytes += static_cast<char>(hexDigit(text_[at]) * 16 + hexDigit(text_[at + 1]));
        at_ = at + 2;
    }
    if (varbind.bytes.empty()) return wrong("there are no hexadecimal octets");
    at_ += restOfValue().size();
    return {};
}

}  // namespace standin::traps
