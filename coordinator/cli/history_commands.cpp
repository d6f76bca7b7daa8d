#include <fmt/format.h>

#include <algorithm>

#include "agent/base/durable_file.hpp"
#include "agent/base/identifier.hpp"
#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/operation_timeline.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

bool isNumber(const std::string& text) {
    return !text.empty() && text.size() < 20 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int wrongNumber(const CommandContext& context, const std::string& id) {
    context.err << "standinctl: " << printable(fmt::format("'{}' is not an operation's number", id.substr(0, 80)))
                << '\n';
    return ExitCode::WrongUsage;
}

std::string filterFor(const std::string& server, std::size_t limit) {
    return fmt::format("?limit={}{}", limit, server.empty() ? "" : "&server=" + server);
}

void printExplanation(std::ostream& out, const Json& body) {
    TextTable table({"RULE", "MATCHES", "WHY"});
    for (const auto& line : listAt(body, "rules")) {
        table.add({textAt(line, "rule"), textAt(line, "matched"), textAt(line, "why")});
    }
    if (!table.empty()) table.print(out);
    out << printable(fmt::format("verdict: {} (server {}, rule {}): {}", textAt(body, "outcome"),
                                 textAt(body, "server"), textAt(body, "rule"), textAt(body, "reason")))
        << '\n';
}

}  // namespace

int listOperations(const CommandContext& context, const std::string& server, std::size_t limit) {
    if (!server.empty() && !base::isIdentifier(server)) {
        context.err << "standinctl: " << printable(fmt::format("'{}' is not a server's name", server.substr(0, 80)))
                    << '\n';
        return ExitCode::WrongUsage;
    }
    return context.print("/v1/operations" + filterFor(server, limit), [&](const Json& body) {
        TextTable table({"OPERATION", "KIND", "SERVER", "STATE", "START", "END", "WHY"});
        for (const auto& operation : listAt(body, "operations")) {
            table.add({textAt(operation, "id"), textAt(operation, "kind"), textAt(operation, "server"),
                       textAt(operation, "state"), momentAt(operation, "start", true), momentAt(operation, "end", true),
                       textAt(operation, "why")});
        }
        table.print(context.out);
    });
}

int showOperation(const CommandContext& context, const std::string& id) {
    if (!isNumber(id)) return wrongNumber(context, id);
    return context.print("/v1/operations/" + id, [&](const Json& body) { printOperation(context.out, body); });
}

int watchOperation(const CommandContext& context, const std::string& id) {
    if (!id.empty() && !isNumber(id)) return wrongNumber(context, id);
    if (!id.empty()) return followOperation(context, id);
    auto reply = context.ask("GET", "/v1/operations");
    if (!reply.accepted()) return reply.exit_code;
    const auto& operations = listAt(reply.body, "operations");
    auto open = std::find_if(operations.begin(), operations.end(), [](const Json& one) { return flagAt(one, "open"); });
    if (open == operations.end()) {
        context.err << "standinctl: no operation is open; see: standinctl operation list\n";
        return ExitCode::Failed;
    }
    return followOperation(context, textAt(*open, "id"));
}

int listTraps(const CommandContext& context, const std::string& server, std::size_t limit) {
    if (!server.empty() && !base::isIdentifier(server)) {
        context.err << "standinctl: " << printable(fmt::format("'{}' is not a server's name", server.substr(0, 80)))
                    << '\n';
        return ExitCode::WrongUsage;
    }
    return context.print("/v1/traps" + filterFor(server, limit), [&](const Json& body) {
        TextTable table({"TRAP", "ARRIVED", "SOURCE", "VERSION", "OID", "COUNT", "VERDICT", "SERVER", "REASON"});
        for (const auto& trap : listAt(body, "traps")) {
            table.add({textAt(trap, "id"), momentAt(trap, "arrived_at", true), textAt(trap, "source"),
                       textAt(trap, "version"), textAt(trap, "oid"), textAt(trap, "count"), textAt(trap, "outcome"),
                       textAt(trap, "server"), textAt(trap, "reason")});
        }
        table.print(context.out);
    });
}

int explainTrap(const CommandContext& context, const std::string& what) {
    CommandContext::Reply reply;
    if (isNumber(what)) {
        reply = context.ask("GET", "/v1/traps/" + what + "/explanation");
    } else {
        auto text = base::readWhole(what, 1U << 20);
        if (!text) return context.failed(text.error());
        auto record = Json::parse(*text, nullptr, false);
        if (record.is_discarded()) {
            return context.failed(
                {base::ErrorCode::InvalidInput, fmt::format("'{}' is not JSON, as 'trap list --json' shows it", what)});
        }
        reply = context.ask("POST", "/v1/traps/explanations", &record);
    }
    if (!reply.accepted()) return reply.exit_code;
    if (context.json) {
        context.printJson(reply.body);
    } else {
        printExplanation(context.out, reply.body);
    }
    return ExitCode::Done;
}

}  // namespace standin::cli
