#include "agent/protocol/segment.hpp"

#include <set>

namespace standin::protocol {

namespace {

Json toJson(const SegmentMember& member) {
    return {{"name", member.name.text()}, {"port", member.port.text()}, {"mac", member.mac}};
}

SegmentMember memberFrom(const Json& json, JsonFields& parent) {
    JsonFields fields(json, "segment member");
    SegmentMember member;
    member.name = fields.id<base::MemberName>("name");
    member.port = fields.id<base::PortName>("port");
    member.mac = fields.text("mac", 17);
    auto result = fields.finish(member);
    if (!result) parent.problem(result.error().message);
    return member;
}

// Contents that no order may have.
void checkOrder(const SegmentOrder& order, JsonFields& fields) {
    std::set<base::MemberName> names;
    std::set<base::PortName> ports;
    for (const auto& member : order.members) {
        if (!names.insert(member.name).second) fields.problem("member '" + member.name.text() + "' stands there twice");
        if (!ports.insert(member.port).second)
            fields.problem("port '" + member.port.text() + "' belongs to two members");
    }
    auto known = [&](const base::MemberName& name, const char* what) {
        if (!name.empty() && names.count(name) == 0)
            fields.problem(std::string(what) + " '" + name.text() + "' is not a member");
    };
    known(order.owner, "owner");
    known(order.established, "established");
    known(order.back_leg_to, "back_leg_to");
    if (!order.established.empty() && order.owner.text() != "holder")
        fields.problem("'established' needs the owner 'holder'");
    if (!order.established.empty() && order.established == order.owner)
        fields.problem("'established' is the owner itself");
    if (!order.back_leg_to.empty() && order.back_leg_port.empty())
        fields.problem("'back_leg_to' needs 'back_leg_port'");
    if (!order.back_leg_port.empty() && ports.count(order.back_leg_port) > 0)
        fields.problem("'back_leg_port' is a member's port");
}

std::vector<std::uint16_t> jobPortsFrom(JsonFields& fields) {
    std::vector<std::uint16_t> ports;
    for (const auto& item : fields.array("job_ports", 256)) {
        const bool valid =
            item.is_number_unsigned() && item.get<std::uint64_t>() >= 1 && item.get<std::uint64_t>() <= 65535;
        if (!valid) fields.problem("field 'job_ports' must be a list of TCP ports");
        if (valid) ports.push_back(item.get<std::uint16_t>());
    }
    return ports;
}

SegmentOrder orderFields(JsonFields& fields) {
    SegmentOrder order;
    order.vlan = static_cast<std::uint16_t>(fields.integer("vlan", 1, 4094));
    order.address = fields.text("address", 45);
    order.job_ports = jobPortsFrom(fields);
    for (const auto& item : fields.array("members", 64)) order.members.push_back(memberFrom(item, fields));
    order.owner = fields.optionalId<base::MemberName>("owner");
    order.established = fields.optionalId<base::MemberName>("established");
    order.proxied = fields.boolean("proxied", false);
    order.back_leg_port = fields.optionalId<base::PortName>("back_leg_port");
    order.back_leg_to = fields.optionalId<base::MemberName>("back_leg_to");
    checkOrder(order, fields);
    return order;
}

}  // namespace

const SegmentMember* SegmentOrder::member(const base::MemberName& name) const {
    for (const auto& candidate : members) {
        if (candidate.name == name) return &candidate;
    }
    return nullptr;
}

Json toJson(const SegmentOrder& order) {
    Json members = Json::array();
    for (const auto& member : order.members) members.push_back(toJson(member));
    return {{"vlan", order.vlan},
            {"address", order.address},
            {"job_ports", order.job_ports},
            {"members", members},
            {"owner", nullable(order.owner)},
            {"established", nullable(order.established)},
            {"proxied", order.proxied},
            {"back_leg_port", nullable(order.back_leg_port)},
            {"back_leg_to", nullable(order.back_leg_to)}};
}

base::Result<SegmentOrder> segmentOrderFrom(const Json& json) {
    JsonFields fields(json, "segment");
    auto order = orderFields(fields);
    return fields.finish(order);
}

Json toJson(const Segment& segment) {
    Json json = toJson(segment.order);
    Json ports = Json::array();
    for (const auto& port : segment.ports) {
        ports.push_back({{"member", nullable(port.member)},
                         {"port", port.port.text()},
                         {"present", port.present},
                         {"vlan", port.vlan ? Json(*port.vlan) : Json(nullptr)}});
    }
    json["segment"] = segment.id.text();
    json["ports"] = ports;
    json["verified"] = segment.verified;
    json["warnings"] = segment.warnings;
    json["transaction_ms"] = segment.transaction_ms;
    json["announce_ms"] = segment.announce_ms;
    return json;
}

base::Result<Segment> segmentFrom(const Json& json) {
    JsonFields fields(json, "segment", JsonFields::Unknown::Skip);
    Segment segment;
    segment.id = fields.id<base::SegmentId>("segment");
    segment.order = orderFields(fields);
    for (const auto& item : fields.array("ports", 64)) {
        JsonFields port(item, "segment port", JsonFields::Unknown::Skip);
        SegmentPort read{port.optionalId<base::MemberName>("member"),
                         port.id<base::PortName>("port"),
                         port.boolean("present", false),
                         {}};
        if (port.has("vlan")) read.vlan = static_cast<std::uint16_t>(port.integer("vlan", 0, 4095));
        segment.ports.push_back(read);
    }
    segment.verified = fields.boolean("verified", false);
    for (const auto& warning : fields.array("warnings", 256)) {
        if (warning.is_string()) segment.warnings.push_back(warning.get<std::string>());
    }
    segment.transaction_ms = fields.number("transaction_ms", 0);
    segment.announce_ms = fields.number("announce_ms", 0);
    return fields.finish(segment);
}

Json toJson(const PortReading& reading) {
    return {{"port", reading.port.text()},
            {"present", reading.present},
            {"carrier", reading.carrier},
            {"received_frames", reading.received_frames ? Json(*reading.received_frames) : Json(nullptr)}};
}

base::Result<PortReading> portReadingFrom(const Json& json) {
    JsonFields fields(json, "port", JsonFields::Unknown::Skip);
    PortReading reading;
    reading.port = fields.id<base::PortName>("port");
    if (!fields.has("carrier")) fields.problem("'carrier' is missing: the agent is of an earlier release");
    reading.present = fields.boolean("present", false);
    reading.carrier = fields.boolean("carrier", false);
    if (fields.has("received_frames")) reading.received_frames = fields.count("received_frames");
    return fields.finish(std::move(reading));
}

}  // namespace standin::protocol
