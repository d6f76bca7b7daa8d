#include "coordinator/journal/operation_json.hpp"

#include <nlohmann/json.hpp>

#include "agent/base/clock.hpp"
#include "coordinator/journal/named_field.hpp"
#include "coordinator/journal/restraint_json.hpp"

namespace standin::journal {

using nlohmann::json;
using protocol::JsonFields;
using protocol::nullable;

namespace {

// Written field by field: nlohmann's lists of initializers cost several times as much, and an operation is written
// whenever it has changed.

json optionalMoment(base::WallTime time) {
    return time == base::WallTime{} ? json(nullptr) : json(base::rfc3339(time));
}

json noteJson(const domain::Note& note) {
    json object;
    object["topic"] = note.topic;
    object["level"] = nameOf(note.level);
    object["sentence"] = note.sentence;
    object["cure"] = note.cure;
    return object;
}

base::Result<domain::Note> noteFrom(const json& object) {
    JsonFields fields(object, "note", JsonFields::Unknown::Skip);
    domain::Note note;
    note.topic = fields.text("topic");
    note.level = named<domain::Note::Level>(fields, "level", &domain::noteLevelFrom);
    note.sentence = fields.text("sentence", 65536);
    note.cure = fields.text("cure", 65536);
    return fields.finish(std::move(note));
}

json attemptJson(const domain::PastAttempt& attempt) {
    json object;
    object["began"] = optionalMoment(attempt.began);
    object["ended"] = optionalMoment(attempt.ended);
    object["phases_ms"] = attempt.phases_ms;
    return object;
}

std::map<std::string, double> phasesFrom(JsonFields& fields) {
    std::map<std::string, double> phases_ms;
    const json& phases = fields.object("phases_ms");
    for (const auto& [name, value] : phases.items()) {
        if (value.is_number()) phases_ms[name] = value.get<double>();
    }
    return phases_ms;
}

base::Result<domain::PastAttempt> attemptFrom(const json& object) {
    JsonFields fields(object, "past attempt", JsonFields::Unknown::Skip);
    domain::PastAttempt attempt;
    attempt.began = moment(fields, "began");
    attempt.ended = moment(fields, "ended");
    attempt.phases_ms = phasesFrom(fields);
    return fields.finish(std::move(attempt));
}

json writesJson(const std::vector<domain::HeldWrites>& writes) {
    json list = json::array();
    for (const auto& one : writes) {
        json object;
        object["by"] = nameOf(one.by);
        object["holder"] = one.holder;
        object["from"] = optionalMoment(one.from);
        object["until"] = optionalMoment(one.until);
        if (one.given_up) object["given_up"] = true;
        list.push_back(std::move(object));
    }
    return list;
}

base::Result<domain::HeldWrites> writesFrom(const json& object) {
    JsonFields fields(object, "writes of a job", JsonFields::Unknown::Skip);
    domain::HeldWrites writes;
    writes.by = named<domain::HeldWrites::By>(fields, "by", &domain::holderFrom);
    writes.holder = fields.text("holder", "");
    writes.from = moment(fields, "from");
    writes.until = moment(fields, "until");
    writes.given_up = fields.boolean("given_up", false);
    return fields.finish(std::move(writes));
}

}  // namespace

json toJson(const domain::Step& step) {
    json object;
    object["name"] = nameOf(step.id.name);
    object["subject"] = step.id.subject;
    object["state"] = nameOf(step.state);
    object["attempts"] = step.attempts;
    object["plans"] = step.plans;
    object["first_started"] = optionalMoment(step.first_started);
    object["patience_from"] = optionalMoment(step.patience_from);
    object["started"] = optionalMoment(step.started);
    object["ended"] = optionalMoment(step.ended);
    object["since_failure_ms"] = step.since_failure_ms;
    object["duration_ms"] = step.duration_ms;
    object["error"] = base::nameOf(step.error);
    if (step.refusals > 0) object["refusals"] = step.refusals;
    if (step.silent_since != base::WallTime{}) object["silent_since"] = base::rfc3339(step.silent_since);
    object["message"] = step.message;
    object["finding"] = nameOf(step.finding);
    object["found"] = step.found;
    object["percent"] = step.percent;
    object["phases_ms"] = step.phases_ms;
    return object;
}

base::Result<domain::Step> stepFrom(const json& object) {
    JsonFields fields(object, "step", JsonFields::Unknown::Skip);
    domain::Step step;
    step.id.name = named<domain::StepName>(fields, "name", &domain::stepFrom);
    step.id.subject = fields.text("subject", "");
    step.state = named<domain::StepState>(fields, "state", &domain::stepStateFrom);
    step.attempts = static_cast<unsigned>(fields.count("attempts"));
    step.plans = static_cast<unsigned>(fields.count("plans"));
    step.first_started = moment(fields, "first_started");
    step.patience_from = moment(fields, "patience_from");
    step.started = moment(fields, "started");
    step.ended = moment(fields, "ended");
    step.since_failure_ms = fields.number("since_failure_ms", 0);
    step.duration_ms = fields.number("duration_ms", 0);
    step.error = base::errorCodeFrom(fields.text("error"));
    step.refusals = static_cast<unsigned>(fields.count("refusals"));
    step.silent_since = moment(fields, "silent_since");
    step.message = fields.text("message", "", 65536);
    step.finding = named<domain::Finding>(fields, "finding", &domain::findingFrom);
    step.found = fields.text("found", "");
    step.percent = fields.number("percent", 0);
    step.phases_ms = phasesFrom(fields);
    return fields.finish(std::move(step));
}

json claimJson(const domain::RestartClaim& claim) {
    return {{"kind", claim.kind},
            {"cause", claim.cause},
            {"reported_by", claim.reported_by},
            {"at", base::rfc3339(claim.at)}};
}

base::Result<domain::RestartClaim> claimFrom(const json& object) {
    JsonFields fields(object, "claim", JsonFields::Unknown::Skip);
    domain::RestartClaim claim;
    claim.kind = fields.text("kind", "");
    claim.cause = fields.text("cause", "", 65536);
    claim.reported_by = fields.text("reported_by", "");
    claim.at = moment(fields, "at");
    return fields.finish(std::move(claim));
}

json toJsonWithoutSteps(const domain::Operation& operation) {
    json object;
    object["id"] = operation.id;
    object["kind"] = nameOf(operation.kind);
    object["server"] = operation.server.text();
    object["state"] = nameOf(operation.state);
    object["why"] = operation.why;
    object["cure"] = operation.cure;
    object["opened_at"] = optionalMoment(operation.opened_at);
    object["ended_at"] = optionalMoment(operation.ended_at);
    object["failure_at"] = optionalMoment(operation.failure_at);
    object["asked_by"] = operation.asked_by;
    object["failure"] = operation.failure;
    object["cause"] = operation.cause;
    object["detect_ms"] = operation.detect_ms;
    object["reports"] = operation.reports;
    object["stand_in"] = nullable(operation.stand_in);
    object["stand_in_port"] = nullable(operation.stand_in_port);
    object["new_stand_in"] = nullable(operation.new_stand_in);
    object["new_stand_in_port"] = nullable(operation.new_stand_in_port);
    object["image"] = nullable(operation.image);
    object["previous_image"] = nullable(operation.previous_image);
    object["spare"] = nullable(operation.spare);
    object["handovers"] = operation.handovers;
    object["cold"] = operation.cold;
    object["job_runs"] = operation.job_runs;
    if (!operation.messages.empty()) object["messages"] = operation.messages;
    if (!operation.confirmed) object["confirmed"] = false;
    if (operation.suspected) object["suspected"] = true;
    if (operation.verify_again) object["verify_again"] = true;
    if (operation.image_at != base::WallTime{}) object["image_at"] = base::rfc3339(operation.image_at);
    if (operation.stand_in_image_at != base::WallTime{})
        object["stand_in_image_at"] = base::rfc3339(operation.stand_in_image_at);
    if (!operation.writes.empty()) object["writes"] = writesJson(operation.writes);
    if (operation.discard_data) object["discard_data"] = true;
    if (operation.claim) object["claim"] = claimJson(*operation.claim);
    writeRestraint(object, operation);
    auto& failed = object["failed_spares"] = json::array();
    for (const auto& spare : operation.failed_spares) failed.push_back(spare.text());
    auto& notes = object["notes"] = json::array();
    for (const auto& note : operation.notes) notes.push_back(noteJson(note));
    if (operation.new_owner_at != base::WallTime{}) object["new_owner_at"] = base::rfc3339(operation.new_owner_at);
    if (operation.past_attempts.empty()) return object;
    object["attempt_from"] = optionalMoment(operation.attempt_from);
    auto& past = object["past_attempts"] = json::array();
    for (const auto& attempt : operation.past_attempts) past.push_back(attemptJson(attempt));
    return object;
}

json toJson(const domain::Operation& operation) {
    json object = toJsonWithoutSteps(operation);
    auto& steps = object["steps"] = json::array();
    for (const domain::Step& step : operation.steps) steps.push_back(toJson(step));
    return object;
}

base::Result<domain::Operation> operationFrom(const json& object) {
    JsonFields fields(object, "operation", JsonFields::Unknown::Skip);
    domain::Operation operation;
    operation.id = fields.count("id");
    operation.kind = named<domain::OperationKind>(fields, "kind", &domain::operationKindFrom);
    operation.server = fields.id<base::ServerName>("server");
    operation.state = named<domain::State>(fields, "state", &domain::stateFrom);
    operation.why = fields.text("why", "", 65536);
    operation.cure = fields.text("cure", "", 65536);
    operation.opened_at = moment(fields, "opened_at");
    operation.ended_at = moment(fields, "ended_at");
    operation.failure_at = moment(fields, "failure_at");
    operation.asked_by = fields.text("asked_by", "");
    operation.failure = fields.text("failure", "");
    operation.cause = fields.text("cause", "", 65536);
    operation.detect_ms = fields.number("detect_ms", 0);
    operation.reports = static_cast<unsigned>(fields.count("reports", 1));
    for (const auto& message : fields.array("messages")) {
        if (message.is_string()) operation.messages.push_back(message.get<std::string>());
    }
    operation.stand_in = fields.optionalId<base::StandInName>("stand_in");
    operation.stand_in_port = fields.optionalId<base::PortName>("stand_in_port");
    operation.new_stand_in = fields.optionalId<base::StandInName>("new_stand_in");
    operation.new_stand_in_port = fields.optionalId<base::PortName>("new_stand_in_port");
    operation.image = fields.optionalId<base::ImageId>("image");
    operation.previous_image = fields.optionalId<base::ImageId>("previous_image");
    operation.spare = fields.optionalId<base::SpareName>("spare");
    for (const auto& spare : fields.array("failed_spares")) {
        auto name = base::SpareName::parse(spare.is_string() ? spare.get<std::string>() : std::string());
        if (!name) fields.problem(name.error().message);
        if (name) operation.failed_spares.push_back(*name);
    }
    operation.handovers = static_cast<unsigned>(fields.count("handovers"));
    operation.cold = fields.boolean("cold", false);
    operation.job_runs = fields.boolean("job_runs", false);
    operation.confirmed = fields.boolean("confirmed", true);
    operation.suspected = fields.boolean("suspected", false);
    operation.verify_again = fields.boolean("verify_again", false);
    operation.image_at = moment(fields, "image_at");
    operation.stand_in_image_at = moment(fields, "stand_in_image_at");
    operation.writes = list<domain::HeldWrites>(fields, "writes", &writesFrom);
    operation.discard_data = fields.boolean("discard_data", false);
    if (fields.has("claim")) {
        auto claim = claimFrom(fields.object("claim"));
        if (!claim) fields.problem(claim.error().message);
        if (claim) operation.claim = std::move(*claim);
    }
    readRestraint(operation, fields);
    operation.notes = list<domain::Note>(fields, "notes", &noteFrom);
    operation.new_owner_at = moment(fields, "new_owner_at");
    operation.attempt_from = moment(fields, "attempt_from");
    if (fields.has("past_attempts"))
        operation.past_attempts = list<domain::PastAttempt>(fields, "past_attempts", &attemptFrom);
    operation.steps = list<domain::Step, base::Shared<domain::Step>>(fields, "steps", &stepFrom);
    return fields.finish(std::move(operation));
}

json toJson(const domain::SpareTableRow& row) {
    json object;
    object["server"] = row.server.text();
    object["spare"] = nullable(row.spare);
    object["image"] = nullable(row.image);
    object["standin_ready"] = row.standin_ready;
    object["stand_in"] = nullable(row.stand_in);
    object["stand_in_port"] = nullable(row.stand_in_port);
    object["stale"] = row.stale;
    if (row.image_at != base::WallTime{}) object["image_at"] = base::rfc3339(row.image_at);
    if (row.stand_in_image_at != base::WallTime{}) object["stand_in_image_at"] = base::rfc3339(row.stand_in_image_at);
    object["note"] = row.note;
    return object;
}

base::Result<domain::SpareTableRow> rowFrom(const json& object) {
    JsonFields fields(object, "row of the spare table", JsonFields::Unknown::Skip);
    domain::SpareTableRow row;
    row.server = fields.id<base::ServerName>("server");
    row.spare = fields.optionalId<base::SpareName>("spare");  // none: the row was found
    row.image = fields.optionalId<base::ImageId>("image");
    row.standin_ready = fields.boolean("standin_ready", false);
    row.stand_in = fields.optionalId<base::StandInName>("stand_in");
    row.stand_in_port = fields.optionalId<base::PortName>("stand_in_port");
    row.stale = fields.boolean("stale", false);
    row.image_at = moment(fields, "image_at");
    row.stand_in_image_at = moment(fields, "stand_in_image_at");
    row.note = fields.text("note", "");
    return fields.finish(std::move(row));
}

json toJson(const domain::Lease& lease) {
    json object;
    object["spare"] = lease.spare.text();
    object["server"] = lease.server.text();
    object["failover"] = lease.failover;
    object["reason"] = lease.reason;
    return object;
}

base::Result<domain::Lease> leaseFrom(const json& object) {
    JsonFields fields(object, "lease", JsonFields::Unknown::Skip);
    domain::Lease lease;
    lease.spare = fields.id<base::SpareName>("spare");
    lease.server = fields.id<base::ServerName>("server");
    lease.failover = fields.count("failover");
    lease.reason = fields.text("reason", "");
    return fields.finish(std::move(lease));
}

json toJson(const domain::Placement& placement) {
    json object;
    object["on"] = nameOf(placement.on);
    object["stand_in"] = nullable(placement.stand_in);
    object["spare"] = nullable(placement.spare);
    object["brought_back_by"] = placement.brought_back_by;
    if (!placement.writes.empty()) object["writes"] = writesJson(placement.writes);
    return object;
}

base::Result<domain::Placement> placementFrom(const json& object) {
    JsonFields fields(object, "placement", JsonFields::Unknown::Skip);
    domain::Placement placement;
    placement.on = named<domain::Placement::On>(fields, "on", &domain::placementFrom);
    placement.stand_in = fields.optionalId<base::StandInName>("stand_in");
    placement.spare = fields.optionalId<base::SpareName>("spare");
    placement.brought_back_by = fields.text("brought_back_by", "");
    placement.writes = list<domain::HeldWrites>(fields, "writes", &writesFrom);
    return fields.finish(std::move(placement));
}

json toJson(const domain::Adoption& adoption) {
    json object{{"observing", adoption.observing}, {"left", json::array()}, {"reported", json::object()}};
    for (const auto& server : adoption.left) object["left"].push_back(server.text());
    for (const auto& [server, what] : adoption.reported) object["reported"][server.text()] = what;
    return object;
}

base::Result<domain::Adoption> adoptionFrom(const json& object) {
    JsonFields fields(object, "adoption", JsonFields::Unknown::Skip);
    domain::Adoption adoption;
    adoption.observing = fields.boolean("observing", true);
    const json left = object.value("left", json::array());
    for (const auto& name : left) {
        const auto server = base::ServerName::parse(name.is_string() ? name.get<std::string>() : "");
        if (!server) return base::failure(server.error());
        adoption.left.insert(*server);
    }
    const json reported = object.value("reported", json::object());
    for (const auto& [name, what] : reported.items()) {
        const auto server = base::ServerName::parse(name);
        if (server && what.is_string()) adoption.reported[*server] = what.get<std::string>();
    }
    return fields.finish(std::move(adoption));
}

}  // namespace standin::journal
