// StandIns whose guests stop by themselves.
#include <boost/test/unit_test.hpp>

#include "tests/contract/hypervisor/scripted_host.hpp"

using namespace standin;
using namespace standin::hypervisor;
using base::ErrorCode;
using protocol::StandInState;
using tests::ScriptedDomains;
using State = DomainState;

namespace {

struct StoppedGuests : tests::ScriptedHost {
    StoppedGuests() { begin(); }

    /// Made and brought into `state`, and then the guest stops.
    void stops(StandInState state, DomainStatus how) {
        make();
        BOOST_REQUIRE(stand_ins->setState(name, StandInState::Running));
        if (state == StandInState::Suspended) BOOST_REQUIRE(stand_ins->setState(name, StandInState::Suspended));
        happen([how](ScriptedDomains::Guest& guest) { guest.status = how; });
    }
    void sayInQemusLog(const std::string& words) {
        tests::writeFile(
            settings.qemu_log_dir + "/contract.server01-1.log",
            "2026-11-30 22:06:49.716+0000: starting up libvirt version: 9.0.0\n/usr/bin/qemu \\\n-S\n" + words + "\n");
    }
    ErrorCode refusalOf(StandInState wanted) {
        const auto set = stand_ins->setState(name, wanted);
        BOOST_REQUIRE(!set);
        last_refusal = set.error().message;
        return set.error().code;
    }
    std::string last_refusal;
};

const DomainStatus halted{State::Halted, "QEMU has stopped it (internal-error)"};
const DomainStatus full{State::OutOfSpace, "paused because its disk's file system is full"};
const DomainStatus crashed{State::Off, "crashed", "the guest or its QEMU crashed", true};
const DomainStatus shut_down{State::Off, "", "its guest shut down"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stopped_guests, StoppedGuests)

BOOST_AUTO_TEST_CASE(one_that_halts_says_so_with_qemus_words) {
    stops(StandInState::Running, halted);
    sayInQemusLog("KVM internal error. Suberror: 1\nemulation failure");
    const auto told = stand_ins->get(name);
    BOOST_REQUIRE(told);
    BOOST_TEST((told->state == StandInState::Halted));
    BOOST_TEST(told->problem.find("internal-error") != std::string::npos);
    BOOST_TEST(told->problem.find("'KVM internal error. Suberror: 1; emulation failure'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_that_ends_by_itself_is_stopped_and_says_why) {
    for (const auto& how : {crashed, shut_down}) {
        stops(StandInState::Suspended, how);
        const auto told = stand_ins->get(name);
        BOOST_TEST((told->state == StandInState::Stopped));
        BOOST_TEST(told->problem.find(how.reason) != std::string::npos, told->problem);
        BOOST_REQUIRE(stand_ins->remove(name));
    }
}

BOOST_AUTO_TEST_CASE(one_that_was_told_to_stop_has_no_problem) {
    make();
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Running));
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Stopped));
    BOOST_TEST(stand_ins->get(name)->problem == "");
}

BOOST_AUTO_TEST_CASE(one_that_has_stopped_is_neither_resumed_nor_started_nor_said_to_be_suspended) {
    for (const auto& how : {halted, crashed, shut_down}) {
        stops(StandInState::Suspended, how);
        const auto problem = stand_ins->get(name)->problem;
        for (int again = 0; again < 2; ++again) {
            BOOST_TEST((refusalOf(StandInState::Running) == ErrorCode::WrongState));
            BOOST_TEST(last_refusal.find(problem) != std::string::npos, last_refusal);
            BOOST_TEST((refusalOf(StandInState::Suspended) == ErrorCode::WrongState));
        }
        BOOST_TEST(guest().starts == 1U);
        BOOST_TEST(stand_ins->setState(name, StandInState::Stopped).has_value());
        BOOST_TEST(stand_ins->setState(name, StandInState::Running).has_value());
        BOOST_TEST(stand_ins->get(name)->problem == "");
        BOOST_REQUIRE(stand_ins->remove(name));
    }
}

BOOST_AUTO_TEST_CASE(one_that_halts_in_the_moment_of_its_resumption_is_not_said_to_run) {
    make();
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Running));
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Suspended));
    domains.on_resume = [](ScriptedDomains::Guest& guest) { guest.status = halted; };
    BOOST_TEST((refusalOf(StandInState::Running) == ErrorCode::WrongState));
    BOOST_TEST(last_refusal.find("internal-error") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_that_has_stopped_has_no_requests_to_wait_for) {
    stops(StandInState::Running, halted);
    const auto requests = stand_ins->requests(name);
    BOOST_REQUIRE(!requests);
    BOOST_TEST((requests.error().code == ErrorCode::WrongState));
}

BOOST_AUTO_TEST_CASE(health_fails_and_the_log_says_it_as_soon_as_the_hypervisor_tells) {
    stops(StandInState::Suspended, halted);
    const auto check = checkUntil("guests", false);
    BOOST_TEST(check.detail.find("stand-in server01-1: its guest has stopped") != std::string::npos, check.detail);
    BOOST_TEST(!check.cure.empty());
    BOOST_TEST(logged("stand-in server01-1: halted: its guest has stopped"));
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Stopped));
    checkUntil("guests", true);
}

BOOST_AUTO_TEST_CASE(one_that_lacks_disk_space_says_so_and_goes_on_by_itself_when_there_is_space) {
    stops(StandInState::Running, full);  // and this host's disk has space
    BOOST_TEST(eventually([&] { return guest().status.state == State::Running; }));
    BOOST_TEST(guest().resumes == 1U);
    BOOST_TEST((stand_ins->get(name)->state == StandInState::Running));
    BOOST_TEST(eventually([&] { return logged("'out_of_space' -> 'running'"); }));
}

BOOST_AUTO_TEST_CASE(one_that_lacks_disk_space_is_not_said_to_be_suspended_and_can_be_stopped) {
    domains.on_resume = [](ScriptedDomains::Guest& guest) { guest.status = full; };  // at its next write
    stops(StandInState::Running, full);
    const auto told = stand_ins->get(name);
    BOOST_TEST((told->state == StandInState::OutOfSpace));
    BOOST_TEST(told->problem.find("make space there") != std::string::npos);
    BOOST_TEST((refusalOf(StandInState::Suspended) == ErrorCode::WrongState));
    BOOST_TEST(!stand_ins->requests(name).has_value());
    BOOST_TEST(stand_ins->setState(name, StandInState::Stopped).has_value());
    BOOST_TEST((stand_ins->get(name)->state == StandInState::Stopped));
}

BOOST_AUTO_TEST_CASE(after_a_restart_of_the_agent_a_crash_is_told_all_the_same) {
    stops(StandInState::Suspended, crashed);
    stand_ins.reset();
    begin();
    BOOST_TEST(stand_ins->get(name)->problem.find("crashed") != std::string::npos);
    BOOST_TEST((refusalOf(StandInState::Running) == ErrorCode::WrongState));
}

BOOST_AUTO_TEST_SUITE_END()
