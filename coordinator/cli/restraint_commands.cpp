#include <fmt/format.h>

#include "agent/protocol/json_text.hpp"
#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

/// What still waits, and for what: the answer to a command is not the end of the matter.
void printWaiting(const CommandContext& context, const Json& waiting) {
    TextTable table({"WAITS", "SERVER", "SINCE", "BY", "WHY"});
    for (const auto& operation : waiting) {
        const auto found = operation.find("restraint");
        const Json restraint = found != operation.end() && found->is_object() ? *found : Json::object();
        table.add({textAt(operation, "id"), textAt(operation, "server"), momentAt(restraint, "since", true),
                   textAt(restraint, "by"), textAt(restraint, "why")});
    }
    if (!table.empty()) table.print(context.out);
}

}  // namespace

int freezeSite(const CommandContext& context, bool on, const std::string& reason) {
    const Json order{{"on", on}, {"reason", reason}};
    const auto reply = context.ask("POST", "/v1/freeze", &order);
    if (!reply.accepted()) return reply.exit_code;
    if (context.json) {
        context.printJson(reply.body);
        return ExitCode::Done;
    }
    context.out << (on ? "the site is frozen: no server is fenced and no segment is given until 'standinctl freeze off'"
                       : "the site is not frozen")
                << '\n';
    printWaiting(context, listAt(reply.body, "waiting"));
    return ExitCode::Done;
}

int releaseBrake(const CommandContext& context, const std::string& rack) {
    Json order = Json::object();
    if (!rack.empty()) order["rack"] = rack;
    const auto reply = context.ask("POST", "/v1/brake/release", &order);
    if (!reply.accepted()) return reply.exit_code;
    if (context.json) {
        context.printJson(reply.body);
        return ExitCode::Done;
    }
    std::string released;
    for (const auto& id : listAt(reply.body, "released")) released += " " + protocol::jsonText(id);
    context.out << printable("let through the brake: failovers" + released) << '\n';
    return ExitCode::Done;
}

int showRestraints(const CommandContext& context) {
    return context.print("/v1/restraints", [&](const Json& body) {
        const auto freeze = body.find("freeze");
        const bool frozen = freeze != body.end() && freeze->is_object();
        context.out << printable(frozen ? fmt::format("frozen by {} since {}: {}", textAt(*freeze, "by"),
                                                      momentAt(*freeze, "since", true), textAt(*freeze, "why"))
                                        : "not frozen")
                    << '\n'
                    << printable(fmt::format("brake: {} failovers of the site within {} ms",
                                             textAt(body, "brake", "site_limit"), textAt(body, "brake", "within_ms")))
                    << '\n';
        printWaiting(context, listAt(body, "waiting"));
    });
}

}  // namespace standin::cli
