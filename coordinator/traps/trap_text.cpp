// Reads what snmptrapd prints: `-f -Lo`, with or without `-On`, also by way of syslog or the journal.
#include <fmt/format.h>

#include <algorithm>

#include "agent/base/number.hpp"
#include "coordinator/traps/logged_text.hpp"
#include "coordinator/traps/network_prefix.hpp"
#include "coordinator/traps/printed_values.hpp"
#include "coordinator/traps/trap_decoding.hpp"
#include "coordinator/traps/trap_file.hpp"

namespace standin::traps {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

constexpr auto npos = std::string_view::npos;

int genericOf(std::string_view name) {
    static const std::vector<std::string_view> names{
        "Cold Start",        "Warm Start",         "Link Down", "Link Up", "Authentication Failure",
        "EGP Neighbor Loss", "Enterprise Specific"};
    return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

/// What stands between `before` and the next `after`; npos as `end`: not so.
struct Between {
    std::string_view text;
    std::size_t end = npos;
};

Between between(std::string_view line, std::string_view before, std::string_view after, std::size_t from = 0) {
    const auto begin = line.find(before, from);
    if (begin == npos) return {};
    const auto first = begin + before.size();
    const auto end = line.find(after, first);
    return end == npos ? Between{} : Between{line.substr(first, end - first), end};
}

struct Header {
    Trap trap;
    std::size_t length = 0;  ///< of what it takes of its line; values may follow
};

/// `… 10.1.2.3 [10.1.2.3] (via UDP: [10.0.0.1]:39160->[10.0.0.2]:162) TRAP, SNMP v1, community public`
std::optional<Header> headerOfVersion1(std::string_view line) {
    constexpr std::string_view mark = ") TRAP, SNMP v1";
    const auto via = line.find("(via ");
    const auto end = line.find(mark, via == npos ? line.size() : via);
    if (end == npos) return std::nullopt;
    const auto source = between(line.substr(0, end), ": [", "]", via);
    if (source.end == npos) return std::nullopt;
    auto agent = line.substr(0, via);
    while (agent.ends_with(' ')) agent.remove_suffix(1);
    const bool bracketed = agent.ends_with(']');
    if (bracketed) agent.remove_suffix(1);
    agent = agent.substr(agent.find_last_of(bracketed ? "[" : " ") + 1);
    Header header;
    header.trap.version = SnmpVersion::V1;
    header.trap.agent_address = canonicalAddress(agent);
    header.trap.source = canonicalAddress(source.text);
    constexpr std::string_view community = ", community ";
    auto rest = end + mark.size();
    if (line.substr(rest).starts_with(community)) rest = line.find_first_of(" \t", rest + community.size());
    header.length = std::min(rest, line.size());
    return header;
}

/// `… host [UDP: [10.0.0.1]:51559->[10.0.0.2]:162]:`
std::optional<Header> headerOfVersion2(std::string_view line) {
    for (const std::string_view transport :
         {"[UDP: [", "[TCP: [", "[UDP/IPv6: [", "[TCP/IPv6: [", "[UDP6: [", "[TCP6: ["}) {
        const auto source = between(line, transport, "]:");
        if (source.end == npos) continue;
        // The port, perhaps the address and port that it came to, and the end: `:51559->[10.0.0.2]:162]:`.
        const auto arrow = between(line, "->[", "]:", source.end);
        const bool to = arrow.end != npos && arrow.end < source.end + 80;
        const auto end = line.find(']', to ? arrow.end + 1 : source.end + 1);
        if (end == npos) continue;
        Header header;
        header.trap.version = SnmpVersion::V2c;
        header.trap.source = canonicalAddress(source.text);
        header.length = end + (line.substr(end + 1).starts_with(':') ? 2 : 1);
        return header;
    }
    return std::nullopt;
}

std::optional<Header> headerIn(std::string_view line) {
    auto header = headerOfVersion1(line);
    return header ? header : headerOfVersion2(line);
}

class Reader {
  public:
    explicit Reader(std::string_view raw) : logged_(raw), text_(logged_.text()) {}

    ReadTraps read() {
        ReadTraps all;
        auto next = findHeader(0);
        if (next.begin == npos) {
            keep(withoutHeader(), all);
            return all;
        }
        while (next.begin != npos) {
            const auto now = next;
            next = findHeader(now.begin + now.header.length);
            if (all.traps.size() == most_traps) {
                all.unreadable.push_back(
                    fmt::format("{}: only the first {} traps are read", logged_.place(now.begin), most_traps));
                break;
            }
            Trap trap = now.header.trap;
            auto done = readBody(now.begin + now.header.length, std::min(next.begin, text_.size()), trap);
            keep(done ? Result<Trap>(std::move(trap)) : failure(done.error()), all);
        }
        return all;
    }

  private:
    struct FoundHeader {
        std::size_t begin = npos;  ///< of its line
        Header header;
    };

    static void keep(Result<Trap> read, ReadTraps& all) {
        if (read) {
            all.traps.push_back(std::move(*read));
        } else if (all.unreadable.size() < most_traps) {
            all.unreadable.push_back(read.error().message);
        }
    }

    /// In the lines that begin at `from` or behind; a line in the middle of which it stands was looked at.
    [[nodiscard]] FoundHeader findHeader(std::size_t from) const {
        auto begin = from == 0 ? 0 : text_.find('\n', from);
        while (begin != npos && begin < text_.size()) {
            if (text_[begin] == '\n') ++begin;
            const auto end = std::min(text_.find('\n', begin), text_.size());
            if (auto header = headerIn(text_.substr(begin, end - begin))) return {begin, std::move(*header)};
            begin = end;
        }
        return {};
    }

    Result<void> readBody(std::size_t begin, std::size_t end, Trap& trap) {
        // snmptrapd's farewell, and what else speaks of no trap, ends it
        if (const auto farewell = text_.substr(0, end).find("NET-SNMP version", begin); farewell != npos)
            end = std::max(text_.substr(0, farewell).rfind('\n'), begin);
        if (trap.version == SnmpVersion::V1) {
            auto behind = readKind(begin, end, trap);
            if (!behind) return failure(behind.error());
            begin = *behind;
            if (text_.substr(begin, end - begin).find_first_not_of(" \t\n") == npos) return {};
        }
        return readVarBinds(begin, end, trap);
    }

    /// `.1.3.6.1.4.1.3183.1.1 Enterprise Specific Trap (487169) Uptime: 0:00:07.77`; where it ends.
    Result<std::size_t> readKind(std::size_t begin, std::size_t end, Trap& trap) {
        constexpr std::string_view up = " Uptime: ";
        begin = std::min(text_.find_first_not_of(" \t\n", begin), end);
        if (begin == end) return wrong(begin, "the line with the kind of the trap is missing");
        const auto line = text_.substr(begin, std::min(text_.find_first_of("\t\n", begin), end) - begin);
        const auto number = between(line, " Trap (", ")");
        const auto specific = base::parseNumber<std::uint32_t>(number.text);
        const auto space = line.find(' ');
        if (number.end == npos || !specific || !line.substr(number.end + 1).starts_with(up))
            return wrong(begin, "is not '<enterprise> <kind> Trap (<number>) Uptime: …'");
        auto enterprise = oidFromText(line.substr(0, space));
        if (!enterprise) return wrong(begin, enterprise.error().message);
        const auto kind_end = line.find(" Trap (");
        const auto kind = kind_end > space ? line.substr(space + 1, kind_end - space - 1) : std::string_view();
        const int generic = genericOf(kind);
        if (generic > 6) return wrong(begin, fmt::format("'{}' is no kind of trap of SNMP v1", kind.substr(0, 60)));
        trap.enterprise = *enterprise;
        trap.oid = trapOidOfVersion1(*enterprise, generic, *specific);
        const auto time = number.end + 1 + up.size();
        return begin + std::min(line.find(' ', time), line.size());
    }

    Result<void> readVarBinds(std::size_t begin, std::size_t end, Trap& trap) {
        PrintedValues values(text_.substr(0, end), begin, logged_);
        while (!values.atEnd()) {
            auto varbind = values.next();
            if (!varbind) return failure(varbind.error());
            if (takeHead(*varbind, trap)) continue;
            if (trap.varbinds.size() < Trap::most_varbinds) trap.varbinds.push_back(std::move(*varbind));
        }
        if (trap.oid.empty()) {
            return wrong(std::min(text_.find_first_not_of(" \t\n", begin), text_.size()),
                         "snmpTrapOID.0 (1.3.6.1.6.3.1.1.4.1.0) is not among the values");
        }
        return {};
    }

    /// Somebody may have copied the values only.
    Result<Trap> withoutHeader() {
        if (text_.find(" = ") == npos) {
            return failure(ErrorCode::InvalidInput,
                           "1:1: neither JSON, nor what snmptrapd prints, nor a datagram of SNMP v1 or v2c");
        }
        Trap trap;
        trap.version = SnmpVersion::V2c;
        auto done = readVarBinds(0, text_.size(), trap);
        if (!done) return failure(done.error());
        return trap;
    }

    [[nodiscard]] base::Unexpected wrong(std::size_t at, const std::string& what) const {
        return failure(ErrorCode::InvalidInput, fmt::format("{}: {}", logged_.place(at), what));
    }

    const LoggedText logged_;
    const std::string_view text_;
};

}  // namespace

ReadTraps readTrapText(std::string_view text) {
    return Reader(text).read();
}

}  // namespace standin::traps
