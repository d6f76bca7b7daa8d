#include "coordinator/drivers/agent_hypervisor_driver.hpp"

#include "coordinator/drivers/agent_answer.hpp"

namespace standin::drivers {

using protocol::CommandStamp;
using protocol::StandIn;

namespace {

std::string pathOf(const base::StandInName& name) {
    return "/v1/stand-ins/" + name.text();
}
std::string phraseOf(const base::StandInName& name) {
    return "stand-in '" + name.text() + "'";
}

base::Result<std::vector<StandIn>> standInsFrom(const protocol::Json& json) {
    if (!json.is_array()) return base::failure(base::ErrorCode::InvalidInput, "stand-ins: not a list");
    std::vector<StandIn> stand_ins;
    for (const auto& item : json) {
        auto stand_in = protocol::standInFrom(item);
        if (!stand_in) return base::failure(stand_in.error());
        stand_ins.push_back(std::move(*stand_in));
    }
    return stand_ins;
}

}  // namespace

AgentHypervisorDriver::AgentHypervisorDriver(std::shared_ptr<protocol::AgentClient> client)
    : client_(std::move(client)) {}

base::Result<StandIn> AgentHypervisorDriver::standIn(const base::StandInName& name, Deadline deadline) {
    return messageIn(*client_, phraseOf(name), client_->get(pathOf(name), deadline), protocol::standInFrom);
}

base::Result<std::vector<StandIn>> AgentHypervisorDriver::standIns(Deadline deadline) {
    return messageIn(*client_, "its stand-ins", client_->get("/v1/stand-ins", deadline), standInsFrom);
}

base::Result<StandIn> AgentHypervisorDriver::make(const CommandStamp& stamp, const base::StandInName& name,
                                                  const protocol::StandInDefinition& definition, Deadline deadline) {
    auto answer = client_->put(pathOf(name), toJson(definition), stamp, deadline);
    return messageIn(*client_, phraseOf(name), answer, protocol::standInFrom);
}

base::Result<StandIn> AgentHypervisorDriver::setState(const CommandStamp& stamp, const base::StandInName& name,
                                                      protocol::StandInState state, Deadline deadline) {
    auto answer = client_->put(pathOf(name) + "/state", {{"state", nameOf(state)}}, stamp, deadline);
    return messageIn(*client_, phraseOf(name), answer, protocol::standInFrom);
}

base::Result<StandIn> AgentHypervisorDriver::setResources(const CommandStamp& stamp, const base::StandInName& name,
                                                          const protocol::StandInResources& resources,
                                                          Deadline deadline) {
    auto answer = client_->put(pathOf(name) + "/resources", toJson(resources), stamp, deadline);
    return messageIn(*client_, phraseOf(name), answer, protocol::standInFrom);
}

base::Result<void> AgentHypervisorDriver::remove(const CommandStamp& stamp, const base::StandInName& name,
                                                 Deadline deadline) {
    return removed(client_->remove(pathOf(name), stamp, deadline));
}

base::Result<protocol::StandInRequests> AgentHypervisorDriver::requests(const base::StandInName& name,
                                                                        Deadline deadline) {
    return messageIn(*client_, "the requests of " + phraseOf(name), client_->get(pathOf(name) + "/requests", deadline),
                     protocol::standInRequestsFrom);
}

base::Result<protocol::GuestClock> AgentHypervisorDriver::clock(const base::StandInName& name,
                                                                std::chrono::milliseconds within, Deadline deadline) {
    const auto path = pathOf(name) + "/clock?within_ms=" + std::to_string(within.count());
    return messageIn(*client_, "the clock of " + phraseOf(name), client_->get(path, deadline),
                     protocol::guestClockFrom);
}

base::Result<protocol::Capacity> AgentHypervisorDriver::capacity(Deadline deadline) {
    return messageIn(*client_, "its capacity", client_->get("/v1/capacity", deadline), protocol::capacityFrom);
}

}  // namespace standin::drivers
