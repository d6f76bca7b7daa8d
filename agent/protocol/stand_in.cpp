#include "agent/protocol/stand_in.hpp"

#include <array>
#include <utility>

#include "agent/base/text.hpp"

namespace standin::protocol {

namespace {

constexpr std::int64_t largest_memory_mib = 64LL << 20;  // 64 TiB, more than libvirt's hosts have
constexpr unsigned most_vcpus = 4096;

constexpr std::array<std::pair<StandInState, const char*>, 9> state_names{{
    {StandInState::Making, "making"},
    {StandInState::Failed, "failed"},
    {StandInState::Stopped, "stopped"},
    {StandInState::Running, "running"},
    {StandInState::Suspended, "suspended"},
    {StandInState::Halted, "halted"},
    {StandInState::OutOfSpace, "out_of_space"},
    {StandInState::Kept, "kept"},
    {StandInState::Unknown, "unknown"},
}};

}  // namespace

const char* nameOf(StandInState state) {
    for (const auto& [candidate, name] : state_names) {
        if (candidate == state) return name;
    }
    return "unknown";
}

base::Result<StandInState> standInStateFrom(const std::string& name) {
    for (const auto& [state, candidate] : state_names) {
        if (name == candidate) return state;
    }
    return base::failure(base::ErrorCode::InvalidInput,
                         "'" + base::shortened(name, 40) + "' is not a stand-in's state");
}

Json toJson(const StandInDefinition& definition) {
    return {{"server", definition.server.text()},
            {"image", definition.image.text()},
            {"image_url", definition.image_url},
            {"memory_mib", definition.memory_mib},
            {"maximum_memory_mib", definition.maximum_memory_mib},
            {"vcpus", definition.vcpus},
            {"maximum_vcpus", definition.maximum_vcpus},
            {"weight", definition.weight},
            {"firmware", definition.firmware},
            {"mac", definition.mac},
            {"address", definition.address},
            {"ports", definition.ports}};
}

base::Result<StandInDefinition> standInDefinitionFrom(const Json& json) {
    JsonFields fields(json, "stand-in definition");
    StandInDefinition definition;
    definition.server = fields.id<base::ServerName>("server");
    definition.image = fields.id<base::ImageId>("image");
    definition.image_url = fields.text("image_url", 1024);
    definition.memory_mib = static_cast<std::uint64_t>(fields.integer("memory_mib", 1, largest_memory_mib));
    definition.maximum_memory_mib = static_cast<std::uint64_t>(
        fields.integer("maximum_memory_mib", 1, largest_memory_mib, static_cast<std::int64_t>(definition.memory_mib)));
    definition.vcpus = static_cast<unsigned>(fields.integer("vcpus", 1, most_vcpus, 1));
    definition.maximum_vcpus = static_cast<unsigned>(fields.integer("maximum_vcpus", 1, most_vcpus, definition.vcpus));
    definition.weight = static_cast<unsigned>(fields.integer("weight", 1, 10000, 100));
    definition.firmware = fields.text("firmware", "bios");
    definition.mac = fields.text("mac", 17);
    definition.address = fields.text("address", 45);
    for (const auto& port : fields.array("ports", 1024)) {
        if (port.is_number_integer() && port.get<std::int64_t>() >= 1 && port.get<std::int64_t>() <= 65535) {
            definition.ports.push_back(port.get<std::uint16_t>());
        } else {
            fields.problem("field 'ports' must be a list of port numbers");
        }
    }
    if (definition.maximum_memory_mib < definition.memory_mib)
        fields.problem("'maximum_memory_mib' is less than 'memory_mib'");
    if (definition.maximum_vcpus < definition.vcpus) fields.problem("'maximum_vcpus' is less than 'vcpus'");
    if (definition.firmware != "bios" && definition.firmware != "uefi")
        fields.problem("field 'firmware' must be 'bios' or 'uefi'");
    return fields.finish(definition);
}

Json toJson(const StandInResources& resources) {
    return {{"memory_mib", resources.memory_mib}, {"vcpus", resources.vcpus}, {"weight", resources.weight}};
}

base::Result<StandInResources> standInResourcesFrom(const Json& json) {
    JsonFields fields(json, "stand-in resources");
    StandInResources resources;
    resources.memory_mib = static_cast<std::uint64_t>(fields.integer("memory_mib", 1, largest_memory_mib));
    resources.vcpus = static_cast<unsigned>(fields.integer("vcpus", 1, most_vcpus));
    resources.weight = static_cast<unsigned>(fields.integer("weight", 1, 10000, 100));
    return fields.finish(resources);
}

namespace {

constexpr std::array<std::pair<GuestClock::State, const char*>, 4> clock_states{{
    {GuestClock::State::Unknown, "unknown"},
    {GuestClock::State::Setting, "setting"},
    {GuestClock::State::Set, "set"},
    {GuestClock::State::NotSet, "not_set"},
}};

}  // namespace

Json toJson(const GuestClock& clock) {
    return {{"state", nameOf(clock.state)}, {"offset_ms", clock.offset_ms}, {"problem", clock.problem}};
}

base::Result<GuestClock> guestClockFrom(const Json& json) {
    JsonFields fields(json, "guest clock", JsonFields::Unknown::Skip);
    GuestClock clock;
    const std::string state = fields.text("state", "unknown");
    for (const auto& [value, name] : clock_states) {
        if (state == name) clock.state = value;
    }
    clock.offset_ms = fields.number("offset_ms", 0);
    clock.problem = fields.text("problem", "");
    return fields.finish(clock);
}

const char* nameOf(GuestClock::State state) {
    for (const auto& [value, name] : clock_states) {
        if (value == state) return name;
    }
    return "unknown";
}

Json toJson(const StandIn& stand_in) {
    return {{"name", stand_in.name.text()},          {"definition", toJson(stand_in.definition)},
            {"state", nameOf(stand_in.state)},       {"uuid", stand_in.uuid},
            {"port", nullable(stand_in.port)},       {"resources", toJson(stand_in.resources)},
            {"progress", toJson(stand_in.progress)}, {"clock", toJson(stand_in.clock)},
            {"problem", stand_in.problem},           {"warnings", stand_in.warnings}};
}

base::Result<StandIn> standInFrom(const Json& json) {
    JsonFields fields(json, "stand-in", JsonFields::Unknown::Skip);
    StandIn stand_in;
    stand_in.name = fields.id<base::StandInName>("name");
    auto definition = standInDefinitionFrom(fields.object("definition"));
    if (!definition) return base::failure(definition.error());
    stand_in.definition = *definition;
    stand_in.state = standInStateFrom(fields.text("state")).value_or(StandInState::Unknown);
    stand_in.uuid = fields.text("uuid", "");
    stand_in.port = fields.optionalId<base::PortName>("port");
    if (fields.has("resources")) {
        auto resources = standInResourcesFrom(fields.object("resources"));
        if (resources) stand_in.resources = *resources;
    }
    stand_in.progress = progressFrom(fields.object("progress"));
    stand_in.clock = guestClockFrom(fields.object("clock")).value_or(GuestClock{});
    stand_in.problem = fields.text("problem", "");
    for (const auto& warning : fields.array("warnings", 256)) {
        if (warning.is_string()) stand_in.warnings.push_back(warning.get<std::string>());
    }
    return fields.finish(stand_in);
}

Json toJson(const StandInRequests& requests) {
    return {{"open_connections", requests.open_connections},
            {"unanswered", requests.unanswered},
            {"just_answered", requests.just_answered},
            {"complete", requests.complete}};
}

base::Result<StandInRequests> standInRequestsFrom(const Json& json) {
    JsonFields fields(json, "stand-in requests", JsonFields::Unknown::Skip);
    StandInRequests requests;
    requests.open_connections = static_cast<std::uint64_t>(fields.integer("open_connections", 0, INT64_MAX));
    requests.unanswered = static_cast<std::uint64_t>(fields.integer("unanswered", 0, INT64_MAX));
    requests.just_answered = fields.count("just_answered");
    requests.complete = fields.boolean("complete", false);
    return fields.finish(requests);
}

Json toJson(const Capacity& capacity) {
    return {{"memory_mib", capacity.memory_mib},
            {"memory_committed_mib", capacity.memory_committed_mib},
            {"memory_overhead_mib", capacity.memory_overhead_mib},
            {"cpus", capacity.cpus},
            {"vcpus_committed", capacity.vcpus_committed},
            {"disk_free_mib", capacity.disk_free_mib},
            {"stand_ins", capacity.stand_ins},
            {"kept_disks", capacity.kept_disks},
            {"acceleration", capacity.acceleration}};
}

base::Result<Capacity> capacityFrom(const Json& json) {
    JsonFields fields(json, "capacity", JsonFields::Unknown::Skip);
    Capacity capacity;
    capacity.memory_mib = fields.count("memory_mib");
    capacity.memory_committed_mib = fields.count("memory_committed_mib");
    if (fields.has("memory_overhead_mib")) capacity.memory_overhead_mib = fields.count("memory_overhead_mib");
    capacity.cpus = static_cast<unsigned>(fields.count("cpus"));
    capacity.vcpus_committed = static_cast<unsigned>(fields.count("vcpus_committed"));
    capacity.disk_free_mib = fields.count("disk_free_mib");
    capacity.stand_ins = fields.count("stand_ins");
    if (fields.has("kept_disks")) capacity.kept_disks = fields.count("kept_disks");
    capacity.acceleration = fields.text("acceleration", "");
    return fields.finish(capacity);
}

}  // namespace standin::protocol
