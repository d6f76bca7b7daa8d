#include "agent/hypervisor/libvirt/qemu_log.hpp"

#include <algorithm>
#include <cctype>
#include <deque>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace standin::hypervisor {

namespace {

constexpr std::size_t most_lines = 4;
constexpr std::size_t longest = 300;
constexpr std::streamoff tail_bytes = 32 << 10;  // of a log that may hold years; one start writes some 5 KiB

// libvirt's own lines: `2026-11-30 22:06:49.716+0000: starting up libvirt version…`.
bool isLibvirts(const std::string& line) {
    static const std::regex pattern(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+[+-]\d{4}: .*)");
    return std::regex_match(line, pattern);
}

bool isStart(const std::string& line) {
    return isLibvirts(line) && line.find(": starting up") != std::string::npos;
}

// Environment and arguments are written one a line, each but the last with a backslash.
bool continues(const std::string& line) {
    return line.ends_with(" \\");
}

// `EAX=000000a8 EBX=…`, `CS =0020 00000000…`, `Code=eb de…`, `extra data[0]: …`, and QEMU's word about its terminal.
bool isDump(const std::string& line) {
    static const std::regex pattern(R"([A-Z][A-Za-z0-9]{1,4} ?=.*|extra data\[\d+\]: .*|char device redirected to .*)");
    return std::regex_match(line, pattern);
}

std::string withoutTime(const std::string& line) {
    static const std::regex time(R"(^\d{4}-\d\d-\d\dT[0-9:.]+Z )");
    return std::regex_replace(line, time, "");
}

std::string printable(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
    return text;
}

std::string joined(const std::deque<std::string>& words) {
    std::string result;
    for (const auto& line : words) result.append(result.empty() ? "" : "; ").append(line);
    return result.substr(0, longest);
}

}  // namespace

std::string wordsOf(const std::string& errors) {
    std::deque<std::string> words;
    std::istringstream lines(errors);
    for (std::string line; words.size() < most_lines && std::getline(lines, line);) {
        if (!line.empty() && !isDump(line)) words.push_back(printable(withoutTime(line)));
    }
    return joined(words);
}

std::string lastWordsOf(const std::string& log) {
    std::deque<std::string> words;
    std::istringstream lines(log);
    bool in_command = false;
    for (std::string line; std::getline(lines, line);) {
        if (isStart(line)) {
            words.clear();
            in_command = true;  // the lines up to its last one are libvirt's
            continue;
        }
        if (in_command) {
            in_command = continues(line);
            continue;
        }
        if (line.empty() || isLibvirts(line) || isDump(line)) continue;
        words.push_back(printable(withoutTime(line)));
        if (words.size() > most_lines) words.pop_front();
    }
    return joined(words);
}

std::string qemuLastWords(const std::string& directory, const std::string& domain) {
    const auto path = directory + "/" + domain + ".log";
    std::error_code unknown;
    if (!std::filesystem::is_regular_file(path, unknown)) return "";  // a named pipe would be waited for
    std::ifstream file(path, std::ios::binary);
    if (!file) return "";
    file.seekg(0, std::ios::end);
    const auto size = static_cast<std::streamoff>(file.tellg());
    file.seekg(std::max<std::streamoff>(0, size - tail_bytes));
    std::string text;
    if (size > tail_bytes) std::getline(file, text);  // the first line is cut
    text.assign(std::istreambuf_iterator<char>(file), {});
    return lastWordsOf(text);
}

}  // namespace standin::hypervisor
