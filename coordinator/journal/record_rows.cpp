#include "coordinator/journal/record_rows.hpp"

#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "agent/protocol/json_text.hpp"
#include "coordinator/journal/record_json.hpp"

namespace standin::journal {

using domain::RecordLine;
using Poco::Data::Session;
using namespace Poco::Data::Keywords;

namespace {

bool isWhole(const RecordLine& line) {
    return std::holds_alternative<domain::WholeOperation>(line.what);
}

/// The blocks between the first and the newest ones go.
void dropMiddle(Session& session, Poco::Int64 operation) {
    std::string drop = fmt::format(
        "DELETE FROM records WHERE operation = ?1 "
        "AND line >= (SELECT line FROM records WHERE operation = ?1 AND whole = 1 ORDER BY line LIMIT 1 OFFSET 1) "
        "AND line < (SELECT line FROM records WHERE operation = ?1 AND whole = 1 ORDER BY line DESC LIMIT 1 OFFSET {})",
        newest_blocks_kept - 1);
    session << drop, use(operation), now;
}

/// The lines from `first` on, up to the next whole operation, as one row; returns the number of the line after them.
std::size_t writeRow(Session& session, Poco::Int64 operation, const std::vector<RecordLine>& lines, std::size_t first) {
    std::string body;
    std::size_t end = first;
    do {
        if (end > first) body += '\n';
        body += protocol::jsonText(toJson(lines[end]));
        ++end;
    } while (end < lines.size() && !isWhole(lines[end]));
    Poco::Int64 line = lines[first].number, count = static_cast<Poco::Int64>(end - first),
                whole = isWhole(lines[first]);
    session << "INSERT INTO records (operation, line, lines, whole, body) VALUES (?, ?, ?, ?, ?)", use(operation),
        use(line), use(count), use(whole), use(body), now;
    if (whole == 1 && line > 0) dropMiddle(session, operation);
    return end;
}

}  // namespace

void writeRecord(Session& session, domain::OperationId id, const RecordPage& page) {
    if (page.lines.empty()) return;
    Poco::Int64 operation = static_cast<Poco::Int64>(id);
    if (page.replaces) {
        Poco::Int64 from = page.lines.front().number;
        session << "DELETE FROM records WHERE operation = ? AND line >= ?", use(operation), use(from), now;
    }
    for (std::size_t next = 0; next < page.lines.size();) next = writeRow(session, operation, page.lines, next);
}

std::vector<std::string> readRecord(Session& session, domain::OperationId id) {
    Poco::Int64 operation = static_cast<Poco::Int64>(id);
    std::vector<Poco::Int64> firsts;
    std::vector<std::string> bodies;
    session << "SELECT line, body FROM records WHERE operation = ? ORDER BY line", into(firsts), into(bodies),
        use(operation), now;
    std::vector<std::pair<Poco::Int64, std::string>> numbered;
    for (std::size_t row = 0; row < bodies.size(); ++row) {
        // A row that begins within the one before replaces the rest of it.
        while (!numbered.empty() && numbered.back().first >= firsts[row]) numbered.pop_back();
        std::istringstream text(bodies[row]);
        Poco::Int64 number = firsts[row];
        for (std::string line; std::getline(text, line); ++number) numbered.emplace_back(number, std::move(line));
    }
    std::vector<std::string> lines;
    for (auto& [number, line] : numbered) lines.push_back(std::move(line));
    return lines;
}

std::map<domain::OperationId, std::uint32_t> nextLines(Session& session) {
    std::vector<Poco::Int64> operations, next;
    session << "SELECT operation, line + lines FROM records AS its WHERE line = (SELECT MAX(line) FROM records WHERE "
               "operation = its.operation)",
        into(operations), into(next), now;
    std::map<domain::OperationId, std::uint32_t> numbers;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        numbers[static_cast<domain::OperationId>(operations[i])] = static_cast<std::uint32_t>(next[i]);
    }
    return numbers;
}

void forgetRecords(Session& session, std::size_t most) {
    Poco::Int64 newest = static_cast<Poco::Int64>(most);
    session << "DELETE FROM records WHERE operation NOT IN (SELECT id FROM operations ORDER BY id DESC LIMIT ?) "
               "AND operation NOT IN (SELECT id FROM operations WHERE state NOT IN ('Closed', 'Cancelled') AND (kind = "
               "'failover' OR "
               "state NOT IN ('Succeeded', 'Failed', 'NeedsOperator')))",
        use(newest), now;
}

}  // namespace standin::journal
