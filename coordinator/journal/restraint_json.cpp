#include "coordinator/journal/restraint_json.hpp"

#include <nlohmann/json.hpp>

#include "coordinator/domain/named.hpp"
#include "coordinator/journal/named_field.hpp"

namespace standin::journal {

using domain::Restraint;
using nlohmann::json;
using protocol::JsonFields;

namespace {

constexpr std::size_t longest_sentence = 65536;

constexpr domain::Names<Restraint::By, 3> restrainers{{
    {Restraint::By::Nobody, "nobody"},
    {Restraint::By::Freeze, "freeze"},
    {Restraint::By::Brake, "brake"},
}};

std::optional<Restraint::By> restrainerFrom(std::string_view name) {
    return domain::valueIn(restrainers, name);
}

base::Result<Restraint> restraintFrom(const json& object) {
    JsonFields fields(object, "restraint", JsonFields::Unknown::Skip);
    Restraint restraint;
    restraint.by = named<Restraint::By>(fields, "by", &restrainerFrom);
    restraint.why = fields.text("why", "", longest_sentence);
    restraint.cure = fields.text("cure", "", longest_sentence);
    restraint.since = moment(fields, "since");
    restraint.reported_at = moment(fields, "reported_at");
    return fields.finish(std::move(restraint));
}

base::Result<domain::BrakePass> passFrom(const json& object) {
    JsonFields fields(object, "pass of the brake", JsonFields::Unknown::Skip);
    domain::BrakePass pass;
    pass.at = moment(fields, "at");
    pass.why = fields.text("why", "", longest_sentence);
    return fields.finish(std::move(pass));
}

}  // namespace

json toJson(const domain::Freeze& freeze) {
    json object{{"on", freeze.on}, {"why", freeze.why}, {"asked_by", freeze.asked_by}};
    if (freeze.since != base::WallTime{}) object["since"] = base::rfc3339(freeze.since);
    return object;
}

base::Result<domain::Freeze> freezeFrom(const json& object) {
    JsonFields fields(object, "freeze", JsonFields::Unknown::Skip);
    domain::Freeze freeze;
    freeze.on = fields.boolean("on", true);
    freeze.why = fields.text("why", "", longest_sentence);
    freeze.asked_by = fields.text("asked_by", "");
    freeze.since = moment(fields, "since");
    return fields.finish(std::move(freeze));
}

json toJson(const domain::SiteRestraint& site) {
    json object = json::object();
    if (!site.frozen.empty()) object["frozen"] = site.frozen;
    if (!site.braked.empty()) object["braked"] = site.braked;
    if (!site.cure.empty()) object["cure"] = site.cure;
    if (!site.released.empty()) object["released"] = site.released;
    return object;
}

base::Result<domain::SiteRestraint> siteRestraintFrom(const json& object) {
    JsonFields fields(object, "restraint of the site", JsonFields::Unknown::Skip);
    domain::SiteRestraint site;
    site.frozen = fields.text("frozen", "", longest_sentence);
    site.braked = fields.text("braked", "", longest_sentence);
    site.cure = fields.text("cure", "", longest_sentence);
    site.released = fields.text("released", "");
    return fields.finish(std::move(site));
}

void writeRestraint(json& object, const domain::Operation& operation) {
    const auto& restraint = operation.restraint;
    if (restraint.inForce()) {
        object["restraint"] = {{"by", domain::nameIn(restrainers, restraint.by)},
                               {"why", restraint.why},
                               {"cure", restraint.cure},
                               {"since", base::rfc3339(restraint.since)},
                               {"reported_at", base::rfc3339(restraint.reported_at)}};
    }
    if (operation.waits_for_release) object["waits_for_release"] = true;
    const auto& pass = operation.brake_pass;
    if (pass.given()) object["brake_pass"] = {{"at", base::rfc3339(pass.at)}, {"why", pass.why}};
}

void readRestraint(domain::Operation& operation, JsonFields& fields) {
    if (fields.has("restraint")) {
        auto restraint = restraintFrom(fields.object("restraint"));
        if (!restraint) fields.problem(restraint.error().message);
        if (restraint) operation.restraint = std::move(*restraint);
    }
    operation.waits_for_release = fields.boolean("waits_for_release", false);
    if (!fields.has("brake_pass")) return;
    auto pass = passFrom(fields.object("brake_pass"));
    if (!pass) fields.problem(pass.error().message);
    if (pass) operation.brake_pass = std::move(*pass);
}

}  // namespace standin::journal
