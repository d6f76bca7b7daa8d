#include "tests/unit/coordinator_engine/lab.hpp"

#include <algorithm>

#include "coordinator/replay/differences.hpp"
#include "coordinator/replay/replay.hpp"

namespace standin {

using namespace std::chrono_literals;

namespace {

/// It changes something.
bool isCommand(const std::string& verb) {
    for (const char* question : {"probe", "epoch.get", "epoch.claim", "power.read", "stand_in.requests",
                                 "stand_in.clock", "image.difference"}) {
        if (verb == question) return false;
    }
    return !verb.ends_with(".get") && !verb.ends_with(".list");
}

}  // namespace

simulation::WorldConfig labConfig(simulation::Layout layout) {
    layout.data = domain::JobData::None;
    auto config = simulation::layOut(layout);
    config.timings.between_requests = std::chrono::hours(100'000);  // with 0 nobody would answer held requests
    config.timings.holder_age = std::chrono::hours(1000);
    config.engine.watch_every = 0ms;
    for (auto& [name, server] : config.inventory.servers) {
        server.evidence.policy = domain::EvidencePolicy::Trap;  // its servers are well, and reported to have failed
        server.shutdown_within = domain::Server{}.shutdown_within;
        server.boot_within = domain::Server{}.boot_within;
        server.rack.clear();
    }
    return config;
}

Lab::Lab(int servers, int spares, domain::FencePolicy policy)
    : Lab(labConfig({.servers = servers, .spares = spares, .policy = policy})) {}

Lab::Lab(simulation::WorldConfig given) : simulation(std::move(given)) {
    world.network.had_effect = [this](const simulation::Command& command) { note(command); };
    for (const auto& [name, server] : config.inventory.servers)
        owners[server.segment.text()] = {lanSwitch().owner(server.segment.text())};
    ask([](engine::Conductor&) { return true; });
}

Lab::~Lab() {
    for (const auto& breach : world.invariants.breaches()) {
        for (const auto& line : breach.last_events) BOOST_TEST_MESSAGE(line);
        BOOST_ERROR("rule " << breach.rule << " is broken: " << breach.who << ": " << breach.what);
    }
    for (const auto& problem : replayed()) BOOST_ERROR(problem);
}

/// Every operation, decided again from its record: what is not as it was.
std::vector<std::string> Lab::replayed() {
    std::vector<std::string> problems;
    for (const auto& [id, operation] : world.disk.operations) {
        const std::string which = "operation " + std::to_string(id) + ": ";
        const auto again = replay::replay(record(id));
        if (!again) {
            problems.push_back(which + again.error().message);
            continue;
        }
        for (const auto& line : again->lines) {
            for (const auto& difference : line.differences)
                problems.push_back(which + "line " + std::to_string(line.number) + ": " + difference);
        }
        for (const auto& difference : replay::differences(*operation, again->operation))
            problems.push_back(which + difference);
    }
    return problems;
}

void Lab::note(const simulation::Command& command) {
    const std::string subject(command.subject());
    if (command.verb == "segment.set") {
        auto& its = owners[subject];
        const auto owner = lanSwitch().owner(subject);
        if (its.empty() || its.back() != owner) its.push_back(owner);
    }
    if (command.verb == "hold.holding") arriveRequests(subject);
    if (command.verb == "probe" && probes_to_miss_ > 0 && --probes_to_miss_ == 0) missing_->job_hangs = false;
    if (isCommand(command.verb)) progress.push_back(command.name);
    if (after_effect) after_effect(command.verb, subject);
}

void Lab::arriveRequests(const std::string& job) {
    if (holder().held(job) > 0) return;
    for (unsigned i = 0; i < requests_per_hold; ++i) {
        auto request = std::make_shared<simulation::JobRequest>();
        request->job = job;
        request->number = static_cast<unsigned>(requests_.size() + 1);
        request->sent = world.now();
        requests_.push_back(request);
        holder().accept(request);
    }
}

std::size_t Lab::heldAndAnswered() const {
    return static_cast<std::size_t>(std::count_if(requests_.begin(), requests_.end(), [](const auto& request) {
        return request->fate == simulation::JobRequest::Fate::Answered;
    }));
}

void Lab::start() {
    one.start();
    ask([](engine::Conductor&) { return true; });
}

void Lab::killAt(const std::string& mark, unsigned nth) {
    world.script_marks.await(mark, nth, [this] { one.kill(); });
}

void Lab::run(std::chrono::seconds most) {
    simulation.runUntil([this] { return !one.running() || (one.atRest() && world.network.underWay() == 0); }, most);
}

void Lab::await(const std::function<bool()>& is) {
    BOOST_REQUIRE(simulation.runUntil([&] { return !one.running() || is(); }, std::chrono::hours(1)));
}

void Lab::runUntil(const std::function<bool()>& is) {
    BOOST_REQUIRE(simulation.runUntil(is));
}

void Lab::runUntil(domain::OperationId id, const std::string& state) {
    runUntil([&] { return stateOf(operation(id)) == state; });
}

void Lab::pass(std::chrono::milliseconds time) {
    bool passed = false;
    world.queue.after(time, [&passed] { passed = true; });
    simulation.runUntil([&passed] { return passed; });
}

void Lab::disturb(const std::string& target, Mishap mishap, unsigned times) {
    world.network.disturb(target, {mishap, {}, times, {}});
}

void Lab::missProbes(const std::string& name, unsigned number) {
    missing_ = &machine(name);
    missing_->job_hangs = true;
    probes_to_miss_ = number;
}

void Lab::obeyAnother(std::uint64_t epoch) {
    for (const auto& [name, url] : config.inventory.agent_urls)
        world.network.agent(name.text()).admission.obey({epoch, {}, 0, "another"});
}

std::optional<domain::SpareTableRow> Lab::row(const std::string& server_name) const {
    for (const auto& row : board().rows()) {
        if (row.server.text() == server_name) return row;
    }
    return std::nullopt;
}

domain::Placement Lab::placement() const {
    return board().server(config.inventory.servers.at(base::ServerName("server01"))).placement;
}

std::string Lab::standIn(const std::string& server_name) const {
    return row(server_name)->stand_in.text();
}

std::vector<std::string> Lab::changesOf(domain::OperationId id) const {
    std::vector<std::string> changes;
    const std::string of_state = " " + std::to_string(id) + ": '";
    for (const auto& line : world.log.lines()) {
        if (line.find(of_state) != line.npos && line.find("' -> '") != line.npos) changes.push_back(line);
    }
    return changes;
}

std::ptrdiff_t Lab::timesTold(const std::string& part) const {
    return std::count_if(world.told.begin(), world.told.end(),
                         [&](const std::string& message) { return message.find(part) != message.npos; });
}

domain::Server& Lab::server(const std::string& name) {
    return config.inventory.servers.at(base::ServerName(name));
}

domain::Spare& Lab::spare(const std::string& name) {
    return config.inventory.spares.at(base::SpareName(name));
}

std::string Lab::owner(const std::string& segment) {
    return lanSwitch().ownerOf(segment).text();
}

protocol::SegmentOrder Lab::order(const std::string& segment) {
    const auto* order = lanSwitch().inForce(segment);
    BOOST_REQUIRE(order != nullptr);
    return *order;
}

void Lab::setOrder(const protocol::SegmentOrder& order, const std::string& segment) {
    lanSwitch().placeSegment(base::SegmentId(segment), order);
}

}  // namespace standin
