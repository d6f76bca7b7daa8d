#include <fmt/format.h>

#include <algorithm>

#include "agent/base/identifier.hpp"
#include "agent/base/text.hpp"
#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/input.hpp"
#include "coordinator/cli/operation_timeline.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

int wrongNumber(const CommandContext& context, const std::string& id) {
    context.err << "standinctl: "
                << printable(fmt::format("'{}' is not an operation's number", base::shortened(id, 80))) << '\n';
    return ExitCode::WrongUsage;
}

std::string filterFor(const std::string& server, std::size_t limit) {
    return fmt::format("?limit={}{}", limit, server.empty() ? "" : "&server=" + server);
}

}  // namespace

int listOperations(const CommandContext& context, const std::string& server, std::size_t limit) {
    if (!server.empty() && !base::isIdentifier(server)) {
        context.err << "standinctl: "
                    << printable(fmt::format("'{}' is not a server's name", base::shortened(server, 80))) << '\n';
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

}  // namespace standin::cli
