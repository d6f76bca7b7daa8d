#include "coordinator/what_if/situation_json.hpp"

#include <limits>

#include "coordinator/journal/named_field.hpp"
#include "coordinator/journal/operation_json.hpp"

namespace standin::what_if {

using nlohmann::json;
using protocol::JsonFields;

namespace {

constexpr std::int64_t largest_number = std::numeric_limits<std::int64_t>::max();

template <typename Items>
json listJson(const Items& items) {
    json list = json::array();
    for (const auto& item : items) list.push_back(journal::toJson(item));
    return list;
}

template <typename Names>
json namesJson(const Names& names) {
    json list = json::array();
    for (const auto& name : names) list.push_back(name.text());
    return list;
}

template <typename Name>
base::Result<Name> nameFrom(const json& text) {
    return Name::parse(text.is_string() ? text.get<std::string>() : std::string());
}

base::Result<std::string> textFrom(const json& text) {
    if (!text.is_string()) return base::failure(base::ErrorCode::InvalidInput, "is no text");
    return text.get<std::string>();
}

base::Result<std::uint64_t> numberFrom(const json& number) {
    if (!number.is_number_unsigned()) return base::failure(base::ErrorCode::InvalidInput, "is no number");
    return number.get<std::uint64_t>();
}

base::Result<journal::Maintenance> maintenanceFrom(const json& object) {
    JsonFields fields(object, "maintenance");
    journal::Maintenance maintenance{fields.boolean("on", false), fields.text("why", "", 65536)};
    return fields.finish(std::move(maintenance));
}

/// An object whose keys are names.
template <typename Name, typename Map, typename Value>
void readMap(JsonFields& fields, const char* field, base::Result<Value> (*read)(const json&), Map& into) {
    for (const auto& [text, object] : fields.object(field).items()) {
        auto name = Name::parse(text);
        auto value = read(object);
        if (!name) fields.problem(name.error().message);
        if (!value) fields.problem(value.error().message);
        if (name && value) into[*name] = std::move(*value);
    }
}

json contentsJson(const journal::Contents& contents) {
    json object{{"epoch", contents.epoch},
                {"last_operation", contents.last_operation},
                {"operations", listJson(contents.operations)},
                {"rows", listJson(contents.rows)},
                {"leases", listJson(contents.leases)},
                {"placements", json::object()},
                {"maintenance", json::object()}};
    for (const auto& [server, placement] : contents.placements)
        object["placements"][server.text()] = journal::toJson(placement);
    for (const auto& [server, its] : contents.maintenance)
        object["maintenance"][server.text()] = {{"on", its.on}, {"why", its.why}};
    return object;
}

journal::Contents contentsIn(JsonFields& situation) {
    JsonFields fields(situation.object("contents"), "contents");
    journal::Contents contents;
    contents.epoch = static_cast<std::uint64_t>(fields.integer("epoch", 0, largest_number));
    contents.last_operation = static_cast<std::uint64_t>(fields.integer("last_operation", 0, largest_number));
    contents.operations = journal::list<domain::Operation>(fields, "operations", &journal::operationFrom);
    contents.rows = journal::list<domain::SpareTableRow>(fields, "rows", &journal::rowFrom);
    contents.leases = journal::list<domain::Lease>(fields, "leases", &journal::leaseFrom);
    readMap<base::ServerName>(fields, "placements", &journal::placementFrom, contents.placements);
    readMap<base::ServerName>(fields, "maintenance", &maintenanceFrom, contents.maintenance);
    if (auto read = fields.finish(true); !read) situation.problem(read.error().message);
    return contents;
}

}  // namespace

json toJson(const Situation& situation, const Question& question) {
    const auto& failures = question.failures;
    json object{{"contents", contentsJson(situation.contents)},
                {"capacities", json::object()},
                {"busy", json::object()},
                {"image_bytes", json::object()},
                {"durations", situation.durations.toJson()},
                {"server", question.server.text()},
                {"racks", failures.racks},
                {"servers", namesJson(failures.servers)},
                {"spares", namesJson(failures.spares)},
                {"vm_hosts", namesJson(failures.vm_hosts)}};
    for (const auto& [host, capacity] : situation.capacities)
        object["capacities"][host.text()] = protocol::toJson(capacity);
    for (const auto& [server, operation] : situation.busy) object["busy"][server.text()] = operation;
    for (const auto& [image, bytes] : situation.image_bytes) object["image_bytes"][image.text()] = bytes;
    return object;
}

base::Result<AskedSituation> askedSituationFrom(const json& object) {
    JsonFields fields(object, "situation");
    AskedSituation asked;
    asked.situation.contents = contentsIn(fields);
    readMap<base::AgentName>(fields, "capacities", &protocol::capacityFrom, asked.situation.capacities);
    readMap<base::ServerName>(fields, "busy", &numberFrom, asked.situation.busy);
    readMap<base::ImageId>(fields, "image_bytes", &numberFrom, asked.situation.image_bytes);
    auto durations = Durations::from(fields.object("durations"));
    if (!durations) fields.problem(durations.error().message);
    if (durations) asked.situation.durations = std::move(*durations);
    if (const auto& server = fields.text("server", ""); !server.empty())
        asked.question.server = base::ServerName(server);
    auto& failures = asked.question.failures;
    failures.racks = journal::list<std::string>(fields, "racks", &textFrom);
    failures.servers = journal::list<base::ServerName>(fields, "servers", &nameFrom<base::ServerName>);
    failures.spares = journal::list<base::SpareName>(fields, "spares", &nameFrom<base::SpareName>);
    failures.vm_hosts = journal::list<base::AgentName>(fields, "vm_hosts", &nameFrom<base::AgentName>);
    return fields.finish(std::move(asked));
}

}  // namespace standin::what_if
