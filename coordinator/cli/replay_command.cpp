#include <fmt/format.h>

#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/input.hpp"
#include "coordinator/cli/text_table.hpp"
#include "coordinator/journal/record_json.hpp"
#include "coordinator/replay/replay.hpp"

namespace standin::cli {

namespace {

using replay::Replay;
using replay::ReplayedLine;

constexpr std::size_t largest_record = 16U << 20;  // fifty times what the journal keeps of one operation

base::Result<Json> fetchOrRead(const CommandContext& context, const std::string& what, int& exit_code) {
    exit_code = ExitCode::Failed;
    if (isNumber(what)) {
        auto reply = context.ask("GET", "/v1/operations/" + what + "/decisions");
        exit_code = reply.exit_code;
        return std::move(reply.body);
    }
    auto text = readInput(context, what, largest_record);
    if (!text) return base::failure(text.error());
    auto body = Json::parse(*text, nullptr, false);
    if (body.is_discarded())
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("'{}' is not JSON, as 'replay --record' prints it", what));
    exit_code = ExitCode::Done;
    return body;
}

base::Result<std::vector<domain::RecordLine>> linesIn(const Json& body) {
    std::vector<domain::RecordLine> lines;
    for (const auto& text : listAt(body, "record")) {
        auto line = journal::recordLineFrom(text);
        if (!line) {
            return base::failure(line.error().within(
                fmt::format("line {} of the record, written by version {}, is not understood by this one ({})",
                            textAt(text, "line"), textAt(body, "version"), STANDIN_VERSION)));
        }
        lines.push_back(std::move(*line));
    }
    return lines;
}

Json jsonOf(const Replay& replayed) {
    Json lines = Json::array();
    for (const auto& line : replayed.lines) {
        lines.push_back({{"line", line.number},
                         {"at", base::rfc3339(line.at)},
                         {"what", line.sentences},
                         {"verdict", nameOf(line.verdict)},
                         {"differences", line.differences},
                         {"dropped_before", line.dropped_before}});
    }
    return {{"operation", replayed.operation.id},
            {"kind", nameOf(replayed.operation.kind)},
            {"server", replayed.operation.server.text()},
            {"decided_by", replayed.versions},
            {"decided_again_by", STANDIN_VERSION},
            {"decisions", replayed.decisions},
            {"different", replayed.different},
            {"not_compared", replayed.not_compared},
            {"dropped_lines", replayed.dropped},
            {"same", replayed.different == 0},
            {"first_difference", replayed.first_difference},
            {"lines", std::move(lines)}};
}

void printLine(std::ostream& out, const ReplayedLine& replayed, base::WallTime from) {
    if (replayed.dropped_before > 0) out << fmt::format("  ({} lines are not kept)\n", replayed.dropped_before);
    auto lead = fmt::format("  {:>+12.3f} s  ", base::milliseconds(replayed.at - from) / 1000);
    const bool judged = replayed.verdict != ReplayedLine::Verdict::Told;
    for (std::size_t i = 0; i < replayed.sentences.size(); ++i) {
        const bool last = i + 1 == replayed.sentences.size();
        out << lead << printable(replayed.sentences[i]);
        if (last && judged)
            out << "  ["
                << (replayed.verdict == ReplayedLine::Verdict::NotCompared ? "not compared" : nameOf(replayed.verdict))
                << ']';
        out << '\n';
        lead.assign(lead.size(), ' ');
    }
    for (const auto& difference : replayed.differences) out << lead << printable("differs: " + difference) << '\n';
}

void print(std::ostream& out, const Replay& replayed) {
    const auto& operation = replayed.operation;
    out << printable(fmt::format("{} {} of server {}: decided by version {}, decided again by version {}",
                                 nameOf(operation.kind), operation.id, operation.server.text(),
                                 fmt::join(replayed.versions, ", "), STANDIN_VERSION))
        << '\n';
    for (const auto& line : replayed.lines) printLine(out, line, operation.failure_at);
    if (replayed.dropped > 0)
        out << fmt::format(
            "{} lines of this long record are not kept; the lines after them were decided again nevertheless\n",
            replayed.dropped);
    if (replayed.different == 0) {
        out << fmt::format("{} decisions, all the same\n", replayed.decisions);
    } else {
        out << fmt::format("{} decisions, {} different, {} after them not compared: the rules are not those of then\n",
                           replayed.decisions, replayed.different, replayed.not_compared);
        out << printable("first difference: " + replayed.first_difference) << '\n';
    }
}

}  // namespace

int replayOperation(const CommandContext& context, const std::string& what, bool record) {
    int exit_code = ExitCode::Done;
    auto body = fetchOrRead(context, what, exit_code);
    if (!body) return context.failed(body.error());
    if (exit_code != ExitCode::Done) return exit_code;
    if (record) {
        context.printJson(*body);
        return ExitCode::Done;
    }
    auto lines = linesIn(*body);
    if (!lines) return context.failed(lines.error());
    auto replayed = replay::replay(*lines);
    if (!replayed) return context.failed(replayed.error());
    if (context.json) {
        context.printJson(jsonOf(*replayed));
    } else {
        print(context.out, *replayed);
    }
    return replayed->different == 0 ? ExitCode::Done : ExitCode::Failed;
}

}  // namespace standin::cli
