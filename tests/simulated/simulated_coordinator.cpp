#include "tests/simulated/simulated_coordinator.hpp"

namespace standin::simulated {

SimulatedCoordinator::SimulatedCoordinator(engine::Inventory given) : inventory(std::move(given)), world(clock) {
    rehearsalSetup(world, inventory);
    drivers_ = simulatedDrivers(world, inventory);
}

void SimulatedCoordinator::start() {
    board = std::make_unique<engine::StatusBoard>();
    base::Log logging("engine", [this](base::LogLevel, std::string_view line) { log.emplace_back(line); });
    const engine::ConductorParts parts{
        inventory, drivers_,
        journal,   executor,
        clock,     events_,
        logging,   settings,
        *board,    [this](engine::Input outcome) { inbox_.emplace_back(std::move(outcome)); }};
    conductor = std::make_unique<engine::Conductor>(parts);
    watch.reset();
    if (watches) conductor->expectFirstLook();
    auto recovered = conductor->recover();
    if (!recovered) throw std::logic_error(recovered.error().message);
    if (watches) {
        watch = std::make_unique<engine::Watch>(parts);
        watch->look(*conductor);
    }
    if (!adopts || !board->adoption().observing) return;
    auto adopted = adopt(survey()->mark);
    if (!adopted) throw std::logic_error(adopted.error().message);
}

base::Result<engine::AdoptionSnapshot> SimulatedCoordinator::survey() {
    base::Result<engine::AdoptionSnapshot> shown = base::failure(base::ErrorCode::Internal, "nobody has answered");
    ask([&](engine::Conductor& c) {
        c.adoption().survey([&](const auto& answer) { shown = answer; });
        return true;
    });
    while (!shown && runOne(conductor->now())) {
    }
    return shown;
}

base::Result<engine::AdoptionSnapshot> SimulatedCoordinator::adopt(const std::string& mark) {
    std::optional<base::Result<engine::AdoptionSnapshot>> done;
    ask([&](engine::Conductor& c) {
        c.adoption().begin(mark, "operator ada", [&](const auto& answer) { done = answer; });
        return true;
    });
    while (!done && runOne(conductor->now())) {
    }
    if (!done) return base::failure(base::ErrorCode::Internal, "nobody has answered");
    return *done;
}

void SimulatedCoordinator::kill() {
    conductor.reset();
    executor.forget();
    inbox_.clear();
}

bool SimulatedCoordinator::runOne(base::WallTime until) {
    if (!executor.idle()) {
        executor.runOne();
        conductor->handle(std::exchange(inbox_, {}));
        return true;
    }
    const auto wake = conductor->nextWake();
    if (!wake || *wake > until) return false;
    if (*wake > conductor->now()) clock.pass(*wake - conductor->now());
    conductor->handle({});
    return true;
}

void SimulatedCoordinator::run(std::chrono::seconds time) {
    const auto until = conductor->now() + time;
    while (runOne(until)) {
    }
}

void SimulatedCoordinator::protectAll() {
    auto spare = inventory.spares.begin();
    for (const auto& [name, server] : inventory.servers) {
        if (spare == inventory.spares.end()) throw std::logic_error("too few spares");
        const base::ImageId image(name.text() + "-1");
        auto set = ask([&, server_name = name](engine::Conductor& c) {
            return c.table().setSpare(server_name, spare->first, image, "operator ada");
        });
        if (!set) throw std::logic_error(set.error().message);
        auto prepared = ask([&, server_name = name](engine::Conductor& c) {
            return c.requests().request({domain::OperationKind::Prepare, server_name, {}, "operator ada", {}});
        });
        if (!prepared) throw std::logic_error(prepared.error().message);
        ++spare;
    }
    run();
}

domain::OperationId SimulatedCoordinator::fail(const std::string& server, const std::string& kind) {
    world.machines[server].boots = false;
    const domain::FailureReport report{base::ServerName(server), kind, "a " + kind + " has failed", "trap 1",
                                       clock.steady()};
    return ask([&](engine::Conductor& c) { return c.reports().report(report); }).operation;
}

domain::Operation SimulatedCoordinator::operation(domain::OperationId id) const {
    return board->operation(id).value();
}

domain::Operation SimulatedCoordinator::last() const {
    return board->operations(1).at(0);
}

std::optional<domain::SpareTableRow> SimulatedCoordinator::row(const std::string& server) const {
    for (const auto& row : board->rows()) {
        if (row.server.text() == server) return row;
    }
    return std::nullopt;
}

std::vector<std::string> SimulatedCoordinator::changesOf(domain::OperationId id) const {
    std::vector<std::string> changes;
    for (const auto& event : events_.events) {
        if (event.type == "state" && event.operation == id) changes.push_back(event.text);
    }
    return changes;
}

}  // namespace standin::simulated
