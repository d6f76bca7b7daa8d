#include "coordinator/journal/record_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "agent/protocol/json_fields.hpp"
#include "coordinator/domain/named.hpp"
#include "coordinator/journal/named_field.hpp"
#include "coordinator/journal/operation_json.hpp"
#include "coordinator/journal/restraint_json.hpp"

namespace standin::journal {

using namespace domain;
using nlohmann::json;
using protocol::JsonFields;
using protocol::nullable;
using std::chrono::milliseconds;

namespace {

constexpr Names<WholeOperation::Because, 4> causes{{
    {WholeOperation::Because::Opened, "opened"},
    {WholeOperation::Because::Recovered, "recovered"},
    {WholeOperation::Because::Joined, "joined"},
    {WholeOperation::Because::Continued, "continued"},
}};

std::optional<WholeOperation::Because> becauseFrom(std::string_view name) {
    return valueIn(causes, name);
}
std::optional<FencePolicy> fencePolicyFrom(std::string_view name) {
    for (auto policy : {FencePolicy::Port, FencePolicy::Power}) {
        if (nameOf(policy) == name) return policy;
    }
    return std::nullopt;
}
std::optional<CaptureWay> captureWayFrom(std::string_view name) {
    for (auto way : {CaptureWay::Restart, CaptureWay::PoweredOff}) {
        if (nameOf(way) == name) return way;
    }
    return std::nullopt;
}

milliseconds duration(JsonFields& fields, const char* field) {
    return milliseconds(fields.integer(field, 0, INT64_C(1) << 40));
}

json evidenceJson(const EvidenceSettings& settings) {
    json of_kinds = json::object();
    for (const auto& [kind, policy] : settings.of_kinds) of_kinds[kind] = nameOf(policy);
    return {{"policy", nameOf(settings.policy)},
            {"of_kinds", std::move(of_kinds)},
            {"longest_window_ms", settings.longest_window.count()},
            {"decide_within_ms", settings.decide_within.count()},
            {"silent_after_ms", settings.silent_after.count()},
            {"suspicion_ms", settings.suspicion.count()}};
}

EvidenceSettings evidenceFrom(JsonFields& server) {
    EvidenceSettings settings;
    // Recorded by a release that took every report for a failure.
    settings.policy = EvidencePolicy::Trap;
    if (!server.has("evidence")) return settings;
    JsonFields fields(server.object("evidence"), "evidence", JsonFields::Unknown::Skip);
    settings.policy = named<EvidencePolicy>(fields, "policy", &evidencePolicyFrom);
    for (const auto& [kind, name] : fields.object("of_kinds").items()) {
        const auto policy = evidencePolicyFrom(name.is_string() ? name.get<std::string>() : "");
        if (policy) settings.of_kinds[kind] = *policy;
    }
    settings.longest_window = duration(fields, "longest_window_ms");
    settings.decide_within = duration(fields, "decide_within_ms");
    settings.silent_after = duration(fields, "silent_after_ms");
    settings.suspicion = duration(fields, "suspicion_ms");
    if (auto read = fields.finish(true); !read) server.problem(read.error().message);
    return settings;
}

json serverJson(const Server& server) {
    return {{"name", server.name.text()},
            {"segment", server.segment.text()},
            {"vm_host", nullable(server.vm_host)},
            {"image_store", nullable(server.image_store)},
            {"switch", nullable(server.switch_agent)},
            {"request_holder", nullable(server.request_holder)},
            {"holder_back", nullable(server.holder_ports.back)},
            {"fence_policy", nameOf(server.fence_policy)},
            {"fence_always", server.fence_always},
            {"evidence", evidenceJson(server.evidence)},
            {"job_data", nameOf(server.job_data)},
            {"fence_within_ms", server.fence_within.count()},
            {"shutdown_within_ms", server.shutdown_within.count()},
            {"answer_within_ms", server.answer_within.count()},
            {"drain_within_ms", server.drain_within.count()}};
}

base::Result<Server> serverFrom(const json& object) {
    JsonFields fields(object, "server", JsonFields::Unknown::Skip);
    Server server;
    server.name = fields.id<base::ServerName>("name");
    server.segment = fields.id<base::SegmentId>("segment");
    server.vm_host = fields.optionalId<base::AgentName>("vm_host");
    server.image_store = fields.optionalId<base::AgentName>("image_store");
    server.switch_agent = fields.optionalId<base::AgentName>("switch");
    server.request_holder = fields.optionalId<base::AgentName>("request_holder");
    if (fields.has("holder_back")) server.holder_ports.back = fields.id<base::PortName>("holder_back");
    server.fence_always = fields.boolean("fence_always", false);
    server.evidence = evidenceFrom(fields);
    server.fence_policy = named<FencePolicy>(fields, "fence_policy", &fencePolicyFrom);
    if (fields.has("job_data")) server.job_data = named<JobData>(fields, "job_data", &jobDataFrom);
    server.fence_within = duration(fields, "fence_within_ms");
    if (fields.has("shutdown_within_ms")) server.shutdown_within = duration(fields, "shutdown_within_ms");
    server.answer_within = duration(fields, "answer_within_ms");
    server.drain_within = duration(fields, "drain_within_ms");
    return fields.finish(std::move(server));
}

json body(const WholeOperation& whole) {
    return {{"because", nameIn(causes, whole.because)},
            {"operation", toJson(whole.operation)},
            {"server", serverJson(whole.server)},
            {"capture_way", nameOf(whole.capture_way)},
            {"version", whole.version}};
}

base::Result<WholeOperation> wholeFrom(const json& object) {
    JsonFields fields(object, "operation", JsonFields::Unknown::Skip);
    WholeOperation whole;
    whole.because = named<WholeOperation::Because>(fields, "because", &becauseFrom);
    whole.capture_way = named<CaptureWay>(fields, "capture_way", &captureWayFrom);
    whole.version = fields.text("version", "");
    auto operation = operationFrom(fields.object("operation"));
    auto server = serverFrom(fields.object("server"));
    if (!operation) fields.problem(operation.error().message);
    if (!server) fields.problem(server.error().message);
    if (operation) whole.operation = std::move(*operation);
    if (server) whole.server = std::move(*server);
    return fields.finish(std::move(whole));
}

json stepJson(const StepId& id, unsigned attempt) {
    return {{"step", nameOf(id.name)}, {"subject", id.subject}, {"attempt", attempt}};
}

StepId stepIdIn(JsonFields& fields) {
    return {named<StepName>(fields, "step", &domain::stepFrom), fields.text("subject", "")};
}

json body(const ReportTaken& taken) {
    json object = stepJson(taken.step, taken.attempt);
    object["outcome"] = nameOf(taken.report.kind);
    object["message"] = taken.report.message;
    object["ended"] = base::rfc3339(taken.ended);
    if (taken.report.kind == StepReport::Kind::Failed) object["error"] = base::nameOf(taken.report.error.code);
    if (taken.report.kind == StepReport::Kind::Pending) object["percent"] = taken.report.percent;
    if (taken.report.finding != Finding::None) object["finding"] = nameOf(taken.report.finding);
    if (!taken.report.found.empty()) object["found"] = taken.report.found;
    if (!taken.report.phases_ms.empty()) object["phases_ms"] = taken.report.phases_ms;
    if (taken.alike > 0) {
        object["alike"] = taken.alike;
        object["first_ended"] = base::rfc3339(taken.first_ended);
    }
    return object;
}

base::Result<ReportTaken> reportFrom(const json& object) {
    JsonFields fields(object, "report", JsonFields::Unknown::Skip);
    ReportTaken taken;
    taken.step = stepIdIn(fields);
    taken.attempt = static_cast<unsigned>(fields.count("attempt"));
    taken.report.kind = named<StepReport::Kind>(fields, "outcome", &reportKindFrom);
    taken.report.message = fields.text("message", "", 65536);
    taken.report.error = {base::errorCodeFrom(fields.text("error", "internal")), taken.report.message};
    taken.report.percent = fields.number("percent", 0);
    if (fields.has("finding")) taken.report.finding = named<Finding>(fields, "finding", &findingFrom);
    taken.report.found = fields.text("found", "");
    for (const auto& [name, value] : fields.object("phases_ms").items()) {
        if (value.is_number()) taken.report.phases_ms[name] = value.get<double>();
    }
    taken.ended = moment(fields, "ended");
    taken.alike = static_cast<unsigned>(fields.count("alike"));
    taken.first_ended = moment(fields, "first_ended");
    return fields.finish(std::move(taken));
}

json changesJson(const std::vector<Change>& changes) {
    json list = json::array();
    for (const auto& change : changes) {
        list.push_back({{"from", nameOf(change.from)},
                        {"to", nameOf(change.to)},
                        {"event", nameOf(change.event)},
                        {"why", change.why}});
    }
    return list;
}

base::Result<Change> changeFrom(const json& object) {
    JsonFields fields(object, "change", JsonFields::Unknown::Skip);
    Change change;
    change.from = named<State>(fields, "from", &stateFrom);
    change.to = named<State>(fields, "to", &stateFrom);
    change.event = named<Event>(fields, "event", &eventFrom);
    change.why = fields.text("why", "", 65536);
    return fields.finish(std::move(change));
}

json serverRecordJson(const ServerRecord& record) {
    json object{{"placement", toJson(record.placement)}};
    if (record.row) object["row"] = toJson(*record.row);
    return object;
}

base::Result<ServerRecord> serverRecordFrom(const json& object) {
    JsonFields fields(object, "row and placement", JsonFields::Unknown::Skip);
    ServerRecord record;
    if (fields.has("row")) {
        auto row = rowFrom(fields.object("row"));
        if (!row) fields.problem(row.error().message);
        if (row) record.row = std::move(*row);
    }
    auto placement = placementFrom(fields.object("placement"));
    if (!placement) fields.problem(placement.error().message);
    if (placement) record.placement = std::move(*placement);
    return fields.finish(std::move(record));
}

json outcomeJson(const RecordedOutcome& outcome) {
    json object = json::object();
    if (outcome.before) object["before"] = serverRecordJson(*outcome.before);
    if (outcome.after) object["after"] = serverRecordJson(*outcome.after);
    return object;
}

/// Absent in records of programs that did not write it.
std::optional<RecordedOutcome> outcomeIn(JsonFields& its_line) {
    if (!its_line.has("outcome")) return std::nullopt;
    JsonFields fields(its_line.object("outcome"), "outcome", JsonFields::Unknown::Skip);
    RecordedOutcome outcome;
    const auto read = [&fields](const char* field, std::optional<ServerRecord>& to) {
        if (!fields.has(field)) return;
        auto record = serverRecordFrom(fields.object(field));
        if (!record) fields.problem(record.error().message);
        if (record) to = std::move(*record);
    };
    read("before", outcome.before);
    read("after", outcome.after);
    auto finished = fields.finish(std::move(outcome));
    if (!finished) its_line.problem(finished.error().message);
    return finished ? std::optional(std::move(*finished)) : std::nullopt;
}

json body(const EventAccepted& accepted) {
    json object{{"event", nameOf(accepted.event)}, {"why", accepted.why}, {"changes", changesJson(accepted.changes)}};
    if (accepted.discard_data) object["discard_data"] = true;
    if (accepted.outcome) object["outcome"] = outcomeJson(*accepted.outcome);
    return object;
}

base::Result<EventAccepted> acceptedFrom(const json& object) {
    JsonFields fields(object, "event", JsonFields::Unknown::Skip);
    EventAccepted accepted;
    accepted.event = named<Event>(fields, "event", &eventFrom);
    accepted.why = fields.text("why", "", 65536);
    accepted.changes = list<Change>(fields, "changes", &changeFrom);
    accepted.discard_data = fields.boolean("discard_data", false);
    accepted.outcome = outcomeIn(fields);
    return fields.finish(std::move(accepted));
}

json body(const FenceConfirmed& confirmed) {
    return {{"asked_by", confirmed.asked_by}};
}
base::Result<FenceConfirmed> confirmedFrom(const json& object) {
    JsonFields fields(object, "fence_confirmed", JsonFields::Unknown::Skip);
    return fields.finish(FenceConfirmed{fields.text("asked_by", "")});
}

json body(const SetAside& set_aside) {
    return {{"why", set_aside.why}, {"cure", set_aside.cure}};
}
base::Result<SetAside> setAsideFrom(const json& object) {
    JsonFields fields(object, "set_aside", JsonFields::Unknown::Skip);
    return fields.finish(SetAside{fields.text("why", "", 65536), fields.text("cure", "", 65536)});
}

json namesJson(const std::vector<base::SpareName>& names) {
    json list = json::array();
    for (const auto& name : names) list.push_back(name.text());
    return list;
}

base::Result<base::SpareName> spareFrom(const json& name) {
    return base::SpareName::parse(name.is_string() ? name.get<std::string>() : std::string());
}

base::Result<Circumstances> circumstancesFrom(const json& object) {
    JsonFields fields(object, "circumstances", JsonFields::Unknown::Skip);
    Circumstances circumstances;
    circumstances.spares = list<base::SpareName>(fields, "spares", &spareFrom);
    circumstances.leased = list<base::SpareName>(fields, "leased", &spareFrom);
    circumstances.restore_turn = fields.boolean("restore_turn", true);
    circumstances.power_on_under_way = fields.boolean("power_on_under_way", false);
    circumstances.spare_boot_within = duration(fields, "spare_boot_within_ms");
    circumstances.spare_power_within = duration(fields, "spare_power_within_ms");
    circumstances.capture_turn = fields.boolean("capture_turn", true);
    circumstances.rack_failover = fields.text("rack_failover", "");
    if (fields.has("site")) {
        auto site = siteRestraintFrom(fields.object("site"));
        if (!site) fields.problem(site.error().message);
        if (site) circumstances.site = std::move(*site);
    }
    return fields.finish(std::move(circumstances));
}

json body(const Decided& decided) {
    json object{{"changes", changesJson(decided.changes)}, {"starts", json::array()}};
    for (const auto& start : decided.starts) {
        object["starts"].push_back(stepJson(start.id, start.attempt));
        if (start.poll) object["starts"].back()["poll"] = true;
    }
    if (const auto& now = decided.circumstances) {
        object["circumstances"] = {{"spares", namesJson(now->spares)},
                                   {"leased", namesJson(now->leased)},
                                   {"restore_turn", now->restore_turn},
                                   {"spare_boot_within_ms", now->spare_boot_within.count()},
                                   {"spare_power_within_ms", now->spare_power_within.count()}};
        if (!now->capture_turn) object["circumstances"]["capture_turn"] = false;
        if (!now->rack_failover.empty()) object["circumstances"]["rack_failover"] = now->rack_failover;
        if (now->site != domain::SiteRestraint{}) object["circumstances"]["site"] = toJson(now->site);
        if (now->power_on_under_way) object["circumstances"]["power_on_under_way"] = true;
    }
    if (decided.outcome) object["outcome"] = outcomeJson(*decided.outcome);
    return object;
}

base::Result<StepStart> startFrom(const json& object) {
    JsonFields fields(object, "start", JsonFields::Unknown::Skip);
    StepStart start{stepIdIn(fields), static_cast<unsigned>(fields.count("attempt")), fields.boolean("poll", false)};
    return fields.finish(std::move(start));
}

base::Result<Decided> decidedFrom(const json& object) {
    JsonFields fields(object, "decision", JsonFields::Unknown::Skip);
    Decided decided;
    decided.changes = list<Change>(fields, "changes", &changeFrom);
    decided.starts = list<StepStart>(fields, "starts", &startFrom);
    decided.outcome = outcomeIn(fields);
    if (fields.has("circumstances")) {
        auto circumstances = circumstancesFrom(fields.object("circumstances"));
        if (circumstances) decided.circumstances = std::move(*circumstances);
        if (!circumstances) fields.problem(circumstances.error().message);
    }
    return fields.finish(std::move(decided));
}

constexpr const char* keys[] = {"operation", "report", "event", "fence_confirmed", "decision", "set_aside"};

template <typename What>
void take(RecordLine& line, JsonFields& fields, const char* key, base::Result<What> (*from)(const json&)) {
    auto what = from(fields.object(key));
    if (what) line.what = std::move(*what);
    if (!what) fields.problem(what.error().message);
}

}  // namespace

json toJson(const RecordLine& line) {
    json object{{"line", line.number}, {"at", base::rfc3339(line.at)}};
    object[keys[line.what.index()]] = std::visit([](const auto& what) { return body(what); }, line.what);
    return object;
}

base::Result<RecordLine> recordLineFrom(const json& object) {
    JsonFields fields(object, "line of a record", JsonFields::Unknown::Skip);
    RecordLine line;
    line.number = static_cast<std::uint32_t>(fields.integer("line", 0, UINT32_MAX));
    line.at = moment(fields, "at");
    if (fields.has("operation")) {
        take(line, fields, "operation", &wholeFrom);
    } else if (fields.has("report")) {
        take(line, fields, "report", &reportFrom);
    } else if (fields.has("event")) {
        take(line, fields, "event", &acceptedFrom);
    } else if (fields.has("fence_confirmed")) {
        take(line, fields, "fence_confirmed", &confirmedFrom);
    } else if (fields.has("decision")) {
        take(line, fields, "decision", &decidedFrom);
    } else if (fields.has("set_aside")) {
        take(line, fields, "set_aside", &setAsideFrom);
    } else {
        fields.problem("it says neither what happened nor what was decided");
    }
    auto read = fields.finish(std::move(line));
    if (!read) return base::failure(base::ErrorCode::Corrupt, read.error().message);
    return read;
}

}  // namespace standin::journal
