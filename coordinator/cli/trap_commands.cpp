#include <fmt/format.h>

#include "agent/base/identifier.hpp"
#include "agent/base/text.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/cli/commands.hpp"
#include "coordinator/cli/input.hpp"
#include "coordinator/cli/text_table.hpp"
#include "coordinator/config/configuration_reader.hpp"
#include "coordinator/trap_servers.hpp"
#include "coordinator/traps/network_prefix.hpp"
#include "coordinator/traps/trap_file.hpp"
#include "coordinator/traps/trap_json.hpp"

namespace standin::cli {

namespace {

constexpr std::size_t largest_file = 4U << 20;  // some thousand traps; the trap log gives at most 1,000 at once

/// The rule asks for another OID, or for a platform event where there is none.
bool isAboutOthers(const Json& line) {
    const auto why = textAt(line, "why");
    return !flagAt(line, "matched") &&
           (why.starts_with("the trap's OID is ") || why.starts_with("it is no platform event"));
}

void printExplanation(std::ostream& out, const Json& body) {
    TextTable table({"RULE", "MATCHES", "WHY"});
    const auto rules = listAt(body, "rules");
    for (std::size_t i = 0; i < rules.size(); ++i) {
        std::size_t others = 0;  // rules for other vendors are many, and all say the same
        while (i + others < rules.size() && isAboutOthers(rules[i + others])) ++others;
        if (others > 3) {
            table.add({fmt::format("{} rules", others), "no", "they are about other traps"});
            i += others;
            if (i == rules.size()) break;
        }
        const auto& line = rules[i];
        table.add({textAt(line, "rule"), textAt(line, "matched"), textAt(line, "why")});
    }
    if (!table.empty()) table.print(out);
    out << printable(fmt::format("verdict: {} (server {}, rule {}): {}", textAt(body, "outcome"),
                                 textAt(body, "server"), textAt(body, "rule"), textAt(body, "reason")))
        << '\n';
    if (auto grade = textAt(body, "grade"); grade != "-") out << printable("grade: " + grade) << '\n';
    if (auto action = textAt(body, "action", "text"); action != "-")
        out << printable("it would begin: " + action) << '\n';
    for (const auto& note : listAt(body, "notes")) {
        if (note.is_string()) out << printable("note: " + note.get<std::string>()) << '\n';
    }
}

/// Rules and servers, as the daemon reads them; checks that only this host could make (programs, fence agents) are left
/// out.
struct Knowledge {
    config::Configuration configuration;
    traps::TrapRules rules;
    traps::ServerDirectory servers;
};

base::Result<Knowledge> knowledgeFrom(const std::string& path) {
    config::Surroundings elsewhere;
    elsewhere.program_exists = [](const std::string&) { return true; };
    elsewhere.fence_problem = [](const drivers::PowerDevice&) { return std::string(); };
    elsewhere.rule_problems = ruleProblems;
    base::YamlProblems problems;
    auto configuration = config::readConfiguration(path, elsewhere, problems);
    if (!configuration) return base::failure(problems.error());
    auto rules = traps::TrapRules::fromFile(configuration->traps.rules_file);
    if (!rules) return base::failure(rules.error());
    auto servers = trapServersFrom(*configuration);
    if (!servers) return base::failure(servers.error());
    return Knowledge{std::move(*configuration), std::move(*rules), std::move(*servers)};
}

Json explainHere(const traps::TrapRecord& record, const Knowledge& knowledge) {
    const auto explanation = traps::explain(record.trap, knowledge.rules, knowledge.servers);
    auto shown = toJson(explanation);
    const bool failed = explanation.verdict.outcome == traps::Verdict::Outcome::Failure;
    shown["action"] = {
        {"begins", failed ? Json("failover") : Json(nullptr)},
        {"text", failed ? fmt::format("a failover of server '{}', unless it is in maintenance or handled "
                                      "already, which only the coordinator knows",
                                      explanation.verdict.server.text())
                        : "nothing; the trap is kept in the log"}};
    shown["trap"] = toJson(record);
    return shown;
}

Json notesOn(const traps::Trap& trap) {
    Json notes = Json::array();
    if (trap.source.empty())
        notes.push_back("the sender is not known, and rules may depend on it: give it with --source ADDRESS");
    if (!trap.agent_address.empty() && trap.agent_address != trap.source && !trap.source.empty())
        notes.push_back(
            fmt::format("it says that it is from {0}, and {1} sent it: only if {1} is among the coordinator's "
                        "trap_forwarders the server of {0} is concerned",
                        trap.agent_address, trap.source));
    if (trap.refusal.empty() && trap.version != traps::SnmpVersion::V3)
        notes.push_back(
            "whether its community is one of the coordinator's, and whether it speaks for this server, was not "
            "looked at; SNMP v1 and v2c need allow_unauthenticated_traps");
    return notes;
}

/// Explains one trap, here or there. Null: it failed, and that was reported.
Json explainOne(const CommandContext& context, traps::Trap trap, const Knowledge* knowledge, int& exit_code) {
    traps::TrapRecord record;
    if (!trap.refusal.empty()) record.verdict = {traps::Verdict::Outcome::Refused, trap.refusal, {}, {}, {}};
    record.trap = std::move(trap);
    const auto notes = notesOn(record.trap);
    Json shown;
    if (knowledge != nullptr) {
        shown = explainHere(record, *knowledge);
    } else {
        const Json body = toJson(record);
        auto reply = context.ask("POST", "/v1/traps/explain", &body);
        exit_code = reply.exit_code;
        if (!reply.accepted()) return nullptr;
        shown = std::move(reply.body);
    }
    if (!notes.empty()) shown["notes"] = notes;
    return shown;
}

/// Explanations as they come: of many traps they are far larger than the traps.
class Explanations {
  public:
    Explanations(const CommandContext& context, bool list) : context_(context), list_(list && context.json) {
        if (list_) context_.out << "{\"explanations\": [";
    }
    void add(const Json& shown) {
        if (!context_.json) {
            if (any_) context_.out << '\n';
            printExplanation(context_.out, shown);
        } else if (list_) {
            context_.out << (any_ ? ",\n" : "\n") << protocol::indentedJsonText(shown);
        } else {
            context_.printJson(shown);
        }
        any_ = true;
    }
    void end(const std::vector<std::string>& unreadable) {
        if (list_) context_.out << "],\n\"unreadable\": " << protocol::indentedJsonText(unreadable) << "}\n";
    }

  private:
    const CommandContext& context_;
    const bool list_;
    bool any_ = false;
};

int explainFile(const CommandContext& context, const TrapChoice& choice) {
    auto text = readInput(context, choice.what, largest_file);
    if (!text) return context.failed(text.error());
    const std::string where = choice.what == "-" ? "standard input" : choice.what;
    std::optional<Knowledge> knowledge;
    traps::KeySource keys;
    if (!choice.configuration.empty()) {
        auto known = knowledgeFrom(choice.configuration);
        if (!known) return context.failed(known.error());
        knowledge = std::move(*known);
        keys = [&knowledge] { return snmpKeysFrom(knowledge->configuration); };
    }
    auto read = traps::readTraps(*text, keys);
    if (!read) return context.failed(read.error().within(where));
    const auto& unreadable = read->unreadable;
    Explanations explanations(context, read->traps.size() > 1 || !unreadable.empty());
    int result = unreadable.empty() ? ExitCode::Done : ExitCode::Failed;
    for (auto& trap : read->traps) {
        if (!choice.source.empty()) trap.source = traps::canonicalAddress(choice.source);
        int exit_code = ExitCode::Done;
        auto shown = explainOne(context, std::move(trap), knowledge ? &*knowledge : nullptr, exit_code);
        if (shown.is_null()) {  // the coordinator is asked no further
            result = exit_code;
            break;
        }
        explanations.add(shown);
    }
    explanations.end(unreadable);
    for (const auto& problem : unreadable)
        context.err << "standinctl: " << printable(fmt::format("{}: {}", where, problem)) << '\n';
    return result;
}

}  // namespace

int listTraps(const CommandContext& context, const std::string& server, std::size_t limit) {
    if (!server.empty() && !base::isIdentifier(server)) {
        context.err << "standinctl: "
                    << printable(fmt::format("'{}' is not a server's name", base::shortened(server, 80))) << '\n';
        return ExitCode::WrongUsage;
    }
    const auto path = fmt::format("/v1/traps?limit={}{}", limit, server.empty() ? "" : "&server=" + server);
    return context.print(path, [&](const Json& body) {
        TextTable table(
            {"TRAP", "ARRIVED", "SOURCE", "VERSION", "OID", "COUNT", "VERDICT", "GRADE", "SERVER", "REASON"});
        for (const auto& trap : listAt(body, "traps")) {
            table.add({textAt(trap, "id"), momentAt(trap, "arrived_at", true), textAt(trap, "source"),
                       textAt(trap, "version"), textAt(trap, "oid"), textAt(trap, "count"), textAt(trap, "outcome"),
                       textAt(trap, "grade"), textAt(trap, "server"), textAt(trap, "reason")});
        }
        table.print(context.out);
    });
}

int explainTrap(const CommandContext& context, const TrapChoice& choice) {
    if (!choice.source.empty() && traps::canonicalAddress(choice.source).empty()) {
        context.err << "standinctl: "
                    << printable(fmt::format("'{}' is not an IP address", base::shortened(choice.source, 80))) << '\n';
        return ExitCode::WrongUsage;
    }
    if (!isNumber(choice.what)) return explainFile(context, choice);
    return context.print("/v1/traps/" + choice.what + "/explanation",
                         [&](const Json& body) { printExplanation(context.out, body); });
}

}  // namespace standin::cli
