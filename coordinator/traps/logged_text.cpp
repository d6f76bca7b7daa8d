#include "coordinator/traps/logged_text.hpp"

#include <Poco/RegularExpression.h>
#include <fmt/format.h>

#include <algorithm>

namespace standin::traps {

namespace {

constexpr std::size_t longest_prefix = 200;  // time, host, program, process

bool isHeader(std::string_view line) {
    return line.find("[UDP: [") != std::string_view::npos || line.find("[TCP: [") != std::string_view::npos ||
           line.find(") TRAP, SNMP v1") != std::string_view::npos ||
           line.find("[UDP/IPv6: [") != std::string_view::npos;
}

/// `Nov 30 18:00:00 mon snmptrapd[812]: `, also with a time as RFC 3339 or systemd writes it; the program in group 1.
std::size_t prefixLength(std::string_view line, std::string& program) {
    static const Poco::RegularExpression pattern(
        R"(^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,16}|)"
        R"([A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S{1,6}) [\w.:-]{1,80} ([\w./-]{1,40})(?:\[\d+\])?: ?)");
    const bool may = line.size() > 20 &&
                     (line[0] == '<' || (line[0] >= '0' && line[0] <= '9') || (line[0] >= 'A' && line[0] <= 'Z'));
    if (!may) return 0;
    const std::string head(line.substr(0, longest_prefix));
    Poco::RegularExpression::MatchVec found;
    if (pattern.match(head, 0, found) < 2) return 0;
    program = head.substr(found[1].offset, found[1].length);
    return found[0].length;
}

/// `#011` of rsyslog; the character, or 0.
char octalEscape(std::string_view at) {
    if (at.size() < 4 || at[0] != '#' || at[1] != '0' || at[2] < '0' || at[2] > '3' || at[3] < '0' || at[3] > '7')
        return 0;
    return static_cast<char>((at[2] - '0') * 8 + (at[3] - '0'));
}

/// `^I` before a name, as in what a terminal or an old syslog shows; in a text it would be a text's.
bool isCaretTab(std::string_view at) {
    if (!at.starts_with("^I")) return false;
    const auto next = at.substr(2, 4);
    return next.starts_with(".1.") || next.starts_with("1.") || next == "iso." ||
           (!next.empty() && next[0] >= 'A' && next[0] <= 'Z');
}

}  // namespace

LoggedText::LoggedText(std::string_view raw) {
    text_.reserve(raw.size());
    std::size_t number = 1;
    for (std::size_t begin = 0; begin < raw.size(); ++number) {
        const auto end = std::min(raw.find_first_of("\r\n", begin), raw.size());
        addLine(raw.substr(begin, end - begin), number);
        if (end < raw.size()) text_ += '\n';
        begin = end + (raw.substr(end, 2) == "\r\n" ? 2 : 1);
    }
}

void LoggedText::addLine(std::string_view line, std::size_t number) {
    std::string program;
    const auto prefix = prefixLength(line, program);
    const bool header = isHeader(line);
    pieces_.push_back({text_.size(), number, prefix + 1});
    if (prefix > 0 && !program.starts_with("snmptrap") && !header) return;
    for (std::size_t at = prefix; at < line.size();) {
        const auto rest = line.substr(at);
        const char octal = prefix > 0 || header ? octalEscape(rest) : '\0';
        const std::size_t taken = octal != 0 ? 4 : isCaretTab(rest) ? 2 : 1;
        const char plain = rest.front() == '\0' ? ' ' : rest.front();
        text_ += octal != 0 ? octal : taken == 2 ? '\t' : plain;
        at += taken;
        if (taken > 1) pieces_.push_back({text_.size(), number, at + 1});
    }
}

std::string LoggedText::place(std::size_t offset) const {
    const auto behind = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                         [](std::size_t wanted, const Piece& piece) { return wanted < piece.at; });
    if (behind == pieces_.begin()) return "1:1";
    const Piece& piece = *(behind - 1);
    return fmt::format("{}:{}", piece.line, piece.column + offset - piece.at);
}

}  // namespace standin::traps
