// Reads what snmptrapd prints: `-f -Lo`, with or without `-On`.
#include <Poco/RegularExpression.h>
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/traps/network_prefix.hpp"
#include "coordinator/traps/printed_values.hpp"
#include "coordinator/traps/trap_decoding.hpp"
#include "coordinator/traps/trap_file.hpp"

namespace standin::traps {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

/// `… host [UDP: [10.0.0.1]:51559->[10.0.0.2]:162]:`, the sender's address in the first group.
const Poco::RegularExpression& header() {
    static const Poco::RegularExpression pattern(
        R"(\[(?:UDP|TCP)(?:/IPv6|6)?: \[([^\]]+)\]:\d+(?:->\[[^\]]*\]:\d+)?\]:?\s*$)");
    return pattern;
}

/// `… 10.1.2.3 [10.1.2.3] (via UDP: [10.0.0.1]:39160->[10.0.0.2]:162) TRAP, SNMP v1, community public`
const Poco::RegularExpression& headerOfVersion1() {
    static const Poco::RegularExpression pattern(
        R"((\S+?)(?: \[([^\]]*)\])? ?\(via (?:UDP|TCP)(?:/IPv6|6)?: \[([^\]]+)\]:\d+[^)]*\) TRAP, SNMP v1)");
    return pattern;
}

/// `\t.1.3.6.1.4.1.3183.1.1 Enterprise Specific Trap (487169) Uptime: 0:00:07.77`
const Poco::RegularExpression& kindOfVersion1() {
    static const Poco::RegularExpression pattern(R"(^\s*(\S+) (.+) Trap \((\d+)\) Uptime: )");
    return pattern;
}

int genericOf(const std::string& name) {
    static const std::vector<std::string> names{
        "Cold Start",        "Warm Start",         "Link Down", "Link Up", "Authentication Failure",
        "EGP Neighbor Loss", "Enterprise Specific"};
    return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

struct Line {
    std::size_t begin = 0, end = 0;
};

std::vector<Line> linesOf(std::string_view text) {
    std::vector<Line> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        lines.push_back({begin, end});
        begin = end + 1;
    }
    return lines;
}

class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text), lines_(linesOf(text)) {}

    Result<std::vector<Trap>> read() {
        std::size_t i = 0;
        while (i < lines_.size() && !headerIn(i)) ++i;  // what snmptrapd says about itself
        while (i < lines_.size()) {
            Trap trap = *headerIn(i);
            const auto first = ++i;
            while (i < lines_.size() && !headerIn(i)) ++i;
            if (auto done = readBody(first, i, trap); !done) return failure(done.error());
            traps_.push_back(std::move(trap));
        }
        if (traps_.empty()) return withoutHeader();
        return std::move(traps_);
    }

  private:
    [[nodiscard]] std::string lineText(std::size_t i) const {
        return std::string(text_.substr(lines_[i].begin, lines_[i].end - lines_[i].begin));
    }

    /// What the first line of a trap says.
    [[nodiscard]] std::optional<Trap> headerIn(std::size_t i) const {
        const auto line = lineText(i);
        std::vector<std::string> groups;
        Trap trap;
        if (headerOfVersion1().split(line, 0, groups) >= 4) {
            trap.version = SnmpVersion::V1;
            trap.agent_address = canonicalAddress(groups[2].empty() ? groups[1] : groups[2]);
            trap.source = canonicalAddress(groups[3]);
            return trap;
        }
        if (header().split(line, 0, groups) < 2) return std::nullopt;
        trap.version = SnmpVersion::V2c;
        trap.source = canonicalAddress(groups[1]);
        return trap;
    }

    Result<void> readBody(std::size_t first, std::size_t last, Trap& trap) {
        std::size_t end = first;  // snmptrapd's farewell, and what else speaks of no trap, ends it
        while (end < last && lineText(end).find("NET-SNMP version") == std::string::npos) ++end;
        if (trap.version == SnmpVersion::V1) {
            if (first == end) return wrong(first - 1, "the line with the kind of the trap is missing after it");
            if (auto kind = readKind(first, trap); !kind) return kind;
            ++first;
        }
        return first >= end ? Result<void>{} : readVarBinds(lines_[first].begin, lines_[end - 1].end, trap);
    }

    Result<void> readKind(std::size_t i, Trap& trap) {
        std::vector<std::string> groups;
        const auto line = lineText(i);
        if (kindOfVersion1().split(line, 0, groups) < 4)
            return wrong(i, "is not '<enterprise> <kind> Trap (<number>) Uptime: …'");
        auto enterprise = oidFromText(groups[1]);
        if (!enterprise) return wrong(i, enterprise.error().message);
        const int generic = genericOf(groups[2]);
        if (generic > 6) return wrong(i, fmt::format("'{}' is no kind of trap of SNMP v1", groups[2]));
        trap.enterprise = *enterprise;
        trap.oid = trapOidOfVersion1(*enterprise, generic,
                                     static_cast<std::uint32_t>(std::strtoul(groups[3].c_str(), nullptr, 10)));
        return {};
    }

    Result<void> readVarBinds(std::size_t begin, std::size_t end, Trap& trap) {
        PrintedValues values(text_.substr(0, end), begin);
        while (!values.atEnd()) {
            auto varbind = values.next();
            if (!varbind) return failure(varbind.error());
            if (takeHead(*varbind, trap)) continue;
            if (trap.varbinds.size() < Trap::most_varbinds) trap.varbinds.push_back(std::move(*varbind));
        }
        if (trap.oid.empty()) {
            return failure(
                ErrorCode::InvalidInput,
                fmt::format("{}: snmpTrapOID.0 (1.3.6.1.6.3.1.1.4.1.0) is not among the values", values.place(begin)));
        }
        return {};
    }

    /// Somebody may have copied the values only.
    Result<std::vector<Trap>> withoutHeader() {
        if (text_.find(" = ") == std::string_view::npos) {
            return failure(ErrorCode::InvalidInput,
                           "1:1: neither JSON, nor what snmptrapd prints, nor a datagram of SNMP v1 or v2c");
        }
        Trap trap;
        trap.version = SnmpVersion::V2c;
        auto done = readVarBinds(0, text_.size(), trap);
        if (!done) return failure(done.error());
        return std::vector<Trap>{std::move(trap)};
    }

    [[nodiscard]] base::Unexpected wrong(std::size_t i, const std::string& what) const {
        return failure(ErrorCode::InvalidInput, fmt::format("{}:1: {}", i + 1, what));
    }

    std::string_view text_;
    std::vector<Line> lines_;
    std::vector<Trap> traps_;
};

}  // namespace

Result<std::vector<Trap>> readTrapText(std::string_view text) {
    return Reader(text).read();
}

}  // namespace standin::traps
