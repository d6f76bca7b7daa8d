#include "coordinator/drivers/agent_switch_driver.hpp"

#include "coordinator/drivers/agent_answer.hpp"

namespace standin::drivers {

using protocol::Segment;

namespace {

std::string pathOf(const base::SegmentId& id) {
    return "/v1/segments/" + id.text();
}
std::string phraseOf(const base::SegmentId& id) {
    return "segment '" + id.text() + "'";
}

}  // namespace

AgentSwitchDriver::AgentSwitchDriver(std::shared_ptr<protocol::AgentClient> client) : client_(std::move(client)) {}

base::Result<Segment> AgentSwitchDriver::segment(const base::SegmentId& id, Deadline deadline) {
    return messageIn(*client_, phraseOf(id), client_->get(pathOf(id), deadline), protocol::segmentFrom);
}

base::Result<Segment> AgentSwitchDriver::setSegment(const protocol::CommandStamp& stamp, const base::SegmentId& id,
                                                    const protocol::SegmentOrder& order, Deadline deadline) {
    auto segment = messageIn(*client_, phraseOf(id), client_->put(pathOf(id), toJson(order), stamp, deadline),
                             protocol::segmentFrom);
    if (segment && !segment->verified) {
        // Success means verified; whatever the switch has now has to be observed before anybody relies on it.
        return base::failure(base::ErrorCode::TimedOut,
                             "agent '" + client_->name() + "' could not verify " + phraseOf(id) + " after changing it");
    }
    return segment;
}

}  // namespace standin::drivers
