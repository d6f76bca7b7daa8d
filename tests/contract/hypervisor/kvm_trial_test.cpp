// A host whose KVM passes the probe and then stops its guests, or lets them hang.
#include <sys/stat.h>

#include "agent/base/durable_file.hpp"
#include "tests/contract/hypervisor/scripted_host.hpp"

using namespace standin;
using namespace standin::hypervisor;
using protocol::StandInState;
using Guest = tests::ScriptedDomains::Guest;
using State = DomainState;

namespace {

struct PretendingHost : tests::ScriptedHost {
    PretendingHost() {
        settings.uri = "qemu:///system";
        settings.probe.qemu = directory / "qemu";
        settings.probe.device = directory / "kvm";
        settings.probe.boot_id_file = directory / "boot_id";
        settings.sign_of_life_within = std::chrono::milliseconds(300);
        tests::writeFile(settings.probe.qemu, "#!/bin/sh\nexit 33\n");
        ::chmod(settings.probe.qemu.c_str(), 0755);
        tests::writeFile(settings.probe.device, "");
        tests::writeFile(settings.probe.boot_id_file, "boot-1\n");
        begin();
    }
    void start() {
        make();
        BOOST_REQUIRE(stand_ins->setState(name, StandInState::Running));
    }
    /// Runs emulated, and shows signs of life.
    bool runsEmulated() {
        return eventually([&] {
            return !guest().underKvm() && guest().alive && stand_ins->get(name)->state == StandInState::Running;
        });
    }
    std::string warning() {
        const auto told = stand_ins->get(name);
        for (const auto& each : told->warnings) {
            if (each.starts_with("acceleration: ")) return each;
        }
        return "";
    }
    std::string acceleration() { return stand_ins->capacity()->acceleration; }
    std::string remembered() { return base::readWhole(settings.stand_in_dir + "/acceleration.json").value_or(""); }
    static void halts(Guest& guest) {
        if (!guest.underKvm()) {
            guest.alive = true;
            return;
        }
        guest.status = {State::Halted, "QEMU has stopped it (internal-error)"};
        guest.status.internal_error = true;
    }
    static void hangs(Guest& guest) { guest.alive = !guest.underKvm(); }
    /// The same stand-in once more, made again.
    void again() {
        BOOST_REQUIRE(stand_ins->remove(name));
        start();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kvm_trial, PretendingHost)

BOOST_AUTO_TEST_CASE(a_guest_that_runs_stays_under_kvm) {
    start();
    BOOST_TEST(guest().underKvm());
    BOOST_TEST(eventually([&] { return remembered().find("true") != std::string::npos; }));
    BOOST_TEST(acceleration() == "kvm");
    BOOST_TEST(warning() == "");
}

BOOST_AUTO_TEST_CASE(a_guest_that_kvm_stops_is_started_again_without_it_and_the_host_remembers) {
    domains.on_start = &halts;
    start();
    BOOST_TEST(runsEmulated());
    BOOST_TEST(guest().starts == 2U);
    BOOST_TEST(stand_ins->get(name)->problem == "");
    BOOST_TEST(warning().find("internal-error") != std::string::npos, warning());
    BOOST_TEST(acceleration() == "tcg");
    BOOST_TEST(check("acceleration").detail.find("a guest under KVM has stopped") != std::string::npos);
    BOOST_TEST(check("acceleration").ok);
    stand_ins.reset();
    begin();
    BOOST_TEST(acceleration() == "tcg");
    again();
    BOOST_TEST(guest().starts == 1U);  // without a try under KVM
    BOOST_REQUIRE(stand_ins->remove(name));
    stand_ins.reset();
    tests::writeFile(settings.probe.boot_id_file, "boot-2\n");
    begin();
    BOOST_TEST(acceleration() == "kvm");
}

BOOST_AUTO_TEST_CASE(whoever_waits_for_it_is_told_that_it_is_being_made_and_never_that_it_has_stopped) {
    domains.on_start = &hangs;
    start();
    std::atomic<bool> through = false;
    std::atomic<int> odd = 0;
    std::thread asking([&] {
        while (!through) {
            const auto state = stand_ins->get(name)->state;
            if (state != StandInState::Running && state != StandInState::Making) ++odd;
        }
    });
    happen(&halts);
    BOOST_TEST(runsEmulated());
    through = true;
    asking.join();
    BOOST_TEST(odd == 0);
}

BOOST_AUTO_TEST_CASE(a_guest_that_hangs_is_started_again_and_only_its_life_without_kvm_proves_the_host_at_fault) {
    domains.on_start = &hangs;
    start();
    BOOST_TEST(runsEmulated());
    BOOST_TEST(eventually([&] { return acceleration() == "tcg"; }));
    BOOST_TEST(warning().find("gave no sign of life within 300 ms") != std::string::npos, warning());
    again();
    BOOST_TEST(!guest().underKvm());
}

BOOST_AUTO_TEST_CASE(an_image_that_hangs_either_way_is_not_the_hosts_fault) {
    domains.on_start = [](Guest&) {};
    start();
    BOOST_TEST(eventually([&] { return guest().starts == 2U && !guest().underKvm(); }));
    again();
    BOOST_TEST(guest().underKvm());
    BOOST_TEST(acceleration() == "kvm");
}

BOOST_AUTO_TEST_CASE(a_guest_that_kvm_stops_where_others_have_run_is_emulated_alone) {
    start();
    BOOST_TEST(eventually([&] { return remembered().find("true") != std::string::npos; }));
    domains.on_start = &halts;
    again();
    BOOST_TEST(runsEmulated());
    BOOST_TEST(acceleration() == "kvm");
    protocol::Health health;
    stand_ins->checkHealth(health);
    bool warned = false;
    for (const auto& each : health.warnings)
        warned = warned || each.find("stand-in server01-1 runs by software") != std::string::npos;
    BOOST_TEST(warned);
}

BOOST_AUTO_TEST_CASE(a_qemu_that_does_not_start_under_kvm_is_started_without_it) {
    domains.start_failure =
        base::Error{base::ErrorCode::Internal, "internal error: process exited: kvm_buf_set_msrs: Assertion failed"};
    start();
    BOOST_TEST(runsEmulated());
    BOOST_TEST(eventually([&] { return acceleration() == "tcg"; }));
}

BOOST_AUTO_TEST_CASE(a_qemu_that_does_not_start_for_another_reason_is_not_tried_without_kvm) {
    domains.start_failure = base::Error{base::ErrorCode::Internal, "Cannot get interface MTU on 'br0': No such device"};
    make();
    BOOST_TEST(!stand_ins->setState(name, StandInState::Running).has_value());
    BOOST_TEST(guest().underKvm());
}

BOOST_AUTO_TEST_CASE(one_that_was_proved_and_stops_later_is_told_and_not_started_again) {
    start();
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Suspended));
    domains.on_resume = [](Guest& guest) {
        guest.status = {State::Halted, "QEMU has stopped it (internal-error)"};
        guest.status.internal_error = true;
    };
    BOOST_TEST(!stand_ins->setState(name, StandInState::Running).has_value());
    BOOST_TEST((stand_ins->get(name)->state == StandInState::Halted));
    BOOST_TEST(guest().starts == 1U);
}

BOOST_AUTO_TEST_CASE(kvm_that_was_chosen_is_kept_and_the_stopped_guest_told) {
    stand_ins.reset();
    settings.acceleration = AccelerationChoice::Kvm;
    begin();
    domains.on_start = &halts;
    make();
    BOOST_TEST(!stand_ins->setState(name, StandInState::Running).has_value());
    BOOST_TEST((stand_ins->get(name)->state == StandInState::Halted));
}

BOOST_AUTO_TEST_SUITE_END()
