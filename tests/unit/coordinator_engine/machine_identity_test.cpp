// Rule 5: a disk or a power device that is another machine's.
#include <fmt/format.h>

#include "coordinator/engine/identity_watch.hpp"
#include "coordinator/simulation/drivers.hpp"
#include "coordinator/simulation/fiber_executor.hpp"
#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;

BOOST_AUTO_TEST_SUITE(machine_identity)

namespace {

/// Servers and spares declare the UUIDs of their machines.
struct NamedMachines : Lab {
    NamedMachines() : Lab(labConfig({.uuids = true})) {}
    simulation::Bmc& bmc(const std::string& machine) { return world.bmcs.at(machine); }
};
constexpr const char* another_machine = "00112233-4455-6677-8899-aabbccddee00";

}  // namespace

BOOST_AUTO_TEST_CASE(a_spare_whose_power_device_is_another_machines_is_neither_switched_nor_written) {
    for (const bool same : {true, false}) {
        NamedMachines lab;
        if (!same) lab.bmc("spare01").uuid = another_machine;
        const auto failover = lab.failAndRun();
        BOOST_TEST(stateOf(failover) == (same ? "Succeeded" : "Failed"), failover.why);
        BOOST_TEST((lab.count("power.off/spare01") > 0) == same);
        BOOST_TEST(lab.count("restore.begin") == (same ? 1 : 0));
        BOOST_TEST(lab.told(fmt::format("is that of machine {}, and the configuration declares {}", another_machine,
                                        lab.spare().uuid)) == !same);
    }
}

BOOST_AUTO_TEST_CASE(a_spare_that_is_exchanged_after_it_was_written_is_not_started) {
    NamedMachines lab;
    const auto id = lab.fail("server01");
    lab.runUntil([&] { return lab.machine("spare01").disk == "server01-1" && lab.machine("spare01").disk_whole; });
    lab.bmc("spare01").uuid = another_machine;
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Failed");
    BOOST_TEST(lab.count("power.on/spare01") == 0);
    BOOST_TEST(lab.owner() == "stand-in");
}

BOOST_AUTO_TEST_CASE(a_spare_that_no_device_can_confirm_is_used_unless_that_is_required) {
    for (const bool required : {false, true}) {
        NamedMachines lab;
        lab.bmc("spare01").uuid = lab.bmc("spare01").declared_uuid = "";
        lab.spare().uuid_required = required;
        const auto failover = lab.failAndRun();
        BOOST_TEST(stateOf(failover) == (required ? "Failed" : "Succeeded"), failover.why);
        BOOST_TEST(lab.count("restore.begin") == (required ? 0 : 1));
        BOOST_TEST(lab.told("is not confirmed: ") == required);
    }
}

BOOST_AUTO_TEST_CASE(a_server_whose_bmc_was_exchanged_is_not_shut_down_for_a_capture) {
    for (const auto way : {domain::CaptureWay::Restart, domain::CaptureWay::PoweredOff}) {
        NamedMachines lab;
        lab.config.inventory.capture_way = way;
        lab.machine("server01").on = way == domain::CaptureWay::Restart;
        lab.bmc("server01").uuid = another_machine;
        const auto refused = *lab.request(domain::OperationKind::Backup, "server01");
        lab.run();
        BOOST_TEST(stateOf(lab.operation(refused)) == "Failed");
        BOOST_TEST(lab.told("a capture of server 'server01' would switch off another machine"));
        BOOST_TEST(lab.count("power.soft") + lab.count("power.off") + lab.count("power.on") == 0);
        BOOST_TEST(lab.count("image.capture") == 0);
        lab.bmc("server01").uuid = lab.bmc("server01").declared_uuid;
        const auto accepted = *lab.request(domain::OperationKind::Backup, "server01");
        lab.run();
        BOOST_TEST(stateOf(lab.operation(accepted)) == "Succeeded");
    }
}

BOOST_AUTO_TEST_CASE(a_bmc_that_is_exchanged_while_its_server_shuts_down_neither_cuts_power_nor_switches_on) {
    NamedMachines lab;
    lab.machine("server01").hangs = true;
    const auto id = *lab.request(domain::OperationKind::Backup, "server01");
    lab.run(std::chrono::seconds(20));
    BOOST_TEST(lab.count("power.soft/server01") == 1);
    lab.bmc("server01").uuid = another_machine;
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "NeedsOperator");
    BOOST_TEST(lab.count("power.off") + lab.count("power.on") == 0);
    BOOST_TEST(lab.count("image.capture") == 0);
    BOOST_TEST(lab.told(fmt::format("is that of machine {}", another_machine)));
}

BOOST_AUTO_TEST_CASE(the_operator_is_notified_once_of_a_server_whose_fence_would_switch_off_another_machine) {
    NamedMachines lab;
    lab.bmc("server01").uuid = lab.bmc("spare01").uuid = another_machine;
    engine::StatusBoard board;
    const auto drivers = simulation::driversFor(lab.world);
    simulation::FiberExecutor fibers(lab.world.queue, 1);
    engine::IdentityWatch watch(drivers, lab.config.inventory, fibers, lab.world.clock, board);
    const auto look = [&] {
        watch.look();
        lab.pass(std::chrono::minutes(6));
    };
    look();
    look();
    BOOST_TEST(lab.timesTold("would switch off another machine") == 1);
    using Verdict = engine::MachineIdentity::Verdict;
    BOOST_TEST((board.identity("spare01").verdict == Verdict::Different));
    BOOST_TEST(lab.count("power.uuid/server01") == 2);
    lab.bmc("server01").uuid = lab.bmc("server01").declared_uuid;
    look();
    BOOST_TEST((board.identity("server01").verdict == Verdict::Confirmed));
    look();  // an hour has not passed
    BOOST_TEST(lab.count("power.uuid/server01") == 3);
}

BOOST_AUTO_TEST_CASE(a_spare_that_is_not_confirmed_to_be_that_spare_is_not_written) {
    for (const bool same : {true, false}) {
        Lab lab;
        auto& spare = lab.spare();
        spare.disk_serial = "S1";
        spare.disk_wwn = "naa.50";
        lab.store().other_disks["spare01"] = {spare.disk, 1ULL << 40, true, false, {}, 512, same ? "S1" : "S2", "0x50"};
        const auto failover = lab.failAndRun();
        BOOST_TEST(stateOf(failover) == (same ? "Succeeded" : "Failed"), failover.why);
        BOOST_TEST(lab.count("restore.begin") == (same ? 1 : 0));
        BOOST_TEST(lab.told("has the serial number 'S2', and the configuration declares 'S1'") == !same);
    }
}

BOOST_AUTO_TEST_SUITE_END()
