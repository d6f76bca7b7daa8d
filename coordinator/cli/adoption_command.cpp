#include <fmt/format.h>

#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/input.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

std::string listed(const Json& stand_ins) {
    std::string text;
    for (const auto& one : stand_ins)
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", textAt(one, "name"), textAt(one, "state"));
    return text.empty() ? "-" : text;
}

void show(const CommandContext& context, const Json& adoption) {
    TextTable table({"SERVER", "SEGMENT OF", "JOB IS ON", "STAND-INS", "NOTE"});
    for (const auto& server : listAt(adoption, "servers")) {
        const auto unknown = textAt(server, "unknown");
        const auto on = server.contains("runs_on") ? server["runs_on"] : Json::object();
        auto executor = textAt(on, "on");
        for (const auto* who : {"stand_in", "spare"}) {
            if (textAt(on, who) != "-") executor += " " + textAt(on, who);
        }
        const bool known = unknown == "-";
        table.add({textAt(server, "server"), known ? textAt(server, "owner") : "?", known ? executor : "?",
                   known ? listed(listAt(server, "stand_ins")) : "?", known ? "" : "stays observed: " + unknown});
    }
    table.print(context.out);
    for (const auto& sentence : listAt(adoption, "contradictions"))
        context.out << printable("! " + (sentence.is_string() ? sentence.get<std::string>() : "")) << '\n';
}

int refuse(const CommandContext& context, const char* why) {
    context.err << "standinctl: nothing was adopted: " << why << '\n';
    return ExitCode::Failed;
}

}  // namespace

int adoptSite(const CommandContext& context, const AdoptionChoice& choice) {
    auto found = context.ask("GET", "/v1/adoption");
    if (!found.accepted()) return found.exit_code;
    const bool whole = textAt(found.body, "state") == "adopted";
    if (whole || !context.json) {
        if (context.json) {
            context.printJson(found.body);
        } else if (whole) {
            context.out << "the site is adopted: the coordinator acts\n";
        } else {
            show(context, found.body);
        }
    }
    if (whole) return ExitCode::Done;
    const bool clean = listAt(found.body, "contradictions").empty();
    if (choice.if_clean && !clean) {
        if (context.json) context.printJson(found.body);
        return refuse(context, "what was found is not that of a new site; look at it: standinctl adopt");
    }
    if (!choice.yes && !choice.if_clean &&
        !confirmed(context, "continue from this, and act? (no other coordinator may run)")) {
        if (context.json) context.printJson(found.body);
        return refuse(context, "say --yes to adopt without being asked");
    }
    const Json order{{"mark", textAt(found.body, "mark")}};
    auto adopted = context.ask("POST", "/v1/adoption", &order);
    if (!adopted.accepted()) return adopted.exit_code;
    if (context.json) {
        context.printJson(adopted.body);
        return ExitCode::Done;
    }
    std::string left;
    for (const auto& server : listAt(adopted.body, "observed"))
        left += (left.empty() ? "" : ", ") + (server.is_string() ? server.get<std::string>() : "");
    context.out << printable(left.empty() ? "the site is adopted: the coordinator acts"
                                          : "the site is adopted; still only observed: " + left)
                << '\n';
    return ExitCode::Done;
}

}  // namespace standin::cli
