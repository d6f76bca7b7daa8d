#include "tests/simulation/scenario/scenario.hpp"

#include <filesystem>

#include "agent/base/yaml_reader.hpp"
#include "coordinator/simulation/actions.hpp"
#include "coordinator/simulation/simulation.hpp"

namespace standin::simulation {

namespace {

using base::YamlReader;

Layout layoutFrom(YamlReader& world) {
    Layout layout;
    layout.servers = static_cast<int>(world.integer("servers", 1, 50, layout.servers));
    layout.spares = static_cast<int>(world.integer("spares", 0, 50, layout.spares));
    layout.vm_hosts = static_cast<int>(world.integer("vm_hosts", 1, 10, layout.vm_hosts));
    layout.lent = world.boolean("lent", layout.lent);
    layout.uuids = world.boolean("uuids", layout.uuids);
    layout.brake = static_cast<unsigned>(world.integer("brake", 0, 50, layout.brake));
    layout.is_protected = world.boolean("protected", layout.is_protected);
    layout.policy = world.choice("policy", {"port", "power"}, "port") == "power" ? domain::FencePolicy::Power
                                                                                 : domain::FencePolicy::Port;
    const auto data = domain::jobDataFrom(world.choice("data", {"none", "shared", "local"}, "local"));
    layout.data = data.value_or(layout.data);
    return layout;
}

void readServers(YamlReader& server, engine::Inventory& inventory) {
    for (auto& [name, its] : inventory.servers) {
        its.answer_within = server.duration("answer_within", its.answer_within);
        its.drain_within = server.duration("drain_within", its.drain_within);
        its.fence_within = server.duration("fence_within", its.fence_within);
        its.evidence.policy = *domain::evidencePolicyFrom(server.choice(
            "evidence", {"trap", "silence", "power", "operator"}, std::string(nameOf(its.evidence.policy))));
        its.evidence.silent_after = server.duration("silent_after", its.evidence.silent_after);
        its.fence_always = server.boolean("fence_always", its.fence_always);
        its.stand_in.memory_mib = static_cast<std::uint64_t>(
            server.integer("stand_in_memory_mib", 1, 1 << 24, static_cast<std::int64_t>(its.stand_in.memory_mib)));
    }
    server.finish();
}

void readSpares(YamlReader& spare, engine::Inventory& inventory) {
    for (auto& [name, its] : inventory.spares) {
        its.boot_within = spare.duration("boot_within", its.boot_within);
        its.uuid_required = spare.boolean("uuid_required", its.uuid_required);
        its.power_within = spare.duration("power_within", its.power_within);
        const auto host = spare.text("vm_host", "");
        if (!host.empty()) its.vm_host = base::AgentName(host);
    }
    spare.finish();
}

void readTimings(YamlReader& given, Timings& timings) {
    auto time = [&given](const char* key, VirtualTime& value) {
        value = given.duration(key, std::chrono::duration_cast<std::chrono::milliseconds>(value));
    };
    auto count = [&given](const char* key, std::uint64_t& value) {
        value =
            static_cast<std::uint64_t>(given.integer(key, 1, std::int64_t{1} << 40, static_cast<std::int64_t>(value)));
    };
    time("boot", timings.boot);
    time("stand_in_boot", timings.stand_in_boot);
    time("resume", timings.resume);
    time("stop", timings.stop);
    time("power", timings.power);
    time("power_read", timings.power_read);
    time("transaction", timings.transaction);
    time("request", timings.request);
    time("commit", timings.commit);
    time("between_requests", timings.between_requests);
    time("holder_age", timings.holder_age);
    count("image_mib", timings.image_mib);
    count("store_mib_per_second", timings.store_mib_per_second);
    count("host_memory_mib", timings.host_memory_mib);
    count("host_disk_mib", timings.host_disk_mib);
    timings.store_transfers = static_cast<unsigned>(given.integer("store_transfers", 1, 1000, timings.store_transfers));
    timings.holder_connections = static_cast<std::size_t>(
        given.integer("holder_connections", 1, 100000, static_cast<std::int64_t>(timings.holder_connections)));
    given.finish();
}

/// Only what differs from the world that everybody else has.
void readWorld(YamlReader& world, Scenario& scenario) {
    scenario.config = layOut(layoutFrom(world));
    auto& config = scenario.config;
    config.engine.keep_records = false;
    config.engine.watch_every = world.duration("watch_every", std::chrono::seconds(30));
    config.timings.between_requests = std::chrono::seconds(2);
    config.seed = static_cast<std::uint64_t>(world.integer("seed", 1, std::int64_t{1} << 40, 1));
    if (world.choice("capture", {"restart", "powered_off"}, "restart") == "powered_off")
        config.inventory.capture_way = domain::CaptureWay::PoweredOff;
    if (auto server = world.optionalMap("server")) readServers(*server, config.inventory);
    if (auto spare = world.optionalMap("spare")) readSpares(*spare, config.inventory);
    if (auto timings = world.optionalMap("measures")) readTimings(*timings, config.timings);
    scenario.end_depends_on = world.text("end_depends_on", "");
    world.finish();
}

void readScript(YamlReader& script, Scenario& scenario) {
    const Simulation simulation(scenario.config, Simulation::Log::Off);
    const auto lines = script.texts("script");
    for (std::size_t item = 0; item < lines.size(); ++item) {
        auto action = actionFrom(lines[item]);
        auto possible = action ? check(simulation, *action) : base::Result<void>(base::failure(action.error()));
        if (possible) {
            scenario.script.push_back(std::move(*action));
        } else {
            script.problem("script", item, possible.error().message);
        }
    }
    scenario.expected = script.texts("expect");
    scenario.unexpected = script.texts("never");
    if (scenario.expected.empty()) script.problem("expect", "is missing: what has to come of it?");
    script.finish();
}

}  // namespace

std::string Scenario::name() const {
    return std::filesystem::path(directory).filename();
}

base::Result<Scenario> readScenario(const std::string& directory) {
    Scenario scenario;
    scenario.directory = std::filesystem::path(directory + "/.").lexically_normal().parent_path();
    base::YamlProblems problems;
    if (auto world = YamlReader::fromFile(scenario.directory + "/world.yaml", problems)) readWorld(*world, scenario);
    if (!problems.empty()) return base::failure(problems.error());  // a script is about a world
    if (auto script = YamlReader::fromFile(scenario.directory + "/script.yaml", problems))
        readScript(*script, scenario);
    if (!problems.empty()) return base::failure(problems.error());
    return scenario;
}

}  // namespace standin::simulation
