#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using domain::FencePolicy;
using domain::StepName;

BOOST_AUTO_TEST_SUITE(spare_paths)

BOOST_AUTO_TEST_CASE(a_spare_that_cannot_be_restored_leaves_the_job_on_a_grown_stand_in) {
    Lab lab;
    lab.disturb("restore.begin", Mishap::Refused);
    const auto stand_in = lab.standIn();
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.guests().at(stand_in).stand_in.resources.memory_mib == 2048u);
    BOOST_TEST(!lab.machine("spare01").on);
    BOOST_TEST(lab.told("failed"));
}

BOOST_AUTO_TEST_CASE(a_spare_is_not_given_up_because_its_image_store_is_busy) {
    Lab lab;
    lab.disturb("restore.begin", Mishap::Refused, 4);
    BOOST_TEST(stateOf(lab.failAndRun()) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_busy_image_store_is_asked_again_also_after_it_was_silent_for_long) {
    Lab lab;
    lab.disturb("restore.begin", Mishap::Unreachable, 40);
    const auto id = lab.fail("server01");
    lab.runUntil([&] { return lab.count("restore.begin") == 40; });
    lab.disturb("restore.begin", Mishap::Refused, 4);
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(the_operator_hears_once_of_an_image_store_that_is_away_while_a_restore_waits_for_it) {
    Lab lab;
    for (const char* verb : {"restore.begin", "restore.get"}) lab.disturb(verb, Mishap::Unreachable);
    const auto id = lab.fail("server01");
    lab.run(std::chrono::minutes(4));
    BOOST_TEST(!lab.told("neither answered nor confirmed"));
    lab.run(std::chrono::hours(2));
    BOOST_TEST(lab.timesTold("neither answered nor confirmed") == 1);
    BOOST_TEST(stateOf(lab.operation(id)) == "PreparingSpare");
    for (const char* verb : {"restore.begin", "restore.get"}) lab.heal(verb);
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(the_operator_hears_of_an_image_store_that_is_away_while_a_server_stays_off_for_a_capture) {
    Lab lab;
    const auto id = *lab.request(domain::OperationKind::Backup);
    for (const char* verb : {"image.capture", "image.get"}) lab.disturb(verb, Mishap::Lost);
    lab.run(std::chrono::minutes(10));
    BOOST_TEST(stateOf(lab.operation(id)) == "CapturingImage");
    BOOST_TEST(lab.told("server 'server01' waits to be captured"));
    BOOST_TEST(lab.told("standinctl failover server01"));
    for (const char* verb : {"image.capture", "image.get"}) lab.heal(verb);
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_spare_that_leaves_two_probes_unanswered_while_draining_gets_the_job_at_the_first_try) {
    Lab lab;
    lab.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "hold.holding") lab.missProbes("spare01", 2);
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.handovers == 1U);
    BOOST_TEST(!lab.machine("spare01").job_hangs);
}

BOOST_AUTO_TEST_CASE(a_spare_that_leaves_three_probes_unanswered_in_a_row_while_draining_sends_the_requests_back) {
    Lab lab;
    lab.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "hold.holding" && lab.last().handovers == 1) lab.missProbes("spare01", 3);
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.handovers == 2U);
}

BOOST_AUTO_TEST_CASE(a_spare_that_dies_while_nothing_is_held_leaves_the_job_on_the_stand_in) {
    Lab lab;
    lab.requests_per_hold = 0;
    lab.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "hold.holding") lab.machine("spare01").boot = Boot::Never;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed", failover.why);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST((lab.guest().stand_in.state == protocol::StandInState::Running));
}

BOOST_AUTO_TEST_CASE(a_spare_that_dies_when_it_has_begun_gets_the_segment_only_when_it_answers_again) {
    Lab lab;
    bool died = false;
    lab.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "hold.get" && lab.heldAndAnswered() > 0 && lab.held() == 0 && !std::exchange(died, true))
            lab.machine("spare01").boot = Boot::Never;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator", failover.why);
    BOOST_TEST(failover.cure.find("operation retry") != std::string::npos, failover.cure);
    BOOST_TEST(lab.owner() == "holder");
    BOOST_TEST((lab.placement().on == domain::Placement::On::Nobody));
    BOOST_TEST(!failover.job_runs);
    BOOST_TEST(!lab.close(failover.id).has_value());
    lab.machine("spare01").boot = Boot::Well;
    const auto before = lab.changesOf(failover.id).size();
    BOOST_TEST(lab.retry(failover.id).has_value());
    lab.run();
    const auto changes = lab.changesOf(failover.id);
    BOOST_REQUIRE(changes.size() > before);
    for (auto i = before; i < changes.size(); ++i) {
        for (const char* false_word : {"stand-in answers", "stand-in owns", "stand-in runs"})
            BOOST_TEST(changes[i].find(false_word) == std::string::npos, changes[i]);
    }
    BOOST_TEST(stateOf(lab.operation(failover.id)) == "Succeeded");
    BOOST_TEST(lab.owner() == "spare");
}

BOOST_AUTO_TEST_CASE(a_spare_of_the_cold_path_that_dies_while_the_fence_is_awaited_does_not_get_the_segment) {
    Lab lab(1, 1, FencePolicy::Power);
    lab.world.lose(lab.standIn());
    lab.disturb("power.off/server01", Mishap::Refused);
    const auto id = lab.fail("server01");
    lab.run(std::chrono::minutes(30));
    BOOST_REQUIRE(stateOf(lab.operation(id)) == "NeedsOperator");
    lab.machine("spare01").boot = Boot::Never;
    lab.heal("power.off/server01");
    BOOST_TEST(lab.retry(id).has_value());
    lab.run(std::chrono::minutes(30));
    const auto failover = lab.operation(id);
    BOOST_TEST(stateOf(failover) == "NeedsOperator", failover.why);
    BOOST_TEST(lab.owner() != "spare");
    BOOST_TEST(failover.cure.find("that spare 'spare01' executes its job") != std::string::npos, failover.cure);
}

BOOST_AUTO_TEST_CASE(a_further_spare_of_the_pool_is_tried) {
    Lab lab(1, 2);
    lab.machine("spare01").boot = Boot::Never;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.spare.text() == "spare02");
    BOOST_TEST(!lab.machine("spare01").on);
    BOOST_TEST(lab.machine("spare02").disk == "server01-1");
}

BOOST_AUTO_TEST_CASE(a_spare_of_another_server_is_never_taken) {
    Lab lab(2, 2);
    lab.machine("spare01").boot = Boot::Never;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.machine("spare02").disk == "left over");
    BOOST_TEST(lab.machine("spare02").on);
}

namespace {

/// Until the spare of a failed server was confirmed to be off.
domain::OperationId untilSpareIsOff(Lab& lab) {
    const auto id = lab.fail("server01");
    lab.runUntil([&] {
        const auto failover = lab.operation(id);
        const auto* off = failover.find({StepName::PowerOffSpare, "spare01"});
        return off != nullptr && off->state == domain::StepState::Done;
    });
    return id;
}

/// spare01 lends its capacity to the VM host of server01's stand-in.
struct Lent : Lab {
    explicit Lent(int servers = 2) : Lab(labConfig({.servers = servers, .spares = servers, .lent = true})) {}
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_spare_that_carries_stand_ins_is_neither_switched_off_nor_written) {
    Lent lab;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.count("power.off/spare01") == 0);
    BOOST_TEST(lab.count("restore.begin") == 0);
    BOOST_TEST(lab.told("spare 'spare01' carries stand-in 'server01-1' of server 'server01'"));
}

BOOST_AUTO_TEST_CASE(a_vm_host_that_does_not_answer_is_not_released_while_its_machine_is_on) {
    Lab lab;
    lab.spare().vm_host = base::AgentName("vmhost9");
    const auto failover = lab.failAndRun();  // no agent of that name is known: it is not released either
    BOOST_TEST(stateOf(failover) == "Failed");
    Lent silent(1);
    silent.standInLost();
    silent.disturb("capacity.get", Mishap::Lost);
    silent.failAndRun();
    BOOST_TEST(silent.count("power.off/spare01") == 0);
    BOOST_TEST(silent.count("restore.begin") == 0);
}

BOOST_AUTO_TEST_CASE(a_spare_whose_vm_host_keeps_what_jobs_have_written_is_neither_switched_off_nor_written) {
    Lent lab(1);
    lab.guest().stand_in.state = protocol::StandInState::Kept;
    lab.standInLost();
    lab.failAndRun();
    BOOST_TEST(lab.count("power.off/spare01") == 0);
    BOOST_TEST(lab.count("restore.begin") == 0);
}

BOOST_AUTO_TEST_CASE(a_spare_that_was_switched_on_by_hand_before_it_is_written_is_not_written) {
    Lab lab;
    const auto id = untilSpareIsOff(lab);
    lab.world.power(lab.machine("spare01"), true, simulation::World::SwitchedBy::Hand);
    lab.run();
    const auto failover = lab.operation(id);
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.count("restore.begin") == 0);
    BOOST_TEST(lab.machine("spare01").disk == "left over");
    BOOST_TEST(lab.told("somebody switched it on"));
}

BOOST_AUTO_TEST_CASE(a_spare_whose_power_cannot_be_read_back_is_not_written) {
    Lab lab;
    const auto id = untilSpareIsOff(lab);
    lab.disturb("power.read/spare01", Mishap::Lost);
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Failed");
    BOOST_TEST(lab.count("restore.begin") == 0);
    BOOST_TEST(lab.told("could not be read back as off"));
}

BOOST_AUTO_TEST_CASE(a_spare_that_was_switched_on_by_hand_after_it_was_written_does_not_take_over) {
    Lab lab;
    const auto id = lab.fail("server01");
    lab.runUntil([&] { return lab.machine("spare01").disk == "server01-1" && lab.machine("spare01").disk_whole; });
    lab.machine("spare01").on = true;
    lab.run();
    const auto failover = lab.operation(id);
    BOOST_TEST(stateOf(failover) == "Failed", failover.why);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.told("somebody switched it on"));
}

BOOST_AUTO_TEST_CASE(the_operator_hears_once_of_a_spare_that_is_too_small_by_a_sector_before_any_server_fails) {
    auto config = labConfig({});
    config.engine.watch_every = std::chrono::seconds(10);
    Lab lab(config);
    auto& image = lab.store().images.at("server01-1");
    image.size_bytes = 1 << 20;
    auto& disk = lab.store().other_disks["spare01"];
    const auto look = [&] { lab.pass(std::chrono::seconds(15)); };
    disk = {lab.spare().disk, (1 << 20) - 512, true, false, {}, 512, lab.spare().disk_serial, {}};
    look();
    look();
    BOOST_TEST(lab.timesTold("512 bytes too small") == 1);
    BOOST_TEST(lab.board().unfitSpares().size() == 1u);
    disk.size_bytes = 1 << 20;
    disk.sector_bytes = 4096;
    image.sector_bytes = 512;
    look();
    BOOST_TEST(lab.told("has sectors of 4096 bytes"));
    disk.sector_bytes = 512;
    look();
    BOOST_TEST(lab.board().unfitSpares().empty());
}

BOOST_AUTO_TEST_CASE(a_spare_whose_power_off_is_not_confirmed_is_not_written) {
    Lab lab;
    lab.disturb("power.off/spare01", Mishap::AnswerLost);
    lab.disturb("power.read/spare01", Mishap::Lost);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.count("restore.begin") == 0);
    BOOST_TEST(lab.told("could not be confirmed as off"));
}

BOOST_AUTO_TEST_CASE(without_a_stand_in_the_spare_takes_over_on_the_cold_path) {
    Lab lab;
    lab.world.lose(lab.standIn());
    lab.standInLost();
    lab.run();
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.cold);
    const std::vector<std::string> owners{"server", "nobody", "spare"};
    BOOST_TEST(lab.owners["job01"] == owners, boost::test_tools::per_element());
    BOOST_TEST(lab.told("is down"));
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_does_not_answer_is_told_and_leads_to_the_cold_path) {
    Lab lab;
    lab.guest().mute = true;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(failover.cold);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST(lab.told("does not answer"));
}

BOOST_AUTO_TEST_CASE(under_policy_power_a_mute_stand_in_must_be_stopped_before_the_spare_takes_over) {
    Lab lab(1, 1, FencePolicy::Power);
    const auto stand_in = lab.standIn();
    lab.guest().mute = true;
    lab.disturb("stand_in.stopped/" + stand_in, Mishap::Unreachable);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(lab.owner() == "");
}

BOOST_AUTO_TEST_CASE(the_cold_path_does_not_give_the_segment_without_a_fence) {
    Lab lab(1, 1, FencePolicy::Power);
    lab.guest().mute = true;
    lab.disturb("power.off/server01", Mishap::Lost);
    const auto id = lab.failAndRun().id;
    BOOST_TEST(stateOf(lab.operation(id)) == "NeedsOperator");
    BOOST_TEST(lab.owner() == "");
    lab.heal("power.off/server01");
    BOOST_TEST(lab.retry(id).has_value());
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded", lab.operation(id).why);
    BOOST_TEST(lab.store().restores().size() == 1u);  // the spare was ready already
}

BOOST_AUTO_TEST_CASE(with_neither_stand_in_nor_spare_the_operator_is_told_what_to_do) {
    Lab lab;
    lab.guest().mute = true;
    lab.machine("spare01").boot = Boot::Never;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(!failover.cure.empty());
    BOOST_TEST(!lab.machine("spare01").on);
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_does_not_finish_gets_its_requests_back_and_goes_on) {
    Lab lab;
    auto& stand_in = lab.guest();
    stand_in.unanswered = 2;
    const auto id = lab.failAndRun().id;
    const auto failover = lab.operation(id);
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(failover.handovers == 3u);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.held() == 0u);
    stand_in.unanswered = 0;
    BOOST_TEST(lab.retry(id).has_value());
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded", lab.operation(id).why);
}

BOOST_AUTO_TEST_CASE(requests_are_drained_before_the_stand_in_stops) {
    Lab lab;
    lab.guest().unanswered = 5;
    bool drained = false;
    lab.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "stand_in.stopped") drained = lab.guest().unanswered == 0;
        if (verb != "hold.holding") return;
        for (int i = 1; i <= 5; ++i)
            lab.world.queue.after(i * std::chrono::milliseconds(100), [&] { --lab.guest().unanswered; });
    };
    lab.failAndRun();
    BOOST_TEST(drained);
}

BOOST_AUTO_TEST_CASE(a_vm_host_that_dies_while_draining_does_not_keep_requests_from_the_ready_spare) {
    Lab lab;
    lab.disturb("stand_in.requests", Mishap::Unreachable);
    lab.disturb("stand_in.stopped", Mishap::Unreachable);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST(lab.told("has stopped responding"));
}

BOOST_AUTO_TEST_CASE(a_vm_host_that_is_gone_is_not_besieged_while_draining) {
    Lab lab;
    lab.disturb("stand_in.requests", Mishap::Unreachable);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    const auto drain_within = lab.config.inventory.servers.begin()->second.drain_within;
    BOOST_TEST(lab.count("stand_in.requests") < 10 + drain_within / std::chrono::seconds(1));
}

BOOST_AUTO_TEST_CASE(a_holder_that_cannot_hold_leaves_the_job_on_the_stand_in) {
    Lab lab;
    lab.disturb("hold.holding", Mishap::Refused);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(lab.owner() == "stand-in");
}

BOOST_AUTO_TEST_SUITE_END()
