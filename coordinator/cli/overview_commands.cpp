#include <fmt/format.h>

#include "agent/protocol/json_text.hpp"
#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/text_table.hpp"
#include "coordinator/domain/job_writes.hpp"

namespace standin::cli {

namespace {

// Where the job runs, in one word or two.
std::string placeOf(const Json& server) {
    auto on = textAt(server, "runs_on", "on");
    auto stand_in = textAt(server, "runs_on", "stand_in");
    auto spare = textAt(server, "runs_on", "spare");
    if (stand_in != "-") return "stand-in " + stand_in;
    if (spare != "-") return "spare " + spare;
    return on;
}

std::string readinessOf(const Json& server) {
    auto row = server.find("spare_table");
    if (row == server.end() || !row->is_object()) return "no";
    if (!flagAt(*row, "standin_ready")) return "no";
    return flagAt(*row, "stale") ? "stale" : "yes";
}

// The age of the data that a failover would continue with.
std::string ageOf(const Json& server) {
    const auto age = server.find("image_age_s");
    if (age == server.end() || !age->is_number()) return "-";
    return domain::durationText(std::chrono::seconds(age->get<std::int64_t>()));
}

// The first fact for an operator: why it is not ready, or that failures start nothing.
std::string remarkOf(const Json& server) {
    if (auto by = textAt(server, "runs_on", "brought_back_by"); by != "-")
        return "its job is being brought back to it, as " + by + " has asked";
    if (auto since = momentAt(server, "job_silent_since", true); since != "-")
        return "its job has not answered since " + since;
    if (flagAt(server, "maintenance")) {
        auto why = textAt(server, "maintenance_why");
        return why == "-" ? "in maintenance" : "in maintenance: " + why;
    }
    auto row = server.find("spare_table");
    if (row == server.end() || !row->is_object()) return "no spare set: a failure has no remedy";
    auto note = textAt(*row, "note");
    return note == "-" ? "" : note;
}

void printServers(std::ostream& out, const Json& servers) {
    TextTable table({"SERVER", "RUNS ON", "READY", "SPARE", "IMAGE", "AGE", "OPERATION", "REMARK"});
    for (const auto& server : servers) {
        table.add({textAt(server, "name"), placeOf(server), readinessOf(server), textAt(server, "spare_table", "spare"),
                   textAt(server, "spare_table", "image"), ageOf(server), textAt(server, "operation"),
                   remarkOf(server)});
    }
    table.print(out);
}

void printFreeze(std::ostream& out, const Json& body) {
    const auto freeze = body.find("freeze");
    if (freeze == body.end() || !freeze->is_object()) return;
    out << printable(fmt::format("THE SITE IS FROZEN by {} since {}: {}; end it: standinctl freeze off",
                                 textAt(*freeze, "by"), momentAt(*freeze, "since", true), textAt(*freeze, "why")))
        << "\n\n";
}

/// Conditions that need a person although the job runs.
void printDegraded(std::ostream& out, const Json& servers) {
    TextTable table({"DEGRADED", "SINCE", "COUNT", "TRAP", "WHAT"});
    for (const auto& server : servers) {
        for (const auto& condition : listAt(server, "degraded")) {
            table.add({textAt(server, "name"), momentAt(condition, "since", true), textAt(condition, "count"),
                       textAt(condition, "trap"), textAt(condition, "reason")});
        }
    }
    if (table.empty()) return;
    out << '\n';
    table.print(out);
}

/// Servers whose failures would not be heard of.
void printDeaf(std::ostream& out, const Json& servers) {
    TextTable table({"DEAF", "TESTED", "FAILED", "WHY"});
    for (const auto& server : servers) {
        const auto path = server.find("trap_path");
        if (path == server.end() || textAt(*path, "state") != "deaf") continue;
        table.add({textAt(server, "name"), momentAt(*path, "tested_at", true), textAt(*path, "failures"),
                   textAt(*path, "problem")});
    }
    if (table.empty()) return;
    out << '\n';
    table.print(out);
}

void printOpenOperations(std::ostream& out, const Json& operations) {
    TextTable table({"OPERATION", "KIND", "SERVER", "STATE", "SINCE", "WHY"});
    for (const auto& operation : operations) {
        if (!flagAt(operation, "open")) continue;
        const auto restraint = operation.find("restraint");
        const bool waits = restraint != operation.end() && restraint->is_object();
        table.add({textAt(operation, "id"), textAt(operation, "kind"), textAt(operation, "server"),
                   textAt(operation, "state"), momentAt(operation, "start", true),
                   waits ? "waits: " + textAt(*restraint, "why") : textAt(operation, "why")});
    }
    if (table.empty()) return;
    out << '\n';
    table.print(out);
    for (const auto& operation : operations) {
        auto cure = textAt(operation, "cure");
        if (flagAt(operation, "open") && cure != "-") {
            out << printable(fmt::format("operation {}: {}", textAt(operation, "id"), cure)) << '\n';
        }
    }
}

void printChecks(std::ostream& out, const Json& health) {
    TextTable table({"CHECK", "OK", "DETAIL"});
    for (const auto& check : listAt(health, "checks")) {
        table.add({textAt(check, "name"), flagAt(check, "ok") ? "yes" : "NO", textAt(check, "detail")});
    }
    table.print(out);
    for (const auto& check : listAt(health, "checks")) {
        if (auto cure = textAt(check, "cure"); !flagAt(check, "ok") && cure != "-") {
            out << printable(textAt(check, "name") + ": what to do: " + cure) << '\n';
        }
    }
    for (const auto& warning : listAt(health, "warnings")) {
        if (warning.is_string()) out << printable("warning: " + warning.get<std::string>()) << '\n';
    }
}

}  // namespace

int showStatus(const CommandContext& context) {
    auto servers = context.ask("GET", "/v1/servers");
    if (!servers.accepted()) return servers.exit_code;
    auto operations = context.ask("GET", "/v1/operations");
    if (!operations.accepted()) return operations.exit_code;
    if (context.json) {
        Json open = Json::array();
        for (const auto& operation : listAt(operations.body, "operations")) {
            if (flagAt(operation, "open")) open.push_back(operation);
        }
        context.printJson({{"servers", listAt(servers.body, "servers")},
                           {"open_operations", open},
                           {"freeze", operations.body.value("freeze", Json())}});
        return ExitCode::Done;
    }
    printFreeze(context.out, operations.body);
    printServers(context.out, listAt(servers.body, "servers"));
    printDegraded(context.out, listAt(servers.body, "servers"));
    printDeaf(context.out, listAt(servers.body, "servers"));
    printOpenOperations(context.out, listAt(operations.body, "operations"));
    return ExitCode::Done;
}

int showHealth(const CommandContext& context) {
    auto answer = context.api.request("GET", "/v1/health", nullptr);
    if (!answer) return context.failed(answer.error());
    if (answer->status == 403) return context.replyIn(*answer, "GET /v1/health").exit_code;
    auto health = Json::parse(answer->body, nullptr, false);
    if (!health.is_object() || !health.contains("checks")) {
        return context.failed({base::ErrorCode::Internal, "the coordinator's answer about its health cannot be read"});
    }
    if (context.json) {
        context.printJson(health);
    } else {
        printChecks(context.out, health);
    }
    return answer->accepted() ? ExitCode::Done : ExitCode::Failed;
}

int listAgents(const CommandContext& context) {
    return context.print("/v1/agents", [&](const Json& body) {
        TextTable table({"AGENT", "URL", "OK", "SEEN", "PROBLEM"});
        for (const auto& agent : listAt(body, "agents")) {
            std::string problem = textAt(agent, "problem") == "-" ? "" : textAt(agent, "problem");
            for (const auto& check : listAt(agent, "checks")) {
                if (flagAt(check, "ok")) continue;
                problem += (problem.empty() ? "" : "; ") + textAt(check, "name") + ": " + textAt(check, "detail");
                if (auto cure = textAt(check, "cure"); cure != "-") problem += " (" + cure + ")";
            }
            table.add({textAt(agent, "name"), textAt(agent, "url"), flagAt(agent, "ok") ? "yes" : "NO",
                       momentAt(agent, "seen_at", true), problem});
        }
        table.print(context.out);
    });
}

int listAudit(const CommandContext& context, std::size_t limit) {
    return context.print(fmt::format("/v1/audit?limit={}", limit), [&](const Json& body) {
        TextTable table({"WHEN", "WHO", "WHAT", "OUTCOME"});
        for (const auto& entry : listAt(body, "entries")) {
            table.add(
                {momentAt(entry, "at", true), textAt(entry, "who"), textAt(entry, "what"), textAt(entry, "outcome")});
        }
        table.print(context.out);
    });
}

int followEvents(const CommandContext& context) {
    auto followed = context.followSteadily([&](const StreamedEvent& event) {
        if (event.type == "heartbeat") return true;
        auto data = Json::parse(event.data, nullptr, false);
        if (context.json) {
            context.out << (data.is_discarded() ? "{}" : protocol::jsonText(data)) << std::endl;
        } else {
            context.out << printable(
                               fmt::format("{}  {:<9} {}", momentAt(data, "at"), event.type, textAt(data, "text")))
                        << std::endl;
        }
        return static_cast<bool>(context.out);
    });
    return followed ? ExitCode::Done : context.failed(followed.error());
}

int notThereYet(std::ostream& err, const std::string& verb) {
    err << "standinctl: '" << verb << "' is not there yet: this release does not carry it out\n";
    return ExitCode::Failed;
}

}  // namespace standin::cli
