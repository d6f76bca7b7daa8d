#include "agent/switch/segment/segment_record.hpp"

#include "agent/protocol/json_text.hpp"

namespace standin::lan_switch {

using protocol::Json;

std::string textOf(const SegmentRecord& record) {
    Json quarantine = Json::object();
    for (const auto& [port, vlan] : record.quarantine) quarantine[port] = vlan;
    return protocol::jsonText(Json{{"order", toJson(record.order)},
                                   {"quarantine", quarantine},
                                   {"number", {{"epoch", record.number.epoch}, {"sequence", record.number.sequence}}}});
}

base::Result<SegmentRecord> segmentRecordFrom(const std::string& text) {
    auto corrupt = [](const std::string& why) { return base::failure(base::ErrorCode::Corrupt, why); };
    const auto json = protocol::parseJson(text);
    if (!json) return corrupt(json.error().message);
    if (!json->is_object() || !json->contains("order") || !json->contains("quarantine") ||
        !(*json)["quarantine"].is_object()) {
        return corrupt("no object with 'order' and 'quarantine'");
    }
    auto order = protocol::segmentOrderFrom((*json)["order"]);
    if (!order) return corrupt(order.error().message);
    SegmentRecord record{std::move(*order), {}, {}};
    if (json->contains("number")) {
        protocol::JsonFields number((*json)["number"], "order number");
        record.number = {number.count("epoch"), number.count("sequence")};
        if (auto read = number.finish(true); !read) return corrupt(read.error().message);
    }
    for (const auto& [port, vlan] : (*json)["quarantine"].items()) {
        if (!vlan.is_number_integer() || vlan < least_vlan || vlan > greatest_vlan)
            return corrupt("no VLAN for port '" + port + "'");
        record.quarantine[port] = vlan.get<Vlan>();
    }
    return record;
}

}  // namespace standin::lan_switch
