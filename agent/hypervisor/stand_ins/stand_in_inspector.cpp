#include "agent/hypervisor/stand_ins/stand_in_inspector.hpp"

#include <fmt/format.h>

#include <utility>

namespace standin::hypervisor {

using protocol::StandInState;
using Phase = StandInRecord::Phase;

StandInInspector::StandInInspector(std::string agent, Domains& domains, const HostAcceleration& acceleration,
                                   const StandInStates& states, const KvmTrial& trial)
    : agent_(std::move(agent)), domains_(domains), acceleration_(acceleration), states_(states), trial_(trial) {}

protocol::StandIn StandInInspector::inspect(const StandInEntry& stand_in) const {
    const auto record = stand_in.snapshot();
    switch (record.phase) {
        case Phase::Made:
            return inspectMade(stand_in, record);
        case Phase::Making:
            return describe(stand_in, StandInState::Making);
        case Phase::Kept:
            return describe(stand_in, StandInState::Kept);
        default:
            return describe(stand_in, StandInState::Failed);
    }
}

protocol::StandIn StandInInspector::inspectMade(const StandInEntry& stand_in, const StandInRecord& record) const {
    const bool remade = stand_in.isRemade();
    base::Result<DomainStatus> status = DomainStatus{};
    const auto problem = look(stand_in, status);
    if (remade || (status && trial_.startsAgain(stand_in, *status, problem)))
        return describe(stand_in, StandInState::Making);
    auto answer = describe(stand_in, status ? standInStateOf(status->state) : StandInState::Unknown);
    if (!problem.empty()) answer.problem = problem;
    if (!status) answer.warnings.push_back("state: " + status.error().message);
    if (status && !status->oddity.empty()) answer.warnings.push_back("state: " + status->oddity);
    if (!status || status->state != DomainState::Running) return answer;
    auto view = domains_.view(record.uuid);
    if (!view) return answer;
    answer.resources = view->resources;
    if (answer.resources.weight == 0)
        answer.resources.weight = record.resources.weight;  // a host without CPU control groups
    if (!view->guest_agent)
        answer.warnings.push_back("guest_agent: none answers in it (yet); its clock can't be set after a resume");
    return answer;
}

protocol::StandIn StandInInspector::describe(const StandInEntry& stand_in, StandInState state) const {
    std::lock_guard lock(stand_in.mutex);
    const auto& record = stand_in.record;
    protocol::StandIn shown;
    shown.name = record.name;
    shown.definition = record.definition;
    shown.state = state;
    shown.uuid = record.uuid;
    if (record.started_once) shown.port = tapNameOf(agent_, record.name);
    shown.resources = record.resources;
    shown.progress = stand_in.progress;
    if (state == StandInState::Running) shown.clock = stand_in.clock;
    shown.problem = record.problem;
    if (!stand_in.clock_warning.empty() && state == StandInState::Running)
        shown.warnings.push_back(stand_in.clock_warning);
    if (!record.named_by_mac.empty()) {
        shown.warnings.push_back(fmt::format(
            "network card: the image seems to name it by the server's MAC {}, in {}; a spare's card has another",
            record.definition.mac, record.named_by_mac));
    }
    const auto host = acceleration_.current();
    const bool as_host = record.accelerated_by.empty();
    if (as_host ? host.type == DomainType::Qemu : record.accelerated_by == "tcg") {
        shown.warnings.push_back("acceleration: software emulation, " +
                                 (as_host ? host.reason : record.emulated_because));
    }
    return shown;
}

std::string StandInInspector::look(const StandInEntry& stand_in, base::Result<DomainStatus>& status) const {
    const auto noted = [&] {
        std::lock_guard lock(stand_in.mutex);
        return std::pair(stand_in.commanded, stand_in.commands);
    };
    const auto record = stand_in.snapshot();
    const auto before = noted();
    status = domains_.status(record.uuid);
    if (!status || noted() != before) return "";
    return states_.problem(record, *status, before.first);
}

}  // namespace standin::hypervisor
