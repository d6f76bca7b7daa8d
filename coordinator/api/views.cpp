#include "coordinator/api/views.hpp"

#include "coordinator/domain/phases.hpp"

namespace standin::api {

using protocol::nullable;

namespace {

Json momentOrNull(base::WallTime time) {
    return time == base::WallTime{} ? Json(nullptr) : Json(base::rfc3339(time));
}
Json textOrNull(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

template <typename Id>
Json textsOf(const std::vector<Id>& ids) {
    Json list = Json::array();
    for (const auto& id : ids) list.push_back(id.text());
    return list;
}

// How it ended, in one word; null while it runs.
Json outcomeOf(const domain::Operation& operation) {
    switch (operation.state) {
        case domain::State::Succeeded:
            return "succeeded";
        case domain::State::Failed:
            return "failed";
        case domain::State::NeedsOperator:
            return "needs_operator";
        case domain::State::Cancelled:
            return "cancelled";
        case domain::State::Closed:
            return "closed";
        default:
            return nullptr;
    }
}

Json viewOfStep(const domain::Step& step) {
    bool ended = step.state == domain::StepState::Done || step.state == domain::StepState::Failed ||
                 step.state == domain::StepState::Unknown;
    bool erred = step.state == domain::StepState::Failed || step.state == domain::StepState::Unknown;
    return {{"name", nameOf(step.id.name)},
            {"subject", textOrNull(step.id.subject)},
            {"outcome", nameOf(step.state)},
            {"start", momentOrNull(step.first_started)},
            {"end", ended ? momentOrNull(step.ended) : Json(nullptr)},
            {"since_failure_ms", step.since_failure_ms},
            {"duration_ms", ended ? Json(step.duration_ms) : Json(nullptr)},
            {"attempts", step.attempts},
            {"percent", step.percent},
            {"error", erred ? Json(base::nameOf(step.error)) : Json(nullptr)},
            {"message", textOrNull(step.message)},
            {"finding", step.finding == domain::Finding::None ? Json(nullptr) : Json(nameOf(step.finding))},
            {"phases_ms", step.phases_ms}};
}

Json viewOfProbe(const protocol::Probe& probe) {
    return protocol::toJson(probe);
}

Json viewOfPlacement(const domain::Placement& placement) {
    return {{"on", nameOf(placement.on)},
            {"stand_in", nullable(placement.stand_in)},
            {"spare", nullable(placement.spare)},
            {"brought_back_by", textOrNull(placement.brought_back_by)},
            {"writes", viewOf(placement.writes)}};
}

/// What keeps an operation from beginning anything; null: nothing does.
Json viewOfRestraint(const domain::Restraint& restraint) {
    if (!restraint.inForce()) return nullptr;
    return {{"by", restraint.by == domain::Restraint::By::Freeze ? "freeze" : "brake"},
            {"why", restraint.why},
            {"since", momentOrNull(restraint.since)}};
}

Json viewOfIdentity(const engine::MachineIdentity& identity) {
    if (identity.verdict == engine::MachineIdentity::Verdict::NotDeclared) return nullptr;
    return {{"verdict", nameOf(identity.verdict)}, {"detail", identity.words}};
}

Json secondsOrNull(std::optional<std::chrono::milliseconds> time) {
    return time ? Json(std::chrono::duration_cast<std::chrono::seconds>(*time).count()) : Json(nullptr);
}

}  // namespace

Json viewOf(const std::vector<domain::HeldWrites>& writes) {
    Json list = Json::array();
    for (const auto& one : writes) {
        list.push_back({{"by", nameOf(one.by)},
                        {"holder", textOrNull(one.holder)},
                        {"from", momentOrNull(one.from)},
                        {"until", momentOrNull(one.until)},
                        {"given_up", one.given_up}});
    }
    return list;
}

Json viewOf(const engine::ServerSnapshot& snapshot) {
    const auto& server = snapshot.server;
    return {{"name", server.name.text()},
            {"segment", server.segment.text()},
            {"vlan", server.vlan},
            {"address", server.address},
            {"mac", server.mac},
            {"port", server.port.text()},
            {"disk", server.disk.text()},
            {"job",
             {{"ports", server.job_ports},
              {"probe", viewOfProbe(server.probe)},
              {"data", nameOf(server.job_data)},
              {"answer_within_ms", server.answer_within.count()},
              {"clock_within_ms", server.clock_within.count()},
              {"drain_within_ms", server.drain_within.count()}}},
            {"vm_host", nullable(server.vm_host)},
            {"image_store", nullable(server.image_store)},
            {"switch", nullable(server.switch_agent)},
            {"request_holder", nullable(server.request_holder)},
            {"fence_policy", nameOf(server.fence_policy)},
            {"rack", textOrNull(server.rack)},
            {"priority", server.priority},
            {"uuid", textOrNull(server.uuid)},
            {"identity", viewOfIdentity(snapshot.identity)},
            {"stand_in",
             {{"memory_mib", server.stand_in.memory_mib},
              {"maximum_memory_mib", server.stand_in.maximum_memory_mib},
              {"vcpus", server.stand_in.vcpus},
              {"maximum_vcpus", server.stand_in.maximum_vcpus},
              {"weight", server.stand_in.weight}}},
            {"runs_on", viewOfPlacement(snapshot.placement)},
            {"spare_table", snapshot.row ? viewOf(*snapshot.row) : Json(nullptr)},
            {"image_age_s", secondsOrNull(snapshot.imageAge())},
            {"image_age_limit_s", secondsOrNull(server.image_age_limit)},
            {"job_answers", snapshot.job ? Json(snapshot.job->answers) : Json(nullptr)},
            {"job_silent_since", snapshot.job ? momentOrNull(snapshot.job->silent_since) : Json(nullptr)},
            {"operation", snapshot.operation ? Json(*snapshot.operation) : Json(nullptr)},
            {"maintenance", snapshot.maintenance},
            {"maintenance_why", textOrNull(snapshot.maintenance_why)}};
}

Json viewOf(const engine::SpareSnapshot& snapshot) {
    const auto& spare = snapshot.spare;
    Json lease = nullptr;
    if (snapshot.lease) {
        lease = {{"server", snapshot.lease->server.text()},
                 {"operation", snapshot.lease->failover == 0 ? Json(nullptr) : Json(snapshot.lease->failover)},
                 {"reason", snapshot.lease->reason}};
    }
    return {{"name", spare.name.text()},
            {"port", spare.port.text()},
            {"mac", spare.mac},
            {"disk", spare.disk.text()},
            {"image_store", nullable(spare.image_store)},
            {"switch", nullable(spare.switch_agent)},
            {"vm_host", nullable(spare.vm_host)},
            {"power_within_ms", spare.power_within.count()},
            {"boot_within_ms", spare.boot_within.count()},
            {"uuid", textOrNull(spare.uuid)},
            {"identity", viewOfIdentity(snapshot.identity)},
            {"lease", std::move(lease)}};
}

Json viewOf(const engine::AgentSnapshot& agent) {
    auto view = toJson(agent.health);
    view.erase("agent");
    view["name"] = agent.name.text();
    view["url"] = agent.url;
    view["reachable"] = agent.reachable;
    view["ok"] = agent.reachable && agent.health.ok();
    view["problem"] = textOrNull(agent.problem);
    view["seen_at"] = momentOrNull(agent.seen_at);
    return view;
}

Json viewOf(const engine::AdoptionSnapshot& snapshot) {
    Json servers = Json::array();
    Json observed = Json::array();
    for (const auto& [name, found] : snapshot.finding.servers) {
        if (snapshot.adoption.observes(name)) observed.push_back(name.text());
        Json stand_ins = Json::array();
        for (const auto& one : found.stand_ins) {
            stand_ins.push_back(
                {{"name", one.name.text()}, {"state", protocol::nameOf(one.state)}, {"image", nullable(one.image)}});
        }
        const bool known = found.unknown.empty();
        servers.push_back({{"server", name.text()},
                           {"unknown", textOrNull(found.unknown)},
                           {"ordered", found.ordered},
                           {"owner", known ? nullable(found.owner) : Json(nullptr)},
                           {"runs_on", known ? viewOfPlacement(found.placement) : Json(nullptr)},
                           {"holds", found.holds},
                           {"stand_ins", std::move(stand_ins)}});
    }
    return {{"state", snapshot.adoption.isWhole()   ? "adopted"
                      : snapshot.adoption.observing ? "observing"
                                                    : "partly"},
            {"observed", std::move(observed)},
            {"servers", std::move(servers)},
            {"contradictions", snapshot.contradictions},
            {"epoch", snapshot.finding.epoch},
            {"mark", textOrNull(snapshot.mark)}};
}

Json viewOf(const domain::SpareTableRow& row) {
    return {{"server", row.server.text()},
            {"spare", nullable(row.spare)},
            {"image", nullable(row.image)},
            {"standin_ready", row.standin_ready},
            {"stand_in", nullable(row.stand_in)},
            {"stale", row.stale},
            {"image_at", momentOrNull(row.image_at)},
            {"stand_in_image_at", momentOrNull(row.stand_in_image_at)},
            {"note", textOrNull(row.note)}};
}

Json viewOf(const domain::AuditEntry& entry) {
    return {{"id", entry.id},
            {"at", momentOrNull(entry.at)},
            {"who", entry.who},
            {"what", entry.what},
            {"outcome", entry.outcome},
            {"previous", textOrNull(entry.previous)},
            {"hash", textOrNull(entry.hash)}};
}

Json viewOf(const domain::Freeze& freeze) {
    if (!freeze.on) return nullptr;
    return {{"by", freeze.asked_by}, {"why", textOrNull(freeze.why)}, {"since", momentOrNull(freeze.since)}};
}

Json viewOf(const engine::EngineEvent& event) {
    auto details = protocol::parseJson(event.data);
    return {{"type", event.type},
            {"at", momentOrNull(event.at)},
            {"operation", event.operation == 0 ? Json(nullptr) : Json(event.operation)},
            {"server", textOrNull(event.server)},
            {"text", event.text},
            {"details", details ? *details : Json::object()}};
}

Json summaryOf(const domain::Operation& operation) {
    auto takeover = domain::takeoverMs(operation);
    return {{"id", operation.id},
            {"kind", nameOf(operation.kind)},
            {"server", operation.server.text()},
            {"state", nameOf(operation.state)},
            {"outcome", outcomeOf(operation)},
            {"open", isOpen(operation)},
            {"why", textOrNull(operation.why)},
            {"cure", textOrNull(operation.cure)},
            {"start", momentOrNull(operation.opened_at)},
            {"end", momentOrNull(operation.ended_at)},
            {"asked_by", textOrNull(operation.asked_by)},
            {"cause", textOrNull(operation.cause)},
            {"spare", nullable(operation.spare)},
            {"restraint", viewOfRestraint(operation.restraint)},
            {"takeover_ms", takeover ? Json(*takeover) : Json(nullptr)}};
}

Json viewOf(const domain::Operation& operation) {
    auto view = summaryOf(operation);
    view["failure_at"] = momentOrNull(operation.failure_at);
    view["failure"] = textOrNull(operation.failure);
    view["reports"] = operation.reports;
    view["brake_pass"] = textOrNull(operation.brake_pass.why);
    view["stand_in"] = nullable(operation.stand_in);
    view["new_stand_in"] = nullable(operation.new_stand_in);
    view["image"] = nullable(operation.image);
    view["previous_image"] = nullable(operation.previous_image);
    view["image_at"] = momentOrNull(operation.image_at);
    view["stand_in_image_at"] = momentOrNull(operation.stand_in_image_at);
    view["writes"] = viewOf(operation.writes);
    view["failed_spares"] = textsOf(operation.failed_spares);
    view["handovers"] = operation.handovers;
    view["job_runs"] = operation.job_runs;
    view["phases_ms"] = domain::phasesOf(operation);
    view["attempt_start"] = momentOrNull(operation.attempt_from);
    view["past_attempts"] = Json::array();
    for (const auto& attempt : operation.past_attempts) {
        view["past_attempts"].push_back({{"start", momentOrNull(attempt.began)},
                                         {"end", momentOrNull(attempt.ended)},
                                         {"phases_ms", attempt.phases_ms}});
    }
    view["steps"] = Json::array();
    for (const domain::Step& step : operation.steps) view["steps"].push_back(viewOfStep(step));
    view["notes"] = Json::array();
    for (const auto& note : operation.notes) {
        view["notes"].push_back({{"topic", note.topic},
                                 {"level", nameOf(note.level)},
                                 {"sentence", note.sentence},
                                 {"cure", textOrNull(note.cure)}});
    }
    return view;
}

}  // namespace standin::api
