#include "agent/base/text.hpp"

#include <algorithm>

namespace standin::base {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ellipsis = "\xE2\x80\xA6";     // U+2026

struct Sequence {
    std::size_t bytes = 1;  ///< that belong together; of an ill-formed one, its maximal part
    bool valid = false;
    char32_t code_point = 0;
};

unsigned char byteAt(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

/// Unicode, table 3-7: what may follow the first byte of a sequence keeps out overlong forms, surrogates and what is
/// above U+10FFFF.
bool maySecondFollow(unsigned char first, unsigned char second) {
    switch (first) {
        case 0xE0:
            return second >= 0xA0 && second <= 0xBF;
        case 0xED:
            return second >= 0x80 && second <= 0x9F;
        case 0xF0:
            return second >= 0x90 && second <= 0xBF;
        case 0xF4:
            return second >= 0x80 && second <= 0x8F;
        default:
            return second >= 0x80 && second <= 0xBF;
    }
}

Sequence sequenceAt(std::string_view text, std::size_t at) {
    const auto first = byteAt(text, at);
    if (first < 0x80) return {1, true, first};
    if (first < 0xC2 || first > 0xF4) return {};
    const std::size_t wanted = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    char32_t code_point = first & (0xFFU >> (wanted + 1));
    std::size_t had = 1;
    for (; had < wanted && at + had < text.size(); ++had) {
        const auto next = byteAt(text, at + had);
        const bool follows = had == 1 ? maySecondFollow(first, next) : (next & 0xC0U) == 0x80;
        if (!follows) break;
        code_point = (code_point << 6U) | (next & 0x3FU);
    }
    return {had, had == wanted, code_point};
}

bool isControl(char32_t c) {
    const bool turns_direction = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || turns_direction;
}

/// Behind an escape character (ECMA-48): a control sequence, or the one character that it concerns. Bounded by nature:
/// a byte that is no part of a sequence ends it.
std::size_t endOfEscape(std::string_view text, std::size_t at) {
    if (at >= text.size() || text[at] != '[')
        return at + (at < text.size() && byteAt(text, at) < 0x7F && byteAt(text, at) >= 0x20 ? 1 : 0);
    ++at;
    while (at < text.size() && byteAt(text, at) >= 0x20 && byteAt(text, at) <= 0x3F) ++at;
    return at < text.size() && byteAt(text, at) >= 0x40 && byteAt(text, at) <= 0x7E ? at + 1 : at;
}

std::string flattened(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '\x1B') {
            at = endOfEscape(text, at + 1);
            continue;
        }
        const auto sequence = sequenceAt(text, at);
        if (!sequence.valid) {
            line += replacement;
        } else if (isControl(sequence.code_point)) {
            line += ' ';
        } else {
            line += text.substr(at, sequence.bytes);
        }
        at += sequence.bytes;
    }
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string::npos) return {};
    return line.substr(begin, line.find_last_not_of(' ') + 1 - begin);
}

/// A text longer than any message is not examined as a whole.
constexpr std::size_t looked_at(std::size_t most_bytes) {
    return 4 * most_bytes + 4096;
}

}  // namespace

std::size_t firstInvalidByte(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto sequence = sequenceAt(text, at);
        if (!sequence.valid) return at;
        at += sequence.bytes;
    }
    return std::string_view::npos;
}

std::string validText(std::string_view text) {
    const auto first = firstInvalidByte(text);
    if (first == std::string_view::npos) return std::string(text);
    std::string valid(text.substr(0, first));
    for (std::size_t at = first; at < text.size();) {
        const auto sequence = sequenceAt(text, at);
        valid += sequence.valid ? text.substr(at, sequence.bytes) : replacement;
        at += sequence.bytes;
    }
    return valid;
}

std::string_view beginningOf(std::string_view text, std::size_t most_bytes) {
    if (text.size() <= most_bytes) return text;
    std::size_t end = most_bytes;
    // A sequence has at most three bytes that continue it; where there are more, this is no text, and any place is as
    // good.
    for (int i = 0; i < 3 && end > 0 && (byteAt(text, end) & 0xC0U) == 0x80; ++i) --end;
    return text.substr(0, (byteAt(text, end) & 0xC0U) == 0x80 ? most_bytes : end);
}

std::string shortened(std::string_view text, std::size_t most_bytes) {
    if (text.size() <= most_bytes) return validText(text);
    return validText(beginningOf(text, most_bytes)).append(ellipsis);
}

std::string oneLine(std::string_view text, std::size_t most_bytes) {
    auto line = flattened(text.substr(0, looked_at(most_bytes)));
    if (line.size() <= most_bytes) return line;
    return std::string(beginningOf(line, most_bytes)).append(ellipsis);
}

std::string lastWords(std::string_view text, std::size_t most_bytes) {
    const auto looked = looked_at(most_bytes);
    auto line = flattened(text.size() > looked ? text.substr(text.size() - looked) : text);
    if (line.size() <= most_bytes) return line;
    std::size_t begin = line.size() - most_bytes;
    while (begin < line.size() && (byteAt(line, begin) & 0xC0U) == 0x80) ++begin;
    return std::string(ellipsis) + line.substr(begin);
}

bool isOneLine(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto sequence = sequenceAt(text, at);
        if (sequence.valid && isControl(sequence.code_point)) return false;
        at += sequence.bytes;
    }
    return true;
}

}  // namespace standin::base
