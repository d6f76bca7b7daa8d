#include "coordinator/engine/adoption_process.hpp"

#include <fmt/format.h>

#include "agent/base/boundary.hpp"
#include "coordinator/domain/admission.hpp"
#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;
using domain::HeldWrites;
using domain::JobData;
using domain::Placement;

void AdoptionProcess::noteFailure(const domain::FailureReport& report) {
    if (!state_.knows(report.server) || !observes(report.server)) return;
    const auto what = fmt::format("{} ({}), reported by {} at {}", report.kind, report.cause, report.reported_by,
                                  domain::momentText(state_.now()));
    if (adoption_.reported.try_emplace(report.server, what).second) keep();
}

void AdoptionProcess::keep() {
    state_.batch.entry().continuation =
        journal::Continuation{adoption_, state_.leadership.leader().epoch, state_.operations.last()};
}

void AdoptionProcess::survey(Answer answer, bool claims) {
    survey_.then.emplace_back([this, answer = std::move(answer)] { answer(snapshot()); });
    if (!survey_.awaited.empty() && survey_.claims >= claims) return;
    survey_.said.clear();
    survey_.claims = claims;
    survey_.awaited = agentsOf(state_.inventory);
    ++survey_.number;
    for (const auto& agent : survey_.awaited) {
        const auto run = [agent, number = survey_.number, deliver = state_.deliver, &drivers = state_.drivers,
                          &inventory = state_.inventory, patience = state_.settings.answer_within,
                          claim_as = claims ? std::optional(state_.leadership.leader()) : std::nullopt] {
            AgentFinding said;
            const auto asked = base::contained([&] { said = ask(drivers, inventory, agent, patience, claim_as); });
            if (!asked) said.problem = asked.error().message;
            deliver(Request([agent, number, said = std::move(said)](Conductor& conductor) -> Reply {
                conductor.adoption().take(number, agent, said);
                return {};
            }));
        };
        state_.executor.post({domain::Lane::Watch, agent.text(), run});
    }
}

void AdoptionProcess::take(std::uint64_t number, const base::AgentName& agent, AgentFinding said) {
    if (number != survey_.number || survey_.awaited.erase(agent) == 0) return;
    survey_.said[agent] = std::move(said);
    if (!survey_.awaited.empty()) return;
    auto finding = findingFrom(state_.inventory, survey_.said);
    // What was shown was said before the claim.
    if (survey_.claims && finding.epoch == state_.leadership.leader().epoch) finding.epoch = finding_.epoch;
    if (findings_ == 0 || finding != finding_) ++findings_;
    finding_ = std::move(finding);
    for (const auto& then : std::exchange(survey_.then, {})) then();
}

AdoptionSnapshot AdoptionProcess::snapshot() const {
    return {adoption_, finding_, contradictionsIn(finding_, adoption_),
            fmt::format("{}-{}", state_.leadership.leader().instance, findings_ + adoption_.reported.size())};
}

/// An earlier coordinator is deposed first, in an epoch that is durable, and the agents are asked once more then: a
/// command that was still on its way can change nothing after what it is compared with was said.
void AdoptionProcess::begin(const std::string& mark, const std::string& asked_by, Answer answer) {
    if (const auto may = mayAdopt(mark); !may) {
        state_.batch.audit(asked_by, "adoption of the site", "refused: " + may.error().message);
        state_.batch.reply(
            [answer = std::move(answer), why = may.error()](const Result<void>&) { answer(failure(why)); });
        return;
    }
    if (adoption_.observing) {
        state_.leadership.exceed(finding_.epoch);
        state_.operations.exceed(finding_.last_operation);
    }
    keep();
    state_.batch.reply([this, mark, asked_by, answer = std::move(answer)](const Result<void>& durable) {
        if (!durable) return answer(failure(durable.error()));
        survey([this, mark, asked_by, answer](const Result<AdoptionSnapshot>&) { end(mark, asked_by, answer); }, true);
    });
}

void AdoptionProcess::end(const std::string& mark, const std::string& asked_by, const Answer& answer) {
    auto adopted = adopt(mark, asked_by);
    if (!adopted) state_.batch.audit(asked_by, "adoption of the site", "refused: " + adopted.error().message);
    state_.batch.reply([answer, adopted](const Result<void>& durable) {
        answer(durable || !adopted ? adopted : Result<AdoptionSnapshot>(failure(durable.error())));
    });
}

Result<void> AdoptionProcess::mayAdopt(const std::string& mark) const {
    if (adoption_.isWhole()) return failure(ErrorCode::WrongState, "the site is adopted already");
    if (mark == snapshot().mark) return {};
    return failure(ErrorCode::Conflict,
                   "the agents say something else by now than what was shown; look again: standinctl adopt");
}

Result<AdoptionSnapshot> AdoptionProcess::adopt(const std::string& mark, const std::string& asked_by) {
    if (const auto may = mayAdopt(mark); !may) return failure(may.error());
    const auto before = adoption_;
    std::set<base::ServerName> left;
    for (const auto& [server, found] : finding_.servers) {
        if (before.observes(server) && !found.unknown.empty()) left.insert(server);
    }
    if (left.size() == finding_.servers.size() || (!before.observing && left == before.left)) {
        return failure(ErrorCode::WrongState,
                       "who executes which job is not known of any server; see that the agents "
                       "answer, and ask again: standinctl agent list");
    }
    adoption_.observing = false;
    adoption_.left = left;
    for (const auto& [server, found] : finding_.servers) {
        if (before.observes(server) && left.count(server) == 0) adopt(server, found);
    }
    keep();
    const std::string outcome =
        left.empty() ? "all servers" : fmt::format("without {}: not known", domain::namesOf(left));
    state_.batch.audit(asked_by, "adoption of the site", outcome);
    state_.batch.log(base::LogLevel::Notice,
                     fmt::format("the site is adopted by {} ({}); this coordinator acts, in epoch {}", asked_by,
                                 outcome, state_.leadership.leader().epoch));
    return snapshot();
}

void AdoptionProcess::adopt(const base::ServerName& server, const domain::FoundServer& found) {
    if (found.placement.on != Placement::On::Server) {
        auto placement = found.placement;
        // Which of them has executed the job is not known any more: each may have writes of it (rule 10).
        if (state_.server(server).job_data == JobData::Local) {
            for (const auto& one : found.stand_ins)
                placement.writes.push_back({HeldWrites::By::StandIn, one.name.text(), {}, {}, false});
            if (!placement.spare.empty())
                placement.writes.push_back({HeldWrites::By::Spare, placement.spare.text(), {}, {}, false});
        }
        if (placement.writes.empty()) placement.writes = state_.placements.of(server).writes;
        state_.placements.set(server, std::move(placement));
        if (!found.placement.spare.empty()) state_.spares.leaseAsFound(found.placement.spare, server);
    }
    if (const auto row = rowFor(server, found)) state_.spares.addFound(*row);
    notifyReported(server, found.placement);
}

void AdoptionProcess::notifyReported(const base::ServerName& server, const Placement& found) {
    const auto reported = adoption_.reported.find(server);
    if (reported == adoption_.reported.end()) return;
    const auto sentence = fmt::format(
        "server '{}' was reported as failed while this coordinator observed only, and nothing was started: "
        "{}; {}",
        server.text(), reported->second,
        found.on == Placement::On::Server ? "if its job does not answer: standinctl failover " + server.text()
                                          : "its job is executed by " + executorOf(found));
    state_.batch.log(base::LogLevel::Warning, sentence);
    state_.notify(drivers::Notification::Kind::NeedsOperator, server.text(), sentence);
    adoption_.reported.erase(reported);
}

}  // namespace standin::engine
