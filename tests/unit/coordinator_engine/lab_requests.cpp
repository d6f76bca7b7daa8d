// What operators, traps and the watch ask the engine for.
#include "tests/unit/coordinator_engine/lab.hpp"

namespace standin {

using engine::Conductor;

namespace {

const std::string ada = "operator ada";
const base::ServerName first_server("server01");

}  // namespace

void Lab::protectAll() {
    auto its_spare = config.inventory.spares.begin();
    for (const auto& [name, server] : config.inventory.servers) {
        BOOST_REQUIRE(its_spare != config.inventory.spares.end());
        BOOST_REQUIRE(setSpare(name.text(), (its_spare++)->first.text()).has_value());
        BOOST_REQUIRE(request(domain::OperationKind::Prepare, name.text()).has_value());
    }
    run();
}

base::Result<domain::OperationId> Lab::request(domain::OperationKind kind, const std::string& server) {
    return ask([&](Conductor& c) { return c.requests().request({kind, base::ServerName(server), {}, ada, {}}); });
}

base::Result<void> Lab::retry(domain::OperationId id, const std::string& asked_by) {
    return ask([&](Conductor& c) { return c.requests().retry(id, asked_by); });
}

base::Result<void> Lab::confirmFence(domain::OperationId id) {
    return ask([&](Conductor& c) { return c.requests().confirmFence(id, ada); });
}

base::Result<void> Lab::close(domain::OperationId id, bool discard_data) {
    if (discard_data) world.invariants.givesUpData("server01");
    return ask([&](Conductor& c) { return c.requests().close(id, ada, discard_data); });
}

base::Result<void> Lab::setSpare(const std::string& server, const std::string& spare) {
    return ask([&](Conductor& c) {
        return c.table().setSpare(base::ServerName(server), base::SpareName(spare), base::ImageId(server + "-1"), ada);
    });
}

base::Result<domain::OperationId> Lab::setSpareAndPrepare(const std::string& server, const std::string& spare,
                                                          const std::string& image) {
    return ask([&](Conductor& c) {
        return c.table().setSpareAndPrepare(base::ServerName(server), base::SpareName(spare), base::ImageId(image),
                                            ada);
    });
}

base::Result<domain::OperationId> Lab::unsetSpare(const std::string& server) {
    return ask([&](Conductor& c) { return c.table().unsetSpare(base::ServerName(server), ada); });
}

base::Result<void> Lab::setMaintenance(bool on) {
    return ask([&](Conductor& c) { return c.maintenance().set(first_server, on, "new fans", ada); });
}

base::Result<void> Lab::mayReturn(bool discard_data) {
    return ask([&](Conductor& c) { return c.requests().mayReturn(first_server, discard_data); });
}

base::Result<void> Lab::beginReturn(bool discard_data) {
    returned.reset();
    if (discard_data) world.invariants.givesUpData("server01");
    return ask([&](Conductor& c) {
        return c.requests().beginReturn(first_server, ada, discard_data,
                                        [this](const base::Result<void>& done) { returned = done; });
    });
}

void Lab::repair() {
    world.repair(machine("server01"));
    world.invariants.returned("server01");
    world.power(machine("server01"), true, simulation::World::SwitchedBy::Hand);
    for (auto& [name, machine] : world.machines) {
        if (machine.is_spare) machine.on = false;
    }
    for (const auto& [name, guest] : guests()) world.standIn(name)->stand_in.state = protocol::StandInState::Stopped;
}

bool Lab::bringBack() {
    repair();
    if (!beginReturn()) return false;
    run();
    return returned && returned->has_value();
}

void Lab::standInLost() {
    ask([&](Conductor& c) {
        c.spares().standInLost(first_server, row()->stand_in, "it is gone");
        return true;
    });
}

void Lab::deposeOne(const std::string& why) {
    ask([&](Conductor& c) {
        c.depose(why);
        return true;
    });
}

engine::Engine::ReportOutcome Lab::report(const std::string& server, const std::string& kind, const std::string& by) {
    world.invariants.failureReported(server);
    return ask([&](Conductor& c) {
        return c.reports().report(
            {base::ServerName(server), kind, "a " + kind + " has failed", by, world.clock.steady()});
    });
}

domain::OperationId Lab::fail(const std::string& server, const std::string& kind) {
    world.breakDown(machine(server), false);
    return report(server, kind).operation;
}

domain::Operation Lab::failAndRun(const std::string& server) {
    const auto id = fail(server);
    run();
    return operation(id);
}

}  // namespace standin
