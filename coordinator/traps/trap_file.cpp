#include "coordinator/traps/trap_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

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

/// More than any trap is nested; a parser has to keep each level in memory.
constexpr int deepest = 32;

base::Result<json> parsed(std::string_view content) {
    try {
        return json::parse(content, [](int depth, json::parse_event_t, json&) {
            if (depth > deepest) throw std::length_error("it is nested more deeply than any trap");
            return true;
        });
    } catch (const json::parse_error& problem) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("{}: not valid JSON: {}", placeOf(content, problem.byte == 0 ? 0 : problem.byte - 1),
                                   problem.what()));
    } catch (const std::length_error& problem) {
        return failure(ErrorCode::InvalidInput, fmt::format("not valid JSON: {}", problem.what()));
    }
}

base::Result<ReadTraps> readJson(std::string_view content) {
    auto whole = parsed(content);
    if (!whole) return failure(whole.error());
    json records = json::array();
    if (whole->is_array()) {
        records = std::move(*whole);
    } else if (whole->contains("traps") && (*whole)["traps"].is_array()) {
        records = std::move((*whole)["traps"]);
    } else {
        records.push_back(whole->contains("trap") ? (*whole)["trap"] : *whole);
    }
    if (records.empty()) return failure(ErrorCode::InvalidInput, "the JSON names no trap");
    ReadTraps all;
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (i == most_traps) {
            all.unreadable.push_back(fmt::format("only the first {} traps are read", most_traps));
            break;
        }
        auto read = trapRecordFrom(records[i]);
        if (read) {
            all.traps.push_back(std::move(read->trap));
        } else {
            all.unreadable.push_back(fmt::format("trap {} of {}: {}", i + 1, records.size(), read.error().message));
        }
    }
    return all;
}

/// A log whose lines begin with a time in brackets is no list of JSON.
bool isJson(std::string_view content, std::size_t first) {
    return content[first] == '{' || (content[first] == '[' && content.find("UDP: [") == std::string_view::npos);
}

}  // namespace

base::Result<ReadTraps> readTraps(std::string_view content, const KeySource& keys) {
    if (isDatagram(content)) {
        auto trap = readDatagram(content, keys);
        if (!trap) return failure(trap.error());
        return ReadTraps{{std::move(*trap)}, {}};
    }
    const auto first = content.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return failure(ErrorCode::InvalidInput, "there is nothing in it");
    auto all = isJson(content, first) ? readJson(content) : base::Result<ReadTraps>(readTrapText(content));
    if (all && all->traps.empty()) return failure(ErrorCode::InvalidInput, all->unreadable.front());
    return all;
}

}  // namespace standin::traps
