#include "coordinator/drivers/agent_switch_driver.hpp"

#include <Poco/URI.h>

#include <algorithm>

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

base::Result<std::vector<Segment>> segmentsFrom(const protocol::Json& json) {
    protocol::JsonFields fields(json, "segments", protocol::JsonFields::Unknown::Skip);
    std::vector<Segment> segments;
    for (const auto& item : fields.array("segments")) {
        auto segment = protocol::segmentFrom(item);
        if (!segment) return base::failure(segment.error());
        segments.push_back(std::move(*segment));
    }
    return fields.finish(std::move(segments));
}

/// An agent of an earlier release lists all its ports, without a reading.
base::Result<protocol::PortReading> readingFrom(const protocol::Json& json) {
    protocol::JsonFields fields(json, "ports", protocol::JsonFields::Unknown::Skip);
    const auto& ports = fields.array("ports");
    if (ports.size() != 1) fields.problem("must be one port's");
    if (auto read = fields.finish(true); !read) return base::failure(read.error());
    return protocol::portReadingFrom(ports.front());
}

/// A port's name may have characters that mean something in a URL.
std::string encoded(const std::string& text) {
    std::string url;
    Poco::URI::encode(text, "?#&=+/%", url);
    return url;
}

}  // namespace

AgentSwitchDriver::AgentSwitchDriver(std::shared_ptr<protocol::AgentClient> client) : client_(std::move(client)) {}

base::Result<Segment> AgentSwitchDriver::segment(const base::SegmentId& id, Deadline deadline) {
    return messageIn(*client_, phraseOf(id), client_->get(pathOf(id), deadline), protocol::segmentFrom);
}

base::Result<std::vector<Segment>> AgentSwitchDriver::segmentsAt(const base::PortName& port, Deadline deadline) {
    auto segments = messageIn(*client_, "the segments of port '" + port.text() + "'",
                              client_->get("/v1/segments?port=" + encoded(port.text()), deadline), segmentsFrom);
    if (!segments) return segments;
    // An agent of an earlier release reports all.
    std::erase_if(*segments, [&](const Segment& segment) {
        return std::none_of(segment.order.members.begin(), segment.order.members.end(),
                            [&](const auto& member) { return member.port == port; });
    });
    return segments;
}

base::Result<protocol::PortReading> AgentSwitchDriver::port(const base::PortName& name, Deadline deadline) {
    return messageIn(*client_, "port '" + name.text() + "'",
                     client_->get("/v1/ports?port=" + encoded(name.text()), deadline), readingFrom);
}

base::Result<Segment> AgentSwitchDriver::setSegment(const protocol::CommandStamp& stamp, const base::SegmentId& id,
                                                    const protocol::SegmentOrder& order, Deadline deadline) {
    auto segment = messageIn(*client_, phraseOf(id), client_->put(pathOf(id), toJson(order), stamp, deadline),
                             protocol::segmentFrom);
    if (segment && !segment->verified) {
        // Success means verified; the switch's present state has to be read before it is relied on.
        return base::failure(base::ErrorCode::TimedOut,
                             "agent '" + client_->name() + "' could not verify " + phraseOf(id) + " after changing it");
    }
    return segment;
}

}  // namespace standin::drivers
