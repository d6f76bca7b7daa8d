#include <fmt/format.h>

#include <algorithm>

#include "agent/base/identifier.hpp"
#include "agent/base/text.hpp"
#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

/// `rack=3,server=server02` -> {"racks": ["3"], "servers": ["server02"]}; the wrong part otherwise.
base::Result<Json> failuresFrom(const std::vector<std::string>& texts) {
    const std::map<std::string, std::string> lists{
        {"rack", "racks"}, {"server", "servers"}, {"spare", "spares"}, {"vm-host", "vm_hosts"}};
    Json failures = Json::object();
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        const auto list = lists.find(text.substr(0, equals));
        if (equals == std::string::npos || list == lists.end() || equals + 1 == text.size()) {
            return base::failure(
                base::ErrorCode::InvalidInput,
                fmt::format("'{}' is not rack=…, server=…, spare=… or vm-host=…", base::shortened(text, 80)));
        }
        failures[list->second].push_back(text.substr(equals + 1));
    }
    return failures;
}

std::string listOf(const Json& names) {
    std::string text;
    for (const auto& name : names) {
        if (name.is_string()) text += (text.empty() ? "" : ", ") + name.get<std::string>();
    }
    return text.empty() ? "none" : text;
}

std::string sourceOf(const Json& step) {
    if (textAt(step, "outcome") != "done") return "given up: " + textAt(step, "message");
    const auto basis = textAt(step, "basis");
    const auto runs = textAt(step, "runs");
    if (basis == "past_runs_of_this_server") return fmt::format("{} runs of this server", runs);
    if (basis == "past_runs") return fmt::format("{} runs of others", runs);
    return "assumed";
}

void printFailover(std::ostream& out, const Json& failover) {
    const auto server = textAt(failover, "server");
    if (!flagAt(failover, "begins")) {
        out << printable(fmt::format("server {}: nothing would begin: {}", server, textAt(failover, "why"))) << "\n\n";
        return;
    }
    out << printable(fmt::format("server {} fails:", server)) << '\n';
    TextTable table({"BEGINS", "STEP", "TAKES", "BY"});
    for (const auto& step : listAt(failover, "steps")) {
        const auto subject = textAt(step, "subject");
        table.add({fmt::format("{:+.3f} s", numberAt(step, "start_ms").value_or(0) / 1000),
                   textAt(step, "name") + (subject == "-" ? "" : " " + subject),
                   humanMilliseconds(numberAt(step, "expected_ms").value_or(0)), sourceOf(step)});
    }
    table.print(out);
    if (const auto back = numberAt(failover, "job_back_ms"))
        out << "the job would continue after " << humanMilliseconds(*back) << '\n';
    const auto ends = numberAt(failover, "ends_ms");
    out << printable(fmt::format("it would end {} as {}, on {}: {}", ends ? "after " + humanMilliseconds(*ends) : "",
                                 textAt(failover, "ends"), textAt(failover, "runs_on"), textAt(failover, "why")))
        << '\n';
    if (auto cure = textAt(failover, "cure"); cure != "-") out << printable("  what to do: " + cure) << '\n';
    out << '\n';
}

void printPlan(std::ostream& out, const Json& plan) {
    for (const auto& failover : listAt(plan, "failovers")) printFailover(out, failover);
    out << printable("servers without anybody to execute their job: " + listOf(listAt(plan, "without"))) << '\n'
        << printable("servers without a stand-in from then on: " + listOf(listAt(plan, "without_stand_in"))) << '\n'
        << printable("spares left: " + listOf(listAt(plan, "spares_left"))) << '\n';
    TextTable hosts({"VM HOST", "STAND-INS RUNNING", "THEY MAY TAKE", "LEFT FOR NEW ONES", "CPUS LEFT"});
    for (const auto& host : listAt(plan, "vm_hosts")) {
        auto mebibytes = [&](const char* field) {
            const auto number = numberAt(host, field);
            return number ? fmt::format("{:.0f} MiB", *number) : std::string("-");
        };
        hosts.add({textAt(host, "name") + (flagAt(host, "fails") ? " (fails)" : ""), textAt(host, "stand_ins_running"),
                   mebibytes("memory_running_mib"), mebibytes("memory_left_mib"), textAt(host, "vcpus_left")});
    }
    if (!hosts.empty()) hosts.print(out);
    for (const auto& remark : listAt(plan, "remarks")) {
        if (remark.is_string()) out << printable("note: " + remark.get<std::string>()) << '\n';
    }
}

}  // namespace

int planFailure(const CommandContext& context, const std::string& server, const std::vector<std::string>& fail) {
    auto failures = failuresFrom(fail);
    if (!failures || (!server.empty() && !base::isIdentifier(server)) || (server.empty() && fail.empty())) {
        const auto why = !failures        ? failures.error().message
                         : server.empty() ? std::string("say what fails: a SERVER, or --fail")
                                          : fmt::format("'{}' is not a server's name", base::shortened(server, 80));
        context.err << "standinctl: " << printable(why) << '\n';
        return ExitCode::WrongUsage;
    }
    Json question{{"fail", *failures}};
    if (!server.empty()) question["server"] = server;
    auto reply = context.ask("POST", "/v1/plans", &question);
    if (!reply.accepted()) return reply.exit_code;
    if (context.json) {
        context.printJson(reply.body);
    } else {
        printPlan(context.out, reply.body);
    }
    return ExitCode::Done;
}

}  // namespace standin::cli
