#include "coordinator/traps/trap_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "agent/base/number.hpp"

namespace standin::traps {

namespace {

using nlohmann::json;

base::WallTime wallTime(std::int64_t microseconds_since_1970) {
    return base::WallTime(
        std::chrono::duration_cast<base::WallTime::duration>(std::chrono::microseconds(microseconds_since_1970)));
}

// JSON is UTF-8 and octets are not; 'hex' is what counts when a record is read back, 'text' is for people.
json octetsToJson(const std::string& bytes) {
    std::string hex;
    for (const char c : bytes) fmt::format_to(std::back_inserter(hex), "{:02x}", static_cast<unsigned char>(c));
    return hex;
}

std::uint8_t octetFrom(const std::string& digits) {
    const auto octet = base::parseNumber<std::uint8_t>(digits, 16);
    if (!octet) throw std::invalid_argument(fmt::format("'{}' is no octet in hexadecimal", digits));
    return *octet;
}

/// Without the library's own name of the problem in brackets.
std::string wordsOf(const std::exception& problem) {
    const std::string words = problem.what();
    const auto bracket = words.starts_with('[') ? words.find("] ") : std::string::npos;
    return bracket == std::string::npos ? words : words.substr(bracket + 2);
}

std::string octetsFrom(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(octetFrom(hex.substr(i, 2)));
    return bytes;
}

json toJson(const VarBind& varbind) {
    json shown{{"oid", varbind.oid.text()}, {"kind", nameOf(varbind.kind)}, {"text", varbind.text()}};
    if (varbind.number) shown["number"] = *varbind.number;
    if (!varbind.bytes.empty()) shown["hex"] = octetsToJson(varbind.bytes);
    if (varbind.shortened) shown["shortened"] = true;
    return shown;
}

Oid oidFrom(const json& value) {
    return Oid::parse(value.get<std::string>()).value_or(Oid());
}

VarBind varBindFrom(const json& shown) {
    VarBind varbind;
    varbind.oid = oidFrom(shown.at("oid"));
    varbind.kind = valueKindFrom(shown.value("kind", "octets"));
    if (shown.contains("number")) varbind.number = shown["number"].get<std::int64_t>();
    if (shown.contains("hex")) {
        varbind.bytes = octetsFrom(shown["hex"].get<std::string>());
    } else if (!varbind.number) {
        varbind.bytes = shown.value("text", "");  // written by hand
    }
    varbind.shortened = shown.value("shortened", false);
    return varbind;
}

void addVerdict(json& shown, const Verdict& verdict) {
    shown["outcome"] = nameOf(verdict.outcome);
    shown["grade"] = nameOf(verdict.grade);
    shown["reason"] = verdict.reason;
    shown["rule"] = verdict.rule.empty() ? json() : json(verdict.rule);
    shown["server"] = verdict.server.empty() ? json() : json(verdict.server.text());
    const bool failed =
        verdict.outcome == Verdict::Outcome::Failure || verdict.outcome == Verdict::Outcome::UnknownServer;
    shown["kind"] = failed ? json(verdict.kind) : json();
    if (verdict.refusal != RefusalKind::None) shown["refusal"] = nameOf(verdict.refusal);
}

std::string textOrNone(const json& shown, const char* key) {
    return !shown.contains(key) || shown[key].is_null() ? std::string() : shown[key].get<std::string>();
}

}  // namespace

json toJson(const TrapRecord& record) {
    const Trap& trap = record.trap;
    json shown{{"id", record.id},
               {"arrived_at", base::rfc3339(trap.arrived_at)},
               {"arrived_us", base::microsecondsSince1970(trap.arrived_at)},
               {"last_arrived_at", base::rfc3339(record.last_arrived)},
               {"last_arrived_us", base::microsecondsSince1970(record.last_arrived)},
               {"count", trap.count},
               {"source", trap.source},
               {"agent_address", trap.agent_address},
               {"version", nameOf(trap.version)},
               {"inform", trap.inform},
               {"principal", trap.principal},
               {"engine_id", trap.engine_id},
               {"community_file", trap.community},
               {"enterprise", trap.enterprise.text()},
               {"oid", trap.oid.text()},
               {"uptime_cs", trap.uptime_cs},
               {"varbinds", json::array()}};
    for (const auto& varbind : trap.varbinds) shown["varbinds"].push_back(toJson(varbind));
    addVerdict(shown, record.verdict);
    return shown;
}

base::Result<TrapRecord> trapRecordFrom(const json& shown) {
    if (!shown.is_object()) return base::failure(base::ErrorCode::Corrupt, "a trap record must be a JSON object");
    for (const auto* field : {"source", "oid"}) {
        if (!shown.contains(field))
            return base::failure(base::ErrorCode::Corrupt, fmt::format("a trap record needs the field '{}'", field));
    }
    try {
        TrapRecord record;
        record.id = shown.value("id", std::uint64_t{0});
        record.last_arrived = wallTime(shown.value("last_arrived_us", std::int64_t{0}));
        Trap& trap = record.trap;
        trap.arrived_at = wallTime(shown.value("arrived_us", std::int64_t{0}));
        trap.count = shown.value("count", std::uint32_t{1});
        trap.source = shown.at("source").get<std::string>();
        trap.agent_address = shown.value("agent_address", "");
        const auto version = shown.value("version", "v2c");
        trap.version = version == "v1" ? SnmpVersion::V1 : version == "v3" ? SnmpVersion::V3 : SnmpVersion::V2c;
        trap.inform = shown.value("inform", false);
        trap.principal = shown.value("principal", "");
        trap.engine_id = shown.value("engine_id", "");
        trap.community = shown.value("community_file", "");
        if (shown.contains("enterprise")) trap.enterprise = oidFrom(shown["enterprise"]);
        trap.oid = oidFrom(shown.at("oid"));
        trap.uptime_cs = shown.value("uptime_cs", std::uint32_t{0});
        if (shown.contains("varbinds")) {
            for (const auto& varbind : shown["varbinds"]) trap.varbinds.push_back(varBindFrom(varbind));
        }
        Verdict& verdict = record.verdict;
        verdict.outcome = outcomeFrom(shown.value("outcome", "no_rule"));
        const bool failed =
            verdict.outcome == Verdict::Outcome::Failure || verdict.outcome == Verdict::Outcome::UnknownServer;
        // Records from before there were grades have none.
        verdict.grade = shown.contains("grade") ? gradeFrom(textOrNone(shown, "grade"))
                        : failed                ? Grade::Failure
                                                : Grade::None;
        verdict.reason = textOrNone(shown, "reason");
        verdict.rule = textOrNone(shown, "rule");
        verdict.server = base::ServerName::parse(textOrNone(shown, "server")).value_or({});
        verdict.kind = textOrNone(shown, "kind");
        verdict.refusal = refusalKindFrom(textOrNone(shown, "refusal"));
        // What a rule decided about is decided again when it is explained: the configuration may say otherwise by then.
        if (verdict.outcome == Verdict::Outcome::Refused && verdict.rule.empty()) {
            trap.refusal = verdict.reason;
            trap.refusal_kind = verdict.refusal;
        }
        return record;
    } catch (const std::exception& exception) {  // nlohmann's and our own
        return base::failure(base::ErrorCode::Corrupt,
                             fmt::format("a trap record cannot be read: {}", wordsOf(exception)));
    }
}

json toJson(const Explanation& explanation) {
    json shown{{"rules", json::array()}};
    for (const auto& line : explanation.lines) {
        shown["rules"].push_back({{"rule", line.rule}, {"matched", line.matched}, {"why", line.why}});
    }
    addVerdict(shown, explanation.verdict);
    return shown;
}

}  // namespace standin::traps
