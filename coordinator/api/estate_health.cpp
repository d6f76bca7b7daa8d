#include "coordinator/api/estate_health.hpp"

#include <fmt/format.h>

#include "coordinator/engine/engine.hpp"

namespace standin::api {

namespace {

void checkAgent(protocol::Health& health, const engine::AgentSnapshot& agent) {
    protocol::HealthCheck check{"agent " + agent.name.text(), false, "", ""};
    if (!agent.reachable) {
        const bool asked = agent.seen_at != base::WallTime{} || !agent.problem.empty();
        check.detail = asked ? agent.problem : "has not been asked yet";
        check.cure = fmt::format("see that standin-agent runs at {} and that this host reaches it", agent.url);
    } else if (!agent.health.ok()) {
        for (const auto& one : agent.health.checks) {
            if (one.ok) continue;
            check.detail += fmt::format("{}{}: {}", check.detail.empty() ? "" : "; ", one.name, one.detail);
            if (!one.cure.empty()) check.cure += (check.cure.empty() ? "" : "; ") + one.cure;
        }
    } else {
        check.ok = true;
        check.detail = agent.url;
    }
    health.checks.push_back(std::move(check));
    for (const auto& warning : agent.health.warnings) health.warnings.push_back(agent.name.text() + ": " + warning);
}

void checkAdoption(protocol::Health& health, const engine::Engine& engine) {
    const auto adoption = engine.adoption();
    if (adoption.isWhole()) return;
    health.checks.push_back({"adoption", false,
                             adoption.observing
                                 ? "observing only: the journal is new, and failures start nothing"
                                 : "observing only, failures start nothing: " + domain::namesOf(adoption.left),
                             "see what was found and agree to it: standinctl adopt"});
}

/// Neither is a fault, and both keep the site from what it is for: they must not be forgotten.
void warnOfRestraints(protocol::Health& health, const engine::Engine& engine) {
    if (const auto frozen = sentenceOf(engine.frozen()); !frozen.empty())
        health.warnings.push_back(
            fmt::format("the site is frozen by {}: no failover begins; end it: standinctl freeze off", frozen));
    for (const auto& operation : engine.operations(1000)) {
        if (!operation.restraint.inForce()) continue;
        health.warnings.push_back(fmt::format("{} {} of server '{}' waits: {}; {}", nameOf(operation.kind),
                                              operation.id, operation.server.text(), operation.restraint.why,
                                              operation.cure));
    }
}

void checkOperations(protocol::Health& health, const engine::Engine& engine) {
    std::string waiting;
    for (const auto& operation : engine.operations(1000)) {
        if (operation.state == domain::State::NeedsOperator)
            waiting += (waiting.empty() ? "" : ", ") + std::to_string(operation.id);
    }
    health.checks.push_back({"operations", waiting.empty(),
                             waiting.empty() ? "none waits for the operator" : "waiting: " + waiting,
                             waiting.empty() ? "" : "standinctl operation show <id> says what to do"});
}

/// Of jobs that stand-ins and spares execute; whether a server's own job answers is not asked.
void checkJobs(protocol::Health& health, const engine::Engine& engine) {
    protocol::HealthCheck check{"jobs", true, "", ""};
    for (const auto& server : engine.servers()) {
        if (!server.job || server.job->answers) continue;
        const auto& placement = server.job->placement;
        const auto& name = server.server.name.text();
        const bool on_spare = placement.on == domain::Placement::On::Spare;
        check.ok = false;
        check.detail += fmt::format("{}the job of server '{}' on {} '{}' has not answered since {}",
                                    check.detail.empty() ? "" : "; ", name, on_spare ? "spare" : "stand-in",
                                    on_spare ? placement.spare.text() : placement.stand_in.text(),
                                    domain::momentText(server.job->silent_since));
        check.cure += fmt::format("{}start the job again there, or bring it back: standinctl returned {}",
                                  check.cure.empty() ? "" : "; ", name);
    }
    if (check.ok) check.detail = "every job that is asked answers";
    health.checks.push_back(std::move(check));
}

/// A failover to an old image loses everything that was written since: reported before it happens.
void checkImageAges(protocol::Health& health, const engine::Engine& engine) {
    protocol::HealthCheck check{"image_age", true, "", ""};
    for (const auto& server : engine.servers()) {
        const auto age = server.imageAge();
        const auto& name = server.server.name.text();
        if (server.row && !server.row->image.empty() && !age) {
            health.warnings.push_back(
                fmt::format("the age of image '{}' of server '{}' is not known", server.row->image.text(), name));
        }
        const auto limit = server.server.image_age_limit;
        if (!age || *age <= limit) continue;
        check.ok = false;
        check.detail +=
            fmt::format("{}the image of server '{}' is {} old, its limit is {}", check.detail.empty() ? "" : "; ", name,
                        domain::durationText(*age), domain::durationText(limit));
        check.cure += fmt::format("{}standinctl image backup {}", check.cure.empty() ? "" : "; ", name);
    }
    if (check.ok) check.detail = "no image is older than its server's limit";
    health.checks.push_back(std::move(check));
}

/// Of machines that declare a UUID: one that is not confirmed may be switched, one that is another may not.
struct IdentityCheck {
    protocol::Health& health;
    protocol::HealthCheck check{"machines", true, "", ""};
    bool any = false;

    void add(const engine::MachineIdentity& identity, bool required) {
        using Verdict = engine::MachineIdentity::Verdict;
        any = any || identity.verdict != Verdict::NotDeclared;
        const auto problem = identity.problem(required);
        if (!problem.empty()) {
            check.ok = false;
            check.detail += (check.detail.empty() ? "" : "; ") + problem;
        } else if (identity.verdict == Verdict::Unknown) {
            health.warnings.push_back(identity.words);
        }
    }
};

void checkMachines(protocol::Health& health, const engine::Engine& engine) {
    IdentityCheck identities{health};
    for (const auto& server : engine.servers()) identities.add(server.identity, false);
    for (const auto& spare : engine.spares()) identities.add(spare.identity, spare.spare.uuid_required);
    if (!identities.any) return;
    auto& check = identities.check;
    if (check.ok) check.detail = "no power device is another machine's than the one that is declared";
    if (!check.ok) check.cure = "ask again after it is mended: standin-coordinator --check-machines FILE";
    health.checks.push_back(std::move(check));
}

}  // namespace

void checkEstate(protocol::Health& health, const engine::Engine& engine) {
    auto problem = engine.problem();
    health.checks.push_back({"engine", problem.empty(), problem.empty() ? "acts, journal is writable" : problem,
                             problem.empty() ? "" : "see that the coordinator's state_dir has room and is writable"});
    checkAdoption(health, engine);
    for (const auto& agent : engine.agents()) checkAgent(health, agent);
    checkOperations(health, engine);
    warnOfRestraints(health, engine);
    checkJobs(health, engine);
    checkImageAges(health, engine);
    checkMachines(health, engine);
    for (const auto& [server, why] : engine.unfitSpares()) {
        health.checks.push_back({"spare of " + server.text(), false, why,
                                 fmt::format("standinctl spare set {} <spare that fits>", server.text())});
    }
    for (const auto& server : engine.servers()) {
        if (server.row && server.row->standin_ready && !server.row->stale) continue;
        const auto& name = server.server.name.text();
        const char* what = !server.row                 ? "has no spare"
                           : server.row->standin_ready ? "has a stale stand-in"
                                                       : "has no ready stand-in";
        health.warnings.push_back(fmt::format("server '{}' {}", name, what));
    }
}

}  // namespace standin::api
