// A coordinator with a new journal: it asks the agents what they know, shows it, and goes on from it once an operator
// has agreed.
#include <fmt/format.h>

#include "agent/base/boundary.hpp"
#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;
using domain::JobData;
using domain::Placement;

Result<void> Conductor::notObserved(const base::ServerName& server) const {
    if (!observes(server)) return {};
    return failure(ErrorCode::WrongState, domain::observedOnly(adoption_, server));
}

/// The first one of each server is kept until an operator has seen it: afterwards it starts nothing by itself.
void Conductor::noteObserved(const domain::FailureReport& report) {
    if (inventory_.servers.count(report.server) == 0 || !observes(report.server)) return;
    const auto what = fmt::format("{} ({}), reported by {} at {}", report.kind, report.cause, report.reported_by,
                                  domain::momentText(now()));
    if (adoption_.reported.try_emplace(report.server, what).second) keepAdoption();
}

void Conductor::keepAdoption() {
    entry_.continuation = journal::Continuation{adoption_, leader_.epoch, last_operation_};
    must_commit_ = true;
}

void Conductor::survey(SurveyAnswer answer, bool claims) {
    const auto then = [this, answer = std::move(answer)] { answer(adoptionSnapshot()); };
    survey_.then.emplace_back(then);
    if (!survey_.awaited.empty() && survey_.claims >= claims) return;
    survey_.said.clear();
    survey_.claims = claims;
    survey_.awaited = agentsOf(inventory_);
    ++survey_.number;
    for (const auto& agent : survey_.awaited) {
        executor_.post({domain::Lane::Watch, agent.text(),
                        [this_agent = agent, number = survey_.number, deliver = deliver_, &drivers = drivers_,
                         &inventory = inventory_, patience = settings_.answer_within,
                         claim_as = claims ? std::optional(leader_) : std::nullopt] {
                            AgentFinding said;
                            const auto asked = base::contained(
                                [&] { said = ask(drivers, inventory, this_agent, patience, claim_as); });
                            if (!asked) said.problem = asked.error().message;
                            deliver(Request([this_agent, number, said = std::move(said)](Conductor& c) -> Reply {
                                c.takeSurvey(number, this_agent, said);
                                return {};
                            }));
                        }});
    }
}

void Conductor::takeSurvey(std::uint64_t number, const base::AgentName& agent, AgentFinding said) {
    if (number != survey_.number || survey_.awaited.erase(agent) == 0) return;
    survey_.said[agent] = std::move(said);
    if (!survey_.awaited.empty()) return;
    auto finding = findingFrom(inventory_, survey_.said);
    // What was shown was said before the claim.
    if (survey_.claims && finding.epoch == leader_.epoch) finding.epoch = finding_.epoch;
    if (findings_ == 0 || finding != finding_) ++findings_;
    finding_ = std::move(finding);
    for (const auto& then : std::exchange(survey_.then, {})) then();
}

AdoptionSnapshot Conductor::adoptionSnapshot() const {
    return {adoption_, finding_, contradictionsIn(finding_, adoption_),
            fmt::format("{}-{}", leader_.instance, findings_ + adoption_.reported.size())};
}

/// Whoever has commanded before is deposed first, in an epoch that is durable, and the agents are asked once more then:
/// a command that was still on its way can change nothing after what it is compared with was said.
void Conductor::beginAdoption(const std::string& mark, const std::string& asked_by, SurveyAnswer answer) {
    if (const auto may = mayAdopt(mark); !may) {
        audit(asked_by, "adoption of the site", "refused: " + may.error().message);
        replies_.push_back(
            [answer = std::move(answer), why = may.error()](const Result<void>&) { answer(failure(why)); });
        return;
    }
    if (adoption_.observing) goOnFrom(finding_);
    keepAdoption();
    replies_.push_back([this, mark, asked_by, answer = std::move(answer)](const Result<void>& durable) {
        if (!durable) return answer(failure(durable.error()));
        survey([this, mark, asked_by, answer](const Result<AdoptionSnapshot>&) { endAdoption(mark, asked_by, answer); },
               true);
    });
}

void Conductor::endAdoption(const std::string& mark, const std::string& asked_by, const SurveyAnswer& answer) {
    auto adopted = adopt(mark, asked_by);
    if (!adopted) audit(asked_by, "adoption of the site", "refused: " + adopted.error().message);
    replies_.push_back([answer, adopted](const Result<void>& durable) {
        answer(durable || !adopted ? adopted : Result<AdoptionSnapshot>(failure(durable.error())));
    });
}

Result<void> Conductor::mayAdopt(const std::string& mark) const {
    if (adoption_.isWhole()) return failure(ErrorCode::WrongState, "the site is adopted already");
    if (mark == adoptionSnapshot().mark) return {};
    return failure(ErrorCode::Conflict,
                   "the agents say something else by now than what was shown; look again: standinctl adopt");
}

Result<AdoptionSnapshot> Conductor::adopt(const std::string& mark, const std::string& asked_by) {
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
    leasesChanged();
    keepAdoption();
    const std::string outcome =
        left.empty() ? "all servers" : fmt::format("without {}: not known", domain::namesOf(left));
    audit(asked_by, "adoption of the site", outcome);
    lines_.push_back(
        {base::LogLevel::Notice, fmt::format("the site is adopted by {} ({}); this coordinator acts, in epoch {}",
                                             asked_by, outcome, leader_.epoch)});
    return adoptionSnapshot();
}

void Conductor::adopt(const base::ServerName& server, const domain::FoundServer& found) {
    if (found.placement.on != Placement::On::Server) {
        auto placement = found.placement;
        // Who of them has executed the job nobody knows any more: each may have writes of it (rule 10).
        if (inventory_.servers.at(server).job_data == JobData::Local) {
            for (const auto& one : found.stand_ins)
                placement.writes.push_back({domain::HeldWrites::By::StandIn, one.name.text(), {}, {}, false});
            if (!placement.spare.empty())
                placement.writes.push_back({domain::HeldWrites::By::Spare, placement.spare.text(), {}, {}, false});
        }
        setPlacement(server, std::move(placement));
        if (!found.placement.spare.empty()) table_.leaseAsFound(found.placement.spare, server);
    }
    if (const auto row = rowFor(server, found); row && table_.addFound(*row)) setRow(*row);
    const auto reported = adoption_.reported.find(server);
    if (reported == adoption_.reported.end()) return;
    const auto sentence = fmt::format(
        "server '{}' was reported as failed while this coordinator observed only, and nothing was started: "
        "{}; {}",
        server.text(), reported->second,
        found.placement.on == Placement::On::Server ? "if its job does not answer: standinctl failover " + server.text()
                                                    : "its job is executed by " + executorOf(found.placement));
    lines_.push_back({base::LogLevel::Warning, sentence});
    drivers_.notifier->notify({drivers::Notification::Kind::NeedsOperator, {}, server.text(), sentence});
    adoption_.reported.erase(reported);
}

/// Agents obey from now on whoever is known as this coordinator, and nobody takes what it commands for something that
/// was commanded before.
void Conductor::goOnFrom(const domain::SiteFinding& finding) {
    if (finding.epoch >= leader_.epoch) leader_.epoch = finding.epoch + 1;
    last_operation_ = std::max(last_operation_, finding.last_operation);
}

}  // namespace standin::engine
