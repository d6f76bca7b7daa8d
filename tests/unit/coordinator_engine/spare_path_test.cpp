#include "coordinator/engine/watch.hpp"
#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;
using domain::FencePolicy;
using domain::StepName;
using simulated::Fault;

BOOST_AUTO_TEST_SUITE(spare_paths)

BOOST_AUTO_TEST_CASE(a_spare_that_cannot_be_restored_leaves_the_job_on_a_grown_stand_in) {
    Protected lab;
    lab.world.fail("restore.begin spare01", Fault::Refuses);
    const auto stand_in = lab.standIn();
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.world.stand_ins.at(stand_in).stand_in.resources.memory_mib == 2048u);
    BOOST_TEST(!lab.world.machines["spare01"].on);
    BOOST_TEST(lab.told("has ended abnormally"));
}

BOOST_AUTO_TEST_CASE(a_spare_is_not_given_up_because_its_image_store_is_busy) {
    Protected lab;
    lab.world.fail("restore.begin spare01", Fault::Refuses, 4);
    BOOST_TEST(stateOf(lab.failAndRun()) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_busy_image_store_is_asked_again_also_after_it_was_silent_for_long) {
    Protected lab;
    lab.world.fail("restore.begin spare01", Fault::Unreachable, 40);
    const auto id = lab.coordinator.fail("server01");
    while (lab.world.count("restore.begin spare01") < 40 && lab.coordinator.runOne(base::WallTime::max())) {
    }
    lab.world.fail("restore.begin spare01", Fault::Refuses, 4);
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(the_operator_hears_once_of_an_image_store_that_is_away_while_a_restore_waits_for_it) {
    Protected lab;
    for (const char* verb : {"restore.begin spare01", "restore.get"}) lab.world.fail(verb, Fault::Unreachable);
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.run(std::chrono::minutes(4));
    BOOST_TEST(!lab.told("neither answered nor confirmed"));
    lab.coordinator.run(std::chrono::hours(2));
    const auto of_silence = [](const std::string& message) {
        return message.find("neither answered nor confirmed") != std::string::npos;
    };
    BOOST_TEST(std::count_if(lab.world.told.begin(), lab.world.told.end(), of_silence) == 1);
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "PreparingSpare");
    for (const char* verb : {"restore.begin spare01", "restore.get"}) lab.world.heal(verb);
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(the_operator_hears_of_an_image_store_that_is_away_while_a_server_stays_off_for_a_capture) {
    Protected lab;
    const auto id = lab.coordinator.ask([](engine::Conductor& c) {
        return *c.requests().request(
            {domain::OperationKind::Backup, base::ServerName("server01"), {}, "operator ada", {}});
    });
    for (const char* verb : {"image.capture", "image.get"}) lab.world.fail(verb, Fault::TimesOut);
    lab.coordinator.run(std::chrono::minutes(10));
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "CapturingImage");
    BOOST_TEST(lab.told("server 'server01' waits to be captured"));
    BOOST_TEST(lab.told("standinctl failover server01"));
    for (const char* verb : {"image.capture", "image.get"}) lab.world.heal(verb);
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_spare_that_leaves_two_probes_unanswered_while_draining_gets_the_job_at_the_first_try) {
    Protected lab;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "hold.holding") lab.world.probes_to_miss = 2;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.handovers == 1U);
    BOOST_TEST(lab.world.probes_to_miss == 0);
}

BOOST_AUTO_TEST_CASE(a_spare_that_leaves_three_probes_unanswered_in_a_row_while_draining_sends_the_requests_back) {
    Protected lab;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "hold.holding" && lab.coordinator.last().handovers == 1) lab.world.probes_to_miss = 3;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.handovers == 2U);
}

BOOST_AUTO_TEST_CASE(a_spare_that_dies_while_nothing_is_held_leaves_the_job_on_the_stand_in) {
    Protected lab;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb != "hold.holding") return;
        lab.world.holds["job01"].held = 0;
        lab.world.machines["spare01"].boots = false;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed", failover.why);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST((lab.world.stand_ins.at(lab.standIn()).stand_in.state == protocol::StandInState::Running));
}

BOOST_AUTO_TEST_CASE(a_spare_that_dies_when_it_has_begun_gets_the_segment_only_when_it_answers_again) {
    Protected lab;
    bool died = false;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb != "hold.releasing" || std::exchange(died, true)) return;
        lab.world.holds["job01"].held = 0;
        lab.world.holds["job01"].delivered = 3;
        lab.world.machines["spare01"].boots = false;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator", failover.why);
    BOOST_TEST(failover.cure.find("operation retry") != std::string::npos, failover.cure);
    BOOST_TEST(lab.owner() == "holder");
    BOOST_TEST((lab.placement().on == domain::Placement::On::Nobody));
    BOOST_TEST(!failover.job_runs);
    BOOST_TEST(
        !lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().close(failover.id, "ada"); }).has_value());
    lab.world.machines["spare01"].boots = true;
    const auto before = lab.coordinator.changesOf(failover.id).size();
    BOOST_TEST(
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(failover.id, "ada"); }).has_value());
    lab.coordinator.run();
    const auto changes = lab.coordinator.changesOf(failover.id);
    BOOST_REQUIRE(changes.size() > before);
    for (auto i = before; i < changes.size(); ++i) {
        for (const char* false_word : {"stand-in answers", "stand-in owns", "stand-in runs"})
            BOOST_TEST(changes[i].find(false_word) == std::string::npos, changes[i]);
    }
    BOOST_TEST(stateOf(lab.coordinator.operation(failover.id)) == "Succeeded");
    BOOST_TEST(lab.owner() == "spare");
}

BOOST_AUTO_TEST_CASE(a_spare_of_the_cold_path_that_dies_while_the_fence_is_awaited_does_not_get_the_segment) {
    Protected lab(1, 1, FencePolicy::Power);
    lab.world.stand_ins.erase(lab.standIn());
    lab.world.fail("power.off server01", Fault::Refuses);
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.run(std::chrono::minutes(30));
    BOOST_REQUIRE(stateOf(lab.coordinator.operation(id)) == "NeedsOperator");
    lab.world.machines["spare01"].boots = false;
    lab.world.heal("power.off server01");
    BOOST_TEST(lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(id, "ada"); }).has_value());
    lab.coordinator.run(std::chrono::minutes(30));
    const auto failover = lab.coordinator.operation(id);
    BOOST_TEST(stateOf(failover) == "NeedsOperator", failover.why);
    BOOST_TEST(lab.owner() != "spare");
    BOOST_TEST(failover.cure.find("that spare 'spare01' executes its job") != std::string::npos, failover.cure);
}

BOOST_AUTO_TEST_CASE(a_further_spare_of_the_pool_is_tried) {
    Protected lab(1, 2);
    lab.world.machines["spare01"].boots = false;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.spare.text() == "spare02");
    BOOST_TEST(!lab.world.machines["spare01"].on);
    BOOST_TEST(lab.world.machines["spare02"].disk == "server01-1");
}

BOOST_AUTO_TEST_CASE(a_spare_of_another_server_is_never_taken) {
    Protected lab(2, 2);
    lab.world.machines["spare01"].boots = false;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.world.machines["spare02"].disk == "left over");
    BOOST_TEST(lab.world.machines["spare02"].on);
}

namespace {

/// spare01 lends its capacity to the VM host of server01's stand-in.
struct Lent : Protected {
    Lent() : Protected(2, 2) {
        coordinator.inventory.spares[base::SpareName("spare01")].vm_host = base::AgentName("vmhost1");
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_spare_that_carries_stand_ins_is_neither_switched_off_nor_written) {
    Lent lab;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.world.count("power.off spare01") == 0);
    BOOST_TEST(lab.world.count("restore.begin spare01") == 0);
    BOOST_TEST(lab.told("spare 'spare01' carries stand-in 'server01-1' of server 'server01'"));
}

BOOST_AUTO_TEST_CASE(a_vm_host_that_does_not_answer_is_not_released_while_its_machine_is_on) {
    Protected lab;
    lab.coordinator.inventory.spares[base::SpareName("spare01")].vm_host = base::AgentName("vmhost9");
    const auto failover = lab.failAndRun();  // no agent of that name is known: it is not released either
    BOOST_TEST(stateOf(failover) == "Failed");
    Protected silent;
    silent.coordinator.inventory.spares[base::SpareName("spare01")].vm_host = base::AgentName("vmhost1");
    silent.coordinator.ask([&](engine::Conductor& c) {
        c.spares().standInLost(base::ServerName("server01"), base::StandInName(silent.standIn()), "a test");
        return 0;
    });
    silent.world.fail("capacity.get", Fault::TimesOut);
    silent.failAndRun();
    BOOST_TEST(silent.world.count("power.off spare01") == 0);
    BOOST_TEST(silent.world.count("restore.begin spare01") == 0);
}

BOOST_AUTO_TEST_CASE(a_spare_whose_vm_host_keeps_what_jobs_have_written_is_neither_switched_off_nor_written) {
    Protected lab;
    lab.coordinator.inventory.spares[base::SpareName("spare01")].vm_host = base::AgentName("vmhost1");
    lab.coordinator.ask([&](engine::Conductor& c) {
        c.spares().standInLost(base::ServerName("server01"), base::StandInName(lab.standIn()), "a test");
        return 0;
    });
    lab.world.stand_ins.clear();
    lab.world.capacity.kept_disks = 1;
    lab.failAndRun();
    BOOST_TEST(lab.world.count("power.off spare01") == 0);
    BOOST_TEST(lab.world.count("restore.begin spare01") == 0);
}

BOOST_AUTO_TEST_CASE(a_spare_that_was_switched_on_by_hand_before_it_is_written_is_not_written) {
    Protected lab;
    lab.world.after_effect = [&](const std::string& verb, const std::string& subject) {
        if (verb == "power.off" && subject == "spare01") lab.world.machines["spare01"].on = true;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.world.count("restore.begin spare01") == 0);
    BOOST_TEST(lab.world.machines["spare01"].disk == "left over");
    BOOST_TEST(lab.told("somebody switched it on"));
}

BOOST_AUTO_TEST_CASE(a_spare_whose_power_cannot_be_read_back_is_not_written) {
    Protected lab;
    lab.world.fail("power.state spare01", Fault::TimesOut);
    BOOST_TEST(stateOf(lab.failAndRun()) == "Failed");
    BOOST_TEST(lab.world.count("restore.begin spare01") == 0);
    BOOST_TEST(lab.told("could not be read back as off"));
}

BOOST_AUTO_TEST_CASE(a_spare_that_was_switched_on_by_hand_after_it_was_written_does_not_take_over) {
    Protected lab;
    const auto id = lab.coordinator.fail("server01");
    while (lab.world.machines["spare01"].disk != "server01-1")
        BOOST_REQUIRE(lab.coordinator.runOne(base::WallTime::max()));
    lab.world.machines["spare01"].on = true;
    lab.coordinator.run();
    const auto failover = lab.coordinator.operation(id);
    BOOST_TEST(stateOf(failover) == "Failed", failover.why);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.told("somebody switched it on"));
}

BOOST_AUTO_TEST_CASE(a_spare_that_is_not_confirmed_to_be_that_spare_is_not_written) {
    for (const bool same : {true, false}) {
        Protected lab;
        auto& spare = lab.coordinator.inventory.spares[base::SpareName("spare01")];
        spare.disk_serial = "S1";
        spare.disk_wwn = "naa.50";
        lab.world.disks["spare01"] = {spare.disk, 1 << 20, true, false, {}, 512, same ? "S1" : "S2", "0x50"};
        const auto failover = lab.failAndRun();
        BOOST_TEST(stateOf(failover) == (same ? "Succeeded" : "Failed"), failover.why);
        BOOST_TEST(lab.world.count("restore.begin spare01") == (same ? 1 : 0));
        BOOST_TEST(lab.told("has the serial number 'S2', and the configuration declares 'S1'") == !same);
    }
}

BOOST_AUTO_TEST_CASE(the_operator_hears_once_of_a_spare_that_is_too_small_by_a_sector_before_any_server_fails) {
    Protected lab;
    const auto& row = *lab.coordinator.row("server01");
    lab.world.images[row.image.text()].size_bytes = 1 << 20;
    const auto look = [&] {
        const auto take = [&](engine::Input input) {
            lab.coordinator.ask([&](engine::Conductor& c) {
                std::get<engine::Request>(input)(c);
                return 0;
            });
        };
        auto& its = lab.coordinator;
        engine::Watch watch({its.inventory, its.drivers(), its.journal, its.executor, its.clock, its.events(),
                             base::Log("watch"), its.settings, *its.board, take});
        watch.look(*lab.coordinator.conductor);
        lab.coordinator.run(std::chrono::seconds(5));
    };
    lab.world.disks["spare01"] = {base::DiskName("spare01"), (1 << 20) - 512, true, false, {}, 512, {}, {}};
    look();
    look();
    BOOST_TEST(std::count_if(lab.world.told.begin(), lab.world.told.end(), [](const std::string& message) {
                   return message.find("512 bytes too small") != std::string::npos;
               }) == 1);
    BOOST_TEST(lab.coordinator.board->unfitSpares().size() == 1u);
    lab.world.disks["spare01"].size_bytes = 1 << 20;
    lab.world.disks["spare01"].sector_bytes = 4096;
    lab.world.images[row.image.text()].sector_bytes = 512;
    look();
    BOOST_TEST(lab.told("has sectors of 4096 bytes"));
    lab.world.disks["spare01"].sector_bytes = 512;
    look();
    BOOST_TEST(lab.coordinator.board->unfitSpares().empty());
}

BOOST_AUTO_TEST_CASE(a_spare_whose_power_off_is_not_confirmed_is_not_written) {
    Protected lab;
    lab.world.fail("power.off spare01", Fault::TimesOutAfter);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.world.count("restore.begin spare01") == 0);
    BOOST_TEST(lab.told("could not be confirmed as off"));
}

BOOST_AUTO_TEST_CASE(without_a_stand_in_the_spare_takes_over_on_the_cold_path) {
    Protected lab;
    lab.world.stand_ins.clear();
    lab.coordinator.ask([&](engine::Conductor& c) {
        c.spares().standInLost(base::ServerName("server01"), lab.coordinator.row("server01")->stand_in, "it is gone");
        return 0;
    });
    lab.coordinator.run();
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.cold);
    const std::vector<std::string> owners{"server", "nobody", "spare"};
    BOOST_TEST(lab.world.owners["job01"] == owners, boost::test_tools::per_element());
    BOOST_TEST(lab.told("stands still"));
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_does_not_answer_is_told_and_leads_to_the_cold_path) {
    Protected lab;
    lab.world.stand_ins.at(lab.standIn()).answers = false;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.cold);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST(lab.told("does not answer"));
}

BOOST_AUTO_TEST_CASE(under_policy_power_a_mute_stand_in_must_be_stopped_before_the_spare_takes_over) {
    Protected lab(1, 1, FencePolicy::Power);
    const auto stand_in = lab.standIn();
    lab.world.stand_ins.at(stand_in).answers = false;
    lab.world.fail("stand_in.stopped " + stand_in, Fault::Unreachable);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(lab.owner() == "");
}

BOOST_AUTO_TEST_CASE(the_cold_path_does_not_give_the_segment_without_a_fence) {
    Protected lab(1, 1, FencePolicy::Power);
    lab.world.stand_ins.at(lab.standIn()).answers = false;
    lab.world.fail("power.off server01", Fault::TimesOut);
    const auto id = lab.failAndRun().id;
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "NeedsOperator");
    BOOST_TEST(lab.owner() == "");
    lab.world.heal("power.off server01");
    BOOST_TEST(
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(id, "operator ada"); }).has_value());
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded", lab.coordinator.operation(id).why);
    BOOST_TEST(lab.world.restores.size() == 1u);  // the spare was ready already
}

BOOST_AUTO_TEST_CASE(with_neither_stand_in_nor_spare_the_operator_is_told_what_to_do) {
    Protected lab;
    lab.world.stand_ins.at(lab.standIn()).answers = false;
    lab.world.machines["spare01"].boots = false;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(!failover.cure.empty());
    BOOST_TEST(!lab.world.machines["spare01"].on);
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_does_not_finish_gets_its_requests_back_and_goes_on) {
    Protected lab;
    auto& stand_in = lab.world.stand_ins.at(lab.standIn());
    stand_in.connections = 2;
    stand_in.endless = true;
    const auto id = lab.failAndRun().id;
    const auto failover = lab.coordinator.operation(id);
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(failover.handovers == 3u);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.world.holds["job01"].held == 0u);
    stand_in.endless = false;
    BOOST_TEST(
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(id, "operator ada"); }).has_value());
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded", lab.coordinator.operation(id).why);
}

BOOST_AUTO_TEST_CASE(requests_are_drained_before_the_stand_in_stops) {
    Protected lab;
    lab.world.stand_ins.at(lab.standIn()).connections = 5;
    const auto stand_in = lab.standIn();
    bool drained = false;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "stand_in.stopped") drained = lab.world.stand_ins.at(stand_in).connections == 0;
    };
    lab.failAndRun();
    BOOST_TEST(drained);
}

BOOST_AUTO_TEST_CASE(a_vm_host_that_dies_while_draining_does_not_keep_requests_from_the_ready_spare) {
    Protected lab;
    lab.world.fail("stand_in.requests", Fault::Unreachable);
    lab.world.fail("stand_in.stopped", Fault::Unreachable);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST(lab.told("not heard of any more"));
}

BOOST_AUTO_TEST_CASE(a_vm_host_that_is_gone_is_not_besieged_while_draining) {
    Protected lab;
    lab.world.fail("stand_in.requests", Fault::Unreachable);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    const auto drain_within = lab.coordinator.inventory.servers.begin()->second.drain_within;
    BOOST_TEST(lab.world.count("stand_in.requests") < 10 + drain_within / std::chrono::seconds(1));
}

BOOST_AUTO_TEST_CASE(a_holder_that_cannot_hold_leaves_the_job_on_the_stand_in) {
    Protected lab;
    lab.world.fail("hold.holding", Fault::Refuses);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(lab.owner() == "stand-in");
}

BOOST_AUTO_TEST_SUITE_END()
