#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

Json chosenOf(const Json& body, const std::string& server) {
    Json chosen = Json::array();
    for (const auto& one : listAt(body, "trap_tests")) {
        if (server.empty() || textAt(one, "server") == server) chosen.push_back(one);
    }
    return chosen;
}

bool anyIn(const Json& tests, const char* state) {
    return std::any_of(tests.begin(), tests.end(), [&](const Json& one) { return textAt(one, "state") == state; });
}

void printTests(const CommandContext& context, const Json& tests) {
    TextTable table({"SERVER", "TRAP PATH", "TRAP", "TOOK", "PROBLEM"});
    for (const auto& one : tests) {
        const auto took = numberAt(one, "took_ms");
        table.add({textAt(one, "server"), textAt(one, "state"), textAt(one, "trap"),
                   took ? humanMilliseconds(*took) : "-", textAt(one, "problem")});
    }
    table.print(context.out);
    for (const auto& one : tests) {
        if (const auto cure = textAt(one, "cure"); cure != "-") {
            context.out << printable(fmt::format("{}: what to do: {}", textAt(one, "server"), cure)) << '\n';
        }
    }
}

}  // namespace

int testTraps(const CommandContext& context, const std::string& server, bool all) {
    if (all != server.empty()) {
        context.err << "standinctl: trap test needs either a SERVER or --all\n";
        return ExitCode::WrongUsage;
    }
    const Json wanted = all ? Json{{"all", true}} : Json{{"server", server}};
    auto reply = context.ask("POST", "/v1/trap-tests", &wanted);
    while (reply.accepted() && anyIn(chosenOf(reply.body, server), "testing")) {
        // There is no event at the end of a test: it is polled, and the coordinator ends it.
        std::this_thread::sleep_for(context.pause);
        reply = context.ask("GET", "/v1/trap-tests");
    }
    if (!reply.accepted()) return reply.exit_code;
    const auto tests = chosenOf(reply.body, server);
    if (context.json) {
        context.printJson(Json{{"trap_tests", tests}});
    } else {
        printTests(context, tests);
    }
    return anyIn(tests, "deaf") ? ExitCode::Failed : ExitCode::Done;
}

}  // namespace standin::cli
