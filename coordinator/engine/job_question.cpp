#include "coordinator/engine/job_question.hpp"

#include <fmt/format.h>

#include "coordinator/domain/segment_members.hpp"

namespace standin::engine {

using base::ErrorCode;
using domain::JobAnswer;
using domain::server_member;

namespace {

JobTestimony notAsked(const base::Error& why) {
    return {JobAnswer::NotAsked, why.message, why.code == ErrorCode::StaleEpoch};
}

bool leadsToServer(const protocol::SegmentOrder& order) {
    return order.owner == server_member && order.back_leg_to == server_member;
}

JobTestimony probed(const Drivers& drivers, const JobQuestion& question) {
    const auto holder = drivers.holders.find(question.server.request_holder);
    if (holder == drivers.holders.end()) return {JobAnswer::NotAsked, "it has no request holder", false};
    protocol::ProbeRequest request;
    request.probe = question.server.probe;
    request.deadline_ms = static_cast<std::uint32_t>(questioned_for.count());
    const auto answer = holder->second->probe(question.server.job(), request, questioned_for + question.patience);
    if (!answer) return notAsked(answer.error());
    return {answer->answered ? JobAnswer::Answered : JobAnswer::Silent, answer->problem, false};
}

}  // namespace

JobTestimony askServer(const Drivers& drivers, const JobQuestion& question) {
    const auto& id = question.server.segment;
    const auto found = drivers.switches.find(question.server.switch_agent);
    if (found == drivers.switches.end()) return {JobAnswer::NotAsked, "its switch has no agent", false};
    auto& lan_switch = *found->second;
    const auto seen = lan_switch.segment(id, question.patience);
    if (!seen && seen.error().code != ErrorCode::NotFound) return notAsked(seen.error());
    const auto before = seen ? seen->order : question.never_ordered;
    if (before.owner != server_member || before.proxied)
        return {JobAnswer::NotAsked, fmt::format("segment '{}' is not its server's alone", id.text()), false};
    const bool lends = !leadsToServer(before);
    if (lends) {
        auto order = before;
        order.back_leg_port = question.server.holder_ports.back;
        order.back_leg_to = server_member;
        const auto lent = lan_switch.setSegment(question.lends, id, order, question.patience);
        if (!lent) return notAsked(lent.error());
    }
    auto testimony = probed(drivers, question);
    const auto still = lan_switch.segment(id, question.patience);
    if (!still) return notAsked(still.error());
    if (!still->verified || !leadsToServer(still->order))
        return {JobAnswer::NotAsked, "the request holder's back leg was led elsewhere meanwhile", false};
    // Where it fails, the next step that needs it moves it again.
    if (lends) (void)lan_switch.setSegment(question.gives_back, id, before, question.patience);
    return testimony;
}

}  // namespace standin::engine
