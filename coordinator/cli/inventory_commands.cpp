#include <fmt/format.h>

#include "agent/base/identifier.hpp"
#include "agent/base/text.hpp"
#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/operation_timeline.hpp"
#include "coordinator/cli/text_table.hpp"

namespace standin::cli {

namespace {

// A name becomes part of a URL: what is no name never leaves this program.
bool isName(const CommandContext& context, const char* noun, const std::string& name) {
    if (base::isIdentifier(name)) return true;
    context.err << "standinctl: " << printable(fmt::format("'{}' is not a {}'s name", base::shortened(name, 80), noun))
                << '\n';
    return false;
}

// `Location: /v1/operations/17` -> 17.
std::string operationIn(const CommandContext::Reply& reply) {
    auto slash = reply.location.rfind('/');
    return slash == std::string::npos ? "" : reply.location.substr(slash + 1);
}

int finish(const CommandContext& context, const CommandContext::Reply& reply, const std::string& what, bool wait) {
    if (!reply.accepted()) return reply.exit_code;
    auto id = operationIn(reply);
    if (!id.empty() && wait) return followOperation(context, id);
    if (context.json) {
        context.printJson(reply.body);
    } else if (id.empty()) {
        context.out << printable(what) << '\n';
    } else {
        context.out << printable(fmt::format("{}: operation {} (standinctl operation watch {})", what, id, id)) << '\n';
    }
    return ExitCode::Done;
}

int begin(const CommandContext& context, const Json& order, const std::string& what, bool wait) {
    return finish(context, context.ask("POST", "/v1/operations", &order), what, wait);
}

/// Whether its power device says that it is the machine that is declared.
std::string machineOf(const Json& spare) {
    const auto verdict = textAt(spare, "identity", "verdict");
    if (verdict == "different") return "another one";
    return verdict == "unknown" ? "not confirmed" : verdict;
}

}  // namespace

int listSpares(const CommandContext& context) {
    auto spares = context.ask("GET", "/v1/spares");
    if (!spares.accepted()) return spares.exit_code;
    auto rows = context.ask("GET", "/v1/spare-table");
    if (!rows.accepted()) return rows.exit_code;
    if (context.json) {
        context.printJson(
            {{"spares", listAt(spares.body, "spares")}, {"spare_table", listAt(rows.body, "spare_table")}});
        return ExitCode::Done;
    }
    TextTable table({"SERVER", "SPARE", "IMAGE", "STANDIN_READY", "STAND-IN", "STALE", "NOTE"});
    for (const auto& row : listAt(rows.body, "spare_table")) {
        auto note = textAt(row, "note");
        table.add({textAt(row, "server"), textAt(row, "spare"), textAt(row, "image"), textAt(row, "standin_ready"),
                   textAt(row, "stand_in"), textAt(row, "stale"), note == "-" ? "" : note});
    }
    table.print(context.out);
    TextTable pool({"SPARE", "MACHINE", "LEASED TO", "OPERATION", "REASON"});
    for (const auto& spare : listAt(spares.body, "spares")) {
        auto leased = textAt(spare, "lease", "server");
        pool.add({textAt(spare, "name"), machineOf(spare), leased == "-" ? "nobody" : leased,
                  textAt(spare, "lease", "operation"), leased == "-" ? "" : textAt(spare, "lease", "reason")});
    }
    context.out << '\n';
    pool.print(context.out);
    return ExitCode::Done;
}

int setSpare(const CommandContext& context, const SpareChoice& choice) {
    if (!isName(context, "server", choice.server)) return ExitCode::WrongUsage;
    Json order{{"spare", choice.spare}};
    if (!choice.image.empty()) order["image"] = choice.image;
    auto reply = context.ask("PUT", "/v1/spare-table/" + choice.server, &order);
    auto what = fmt::format("server {} has spare {}", choice.server, choice.spare);
    return finish(context, reply, reply.location.empty() ? what + ", stand-in ready" : what, choice.wait);
}

int prepareStandIn(const CommandContext& context, const std::string& server, bool wait) {
    if (!isName(context, "server", server)) return ExitCode::WrongUsage;
    return begin(context, {{"kind", "prepare"}, {"server", server}},
                 fmt::format("preparing the stand-in of server {}", server), wait);
}

int unsetSpare(const CommandContext& context, const std::string& server) {
    if (!isName(context, "server", server)) return ExitCode::WrongUsage;
    // Until its segment knows the spare no more, the spare is of little use to another server.
    return finish(context, context.ask("DELETE", "/v1/spare-table/" + server),
                  fmt::format("server {} has no spare", server), true);
}

int backUpImage(const CommandContext& context, const std::string& server, bool wait) {
    if (!isName(context, "server", server)) return ExitCode::WrongUsage;
    auto reply = context.ask("GET", "/v1/servers/" + server);
    if (!reply.accepted()) return reply.exit_code;
    bool has_spare = reply.body.contains("spare_table") && reply.body["spare_table"].is_object();
    return begin(context, {{"kind", has_spare ? "refresh" : "backup"}, {"server", server}},
                 fmt::format("capturing the image of server {}", server), wait);
}

int failOver(const CommandContext& context, const std::string& server, const std::string& reason, bool wait) {
    if (!isName(context, "server", server)) return ExitCode::WrongUsage;
    Json order{{"kind", "failover"}, {"server", server}};
    if (!reason.empty()) order["cause"] = reason;
    return begin(context, order, fmt::format("failing over server {}", server), wait);
}

int setMaintenance(const CommandContext& context, const std::string& server, bool on, const std::string& why) {
    if (!isName(context, "server", server)) return ExitCode::WrongUsage;
    Json order{{"on", on}, {"why", why}};
    auto reply = context.ask("PUT", "/v1/servers/" + server + "/maintenance", &order);
    return finish(context, reply,
                  fmt::format("maintenance of server {} is {}", server, on ? "on: its failures start nothing" : "off"),
                  false);
}

int jobReturned(const CommandContext& context, const std::string& server, bool discard_data) {
    if (!isName(context, "server", server)) return ExitCode::WrongUsage;
    Json order = Json::object();
    if (discard_data) order["discard_data"] = true;
    auto reply = context.ask("POST", "/v1/servers/" + server + "/return", &order);
    std::string lost;
    for (const auto& one : listAt(reply.body, "discarded")) {
        lost += fmt::format("{}{} {} ({} to {})", lost.empty() ? "" : ", ", textAt(one, "by"), textAt(one, "holder"),
                            momentAt(one, "from", true), momentAt(one, "until", true));
    }
    if (!lost.empty()) lost = "; given up is what was written on " + lost;
    return finish(context, reply, fmt::format("server {} has its segment again{}", server, lost), false);
}

int closeOperation(const CommandContext& context, const std::string& id, bool discard_data, bool wait) {
    if (!isName(context, "operation", id)) return ExitCode::WrongUsage;
    Json order = Json::object();
    if (discard_data) order["discard_data"] = true;
    auto reply = context.ask("POST", fmt::format("/v1/operations/{}/close", id), &order);
    const auto kept = reply.accepted() ? textAt(reply.body, "kept_disk") : "-";
    auto text = std::string("close accepted");
    if (kept != "-") text += fmt::format("; the disk of stand-in {} is kept, with what the job wrote on it", kept);
    return finish(context, reply, text, wait);
}

int remedyOperation(const CommandContext& context, const std::string& id, const std::string& remedy, bool wait) {
    if (!isName(context, "operation", id)) return ExitCode::WrongUsage;
    Json nothing = Json::object();
    auto reply = context.ask("POST", fmt::format("/v1/operations/{}/{}", id, remedy), &nothing);
    return finish(context, reply, fmt::format("{} accepted", remedy), wait);
}

}  // namespace standin::cli
