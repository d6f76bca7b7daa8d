#include "coordinator/traps/trap_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/protocol/json_fields.hpp"
#include "coordinator/traps/trap_json.hpp"

namespace standin::traps {

using base::ErrorCode;
using base::failure;
using nlohmann::json;

namespace {

/// A BER SEQUENCE that begins with the version, and is as long as it says. '0' of a text is the same byte.
bool isDatagram(std::string_view content) {
    if (content.size() < 4 || content[0] != '\x30') return false;
    const auto length = static_cast<unsigned char>(content[1]);
    const std::size_t head = length < 0x80 ? 2 : 2 + (length & 0x7fU);
    return content.size() > head && content[head] == '\x02' && (length >= 0x80 || content.size() >= 2U + length);
}

std::string placeOf(std::string_view text, std::size_t offset) {
    const auto before = text.substr(0, std::min(offset, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto begin = before.rfind('\n');
    return fmt::format("{}:{}", line, begin == std::string_view::npos ? before.size() + 1 : before.size() - begin);
}

base::Result<std::vector<Trap>> readJson(std::string_view content) {
    json parsed;
    try {
        parsed = json::parse(content);
    } catch (const json::parse_error& problem) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("{}: not valid JSON: {}", placeOf(content, problem.byte == 0 ? 0 : problem.byte - 1),
                                   problem.what()));
    }
    json records = json::array();
    if (parsed.is_array()) {
        records = parsed;
    } else if (parsed.contains("traps") && parsed["traps"].is_array()) {
        records = parsed["traps"];
    } else {
        records.push_back(parsed.contains("trap") ? parsed["trap"] : parsed);
    }
    std::vector<Trap> traps;
    for (const auto& record : records) {
        auto read = trapRecordFrom(record);
        if (!read) {
            return failure(ErrorCode::InvalidInput,
                           fmt::format("trap {} of {}: {}", traps.size() + 1, records.size(), read.error().message));
        }
        traps.push_back(std::move(read->trap));
    }
    if (traps.empty()) return failure(ErrorCode::InvalidInput, "the JSON names no trap");
    return traps;
}

}  // namespace

base::Result<std::vector<Trap>> readTraps(std::string_view content) {
    if (isDatagram(content)) {
        auto trap = readDatagram(content);
        if (!trap) return failure(trap.error());
        return std::vector<Trap>{std::move(*trap)};
    }
    const auto first = content.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return failure(ErrorCode::InvalidInput, "there is nothing in it");
    if (content[first] == '{' || content[first] == '[') return readJson(content);
    return readTrapText(content);
}

}  // namespace standin::traps
