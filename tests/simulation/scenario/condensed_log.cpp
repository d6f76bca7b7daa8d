#include "tests/simulation/scenario/condensed_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace standin::simulation {

namespace {

constexpr std::size_t time_width = 14;  // `      1.123456`, as the event log has it
constexpr unsigned shown = 2;

std::string sentenceOf(const std::string& line) {
    return line.substr(time_width);
}

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

/// What happens once more is the same but for its numbers: of an attempt, a request, a duration. Digits that belong to
/// a name (`server01`, `server01-2`) make a difference.
std::string kindOf(const std::string& sentence) {
    std::string kind;
    char before = ' ';
    for (const char letter : sentence) {
        const bool digit = std::isdigit(static_cast<unsigned char>(letter)) != 0;
        const bool of_name = std::isalnum(static_cast<unsigned char>(before)) != 0 || before == '-';
        if (!digit || of_name) kind += letter;
        before = digit && !of_name ? ' ' : letter;
    }
    return kind;
}

bool mattersEachTime(const std::string& sentence) {
    return contains(sentence, " -> ") || contains(sentence, "** ") || contains(sentence, "the operator is told") ||
           contains(sentence, "RULE");
}

bool saysNothing(const std::string& sentence) {
    return contains(sentence, "epoch.claim") && sentence.ends_with("[claim]");
}

}  // namespace

std::string condensed(const std::vector<std::string>& lines) {
    std::map<std::string, unsigned> times;
    for (const auto& line : lines) ++times[kindOf(sentenceOf(line))];
    std::map<std::string, unsigned> so_far;
    std::string text;
    for (const auto& line : lines) {
        const auto sentence = sentenceOf(line);
        if (saysNothing(sentence)) continue;
        const auto kind = kindOf(sentence);
        const unsigned nth = ++so_far[kind];
        const bool last = nth > shown && nth == times[kind];
        if (nth > shown && !last && !mattersEachTime(sentence)) continue;
        text += line.substr(0, time_width - 3) + sentence;
        if (last && !mattersEachTime(sentence)) text += fmt::format("  [the last of {}]", nth);
        text += "\n";
    }
    return text;
}

}  // namespace standin::simulation
