#include "coordinator/engine/site_restraints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/protocol/json_text.hpp"
#include "coordinator/domain/restraint/restrain.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using domain::OperationId;
using Kind = drivers::Notification::Kind;

SiteRestraints::SiteRestraints(const EngineContext& context, Batch& batch, Operations& operations)
    : context_(context), batch_(batch), operations_(operations) {
    for (const auto& [name, server] : context.inventory.servers) {
        if (!server.rack.empty()) ++servers_of_rack_[server.rack];
    }
}

void SiteRestraints::setFreeze(bool on, const std::string& why, const std::string& asked_by) {
    const std::string what = on ? "freeze of the site" : "end of the site's freeze";
    if (freeze_.on == on) {
        batch_.audit(asked_by, what, "accepted: it is so already");
        return;
    }
    const auto before = freeze_;
    freeze_ = on ? domain::Freeze{true, why, asked_by, context_.now()} : domain::Freeze{};
    batch_.entry().freeze = freeze_;
    batch_.audit(asked_by, what, on && !why.empty() ? "accepted: " + why : "accepted");
    const std::string sentence =
        on ? fmt::format(
                 "the site is frozen by {}: no server is fenced, no power is cut and no segment is given until "
                 "'standinctl freeze off'",
                 sentenceOf(freeze_))
           : fmt::format("the site is no longer frozen, as {} asked; it was frozen by {}", asked_by,
                         sentenceOf(before));
    batch_.log(on ? base::LogLevel::Warning : base::LogLevel::Notice, sentence);
    batch_.publish({"freeze", context_.now(), 0, {}, sentence, protocol::jsonText(nlohmann::json{{"on", on}}), 0});
    context_.notify(on ? Kind::Warning : Kind::Notice, {}, sentence);
    for (const auto& [id, operation] : operations_.all()) {
        if (isOpen(operation)) batch_.touch(id);
    }
}

base::Result<std::vector<OperationId>> SiteRestraints::release(const std::optional<std::string>& rack,
                                                               const std::string& asked_by) {
    const std::string where = rack ? fmt::format("rack '{}'", *rack) : "the site";
    if (rack && servers_of_rack_.count(*rack) == 0)
        return failure(ErrorCode::NotFound, fmt::format("no server is in rack '{}'", *rack));
    std::vector<OperationId> let_through;
    for (const auto& [id, operation] : operations_.all()) {
        const bool waits = operation.waits_for_release && domain::restraint::wantsToPass(operation);
        if (!waits || (rack && rackOf(operation) != *rack)) continue;
        let_through.push_back(id);
        released_[id] = asked_by;
        batch_.touch(id);
    }
    std::string outcome = let_through.empty() ? "refused: none waits" : "failovers";
    for (const auto id : let_through) outcome += fmt::format(" {}", id);
    batch_.audit(asked_by, "release of the brake of " + where, outcome);
    if (let_through.empty())
        return failure(ErrorCode::WrongState, fmt::format("no failover of {} waits for a release of the brake", where));
    batch_.mustCommit();
    return let_through;
}

std::string SiteRestraints::rackOf(const domain::Operation& operation) const {
    return context_.knows(operation.server) ? context_.server(operation.server).rack : std::string();
}

domain::SiteRestraint SiteRestraints::of(const domain::Operation& operation) const {
    domain::SiteRestraint site;
    site.frozen = sentenceOf(freeze_);
    if (!domain::restraint::hasNotPassed(operation)) return site;
    if (const auto released = released_.find(operation.id); released != released_.end())
        site.released = released->second;
    if (!operation.waits_for_release) brake(operation, site);
    return site;
}

void SiteRestraints::brake(const domain::Operation& operation, domain::SiteRestraint& site) const {
    const auto& limits = context_.inventory.brake;
    const auto& server = context_.server(operation.server);
    const auto rack = servers_of_rack_.find(server.rack);
    const domain::BrakeScope scope{context_.inventory.servers.size(), server.rack,
                                   rack == servers_of_rack_.end() ? 0 : rack->second};
    const auto verdict = judgeBrake(passed_, scope, limits, context_.now());
    if (verdict.bites == domain::BrakeVerdict::Scope::None) return;
    site.braked = fmt::format("{}; it goes on when its server is dead for certain, or when the brake is released",
                              sentenceOf(verdict, scope, limits));
    if (const auto doubt = selfDoubt(healthAround(server)); !doubt.empty()) site.braked += "; " + doubt;
    site.cure = fmt::format("see whether these servers are really dead, then: standinctl brake release{}",
                            verdict.bites == domain::BrakeVerdict::Scope::Rack ? " --rack " + server.rack : "");
}

/// As far as the watch knows. A job's health is that of its last probe.
domain::SiteHealth SiteRestraints::healthAround(const domain::Server& server) const {
    domain::SiteHealth health;
    health.switch_agent = server.switch_agent.text();
    for (const auto& agent : context_.board.agents()) {
        if (agent.seen_at == base::WallTime{} && agent.problem.empty()) continue;  // not asked yet
        ++health.agents;
        if (!agent.reachable) ++health.silent_agents;
    }
    for (const auto& [name, other] : context_.inventory.servers) {
        if (other.switch_agent != server.switch_agent || name == server.name) continue;
        const auto job = context_.board.job(name);
        if (!job) continue;
        ++health.jobs;
        if (!job->answers) ++health.silent_jobs;
    }
    return health;
}

void SiteRestraints::note(const domain::Operation& operation) {
    if (!operation.brake_pass.given()) return;
    released_.erase(operation.id);
    const auto limit = context_.now() - context_.inventory.brake.within;
    if (operation.brake_pass.at <= limit || !counted_.insert(operation.id).second) return;
    passed_.push_back({operation.brake_pass.at, rackOf(operation), operation.id});
    std::erase_if(passed_, [&](const domain::Passed& one) {
        if (one.at > limit) return false;
        counted_.erase(one.failover);
        return true;
    });
}

}  // namespace standin::engine
