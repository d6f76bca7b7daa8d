// What is told of a guest that has stopped: libvirt's reason, QEMU's own words, the cure.
#include <libvirt/libvirt.h>

#include <boost/test/unit_test.hpp>

#include "agent/hypervisor/libvirt/domain_reading.hpp"
#include "agent/hypervisor/libvirt/qemu_log.hpp"
#include "agent/hypervisor/stand_ins/stand_in_problem.hpp"
#include "agent/hypervisor/stand_ins/stand_in_states.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace standin::hypervisor;
using protocol::StandInState;

namespace {

const std::string started =
    "2026-11-30 22:06:49.716+0000: starting up libvirt version: 9.0.0, qemu version: 7.2.22, hostname: vm\n"
    "LC_ALL=C \\\nPATH=/usr/bin \\\n/usr/bin/qemu-system-x86_64 \\\n-name guest=a,debug-threads=on \\\n-S \\\n"
    "-msg timestamp=on\n";
const std::string internal_error =
    "KVM internal error. Suberror: 1\nextra data[0]: 0x0000000000000001\nemulation failure\n"
    "EAX=000000a8 EBX=00000015 ECX=00000007 EDX=00101b92\nEIP=00008ffc EFL=00000006 [-----P-] CPL=0\n"
    "ES =0028 00000000 ffffffff 00c09300 DPL=0 DS   [-WA]\nGDT=     00009400 0000002f\nCR0=00000011 CR2=00000000\n"
    "DR0=0000000000000000\nEFER=0000000000000000\nCode=eb de ff 0d a8 39 <cf> c3\n";
const std::string destroyed =
    "2026-11-30T22:07:12.858819Z qemu-system-x86_64: terminating on signal 15 from pid 4881 (libvirtd)\n"
    "2026-11-30 22:07:14.460+0000: shutting down, reason=destroyed\n";

std::string told(const DomainStatus& status, std::optional<StandInState> commanded, const std::string& words = "") {
    return problemOf(status, {commanded, words, 12, "/stand-ins"});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(guest_problems)

BOOST_AUTO_TEST_CASE(an_internal_error_s_words_are_told_without_its_registers) {
    BOOST_TEST(lastWordsOf(started + internal_error) == "KVM internal error. Suberror: 1; emulation failure");
}

BOOST_AUTO_TEST_CASE(words_of_an_earlier_run_are_not_told) {
    BOOST_TEST(lastWordsOf(started + internal_error + destroyed + started) == "");
    BOOST_TEST(lastWordsOf(started + internal_error + destroyed) ==
               "KVM internal error. Suberror: 1; emulation failure; qemu-system-x86_64: terminating on signal 15 from "
               "pid 4881 (libvirtd)");
}

BOOST_AUTO_TEST_CASE(of_many_words_the_last_are_told_and_bytes_that_cannot_be_shown_are_not) {
    std::string log = started;
    for (int i = 0; i < 100; ++i) log += "line " + std::to_string(i) + "\n";
    BOOST_TEST(lastWordsOf(log) == "line 96; line 97; line 98; line 99");
    BOOST_TEST(lastWordsOf(started + "caf\xc3\xa9 \x1b[31m \xff\n") == "caf?? ?[31m ?");
    BOOST_TEST(lastWordsOf(started + std::string(100000, 'x') + "\n").size() == 300U);
    BOOST_TEST(lastWordsOf("") == "");
}

BOOST_AUTO_TEST_CASE(of_a_long_log_the_end_is_read_and_of_none_nothing) {
    tests::TemporaryDirectory directory;
    std::string log;
    while (log.size() < 200'000) log += started + internal_error + destroyed;
    tests::writeFile(directory / "a.log", log + started + "Assertion `ret == nmsrs' failed.\n");
    BOOST_TEST(qemuLastWords(directory / "", "a") == "Assertion `ret == nmsrs' failed.");
    BOOST_TEST(qemuLastWords(directory / "", "b") == "");
}

BOOST_AUTO_TEST_CASE(a_pause_for_which_libvirt_has_no_reason_is_not_taken_for_a_suspension) {
    BOOST_TEST((statusFrom(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER).state == DomainState::Paused));
    BOOST_TEST((statusFrom(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN).state == DomainState::Unknown));
    BOOST_TEST(pausedWithoutReason(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN));
    BOOST_TEST(!pausedWithoutReason(VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNKNOWN));
    const auto said = [](const std::string& status) {
        return statusFromQemu(R"({"return":{"status":")" + status + R"(","running":false},"id":"libvirt-415"})").state;
    };
    BOOST_TEST((said("paused") == DomainState::Paused));
    for (const auto* halted : {"internal-error", "guest-panicked", "io-error", "watchdog"})
        BOOST_TEST((said(halted) == DomainState::Halted), halted);
    BOOST_TEST((said("inmigrate") == DomainState::Unknown));
    for (const auto* nonsense : {"", "[]", "{\"return\":3}", "{\"return\":{\"status\":7}}", "{\"error\":{}}"})
        BOOST_TEST((statusFromQemu(nonsense).state == DomainState::Unknown), nonsense);
}

BOOST_AUTO_TEST_CASE(errors_that_stop_a_guest_are_no_suspension) {
    for (int reason : {VIR_DOMAIN_PAUSED_WATCHDOG, VIR_DOMAIN_PAUSED_CRASHED, VIR_DOMAIN_PAUSED_IOERROR})
        BOOST_TEST((statusFrom(VIR_DOMAIN_PAUSED, reason).state == DomainState::Halted));
    BOOST_TEST(pausedByDisk(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR));
    BOOST_TEST((statusOfPausedDisk(true).state == DomainState::OutOfSpace));
    BOOST_TEST((statusOfPausedDisk(false).state == DomainState::Halted));
    BOOST_TEST((standInStateOf(DomainState::Halted) == StandInState::Halted));
    BOOST_TEST((standInStateOf(DomainState::OutOfSpace) == StandInState::OutOfSpace));
}

BOOST_AUTO_TEST_CASE(what_halted_is_told_with_reason_words_and_cure) {
    const auto problem =
        told({DomainState::Halted, "QEMU has stopped it (internal-error)"}, StandInState::Running, "emulation failure");
    BOOST_TEST(
        problem ==
        "its guest has stopped: QEMU has stopped it (internal-error); QEMU's last words: 'emulation failure'; it "
        "can't be resumed: start it again (state 'stopped', then 'running'), or refresh the stand-in");
}

BOOST_AUTO_TEST_CASE(what_lacks_space_is_told_with_what_is_free_and_where) {
    BOOST_TEST(told({DomainState::OutOfSpace, "full"}, {}).find("12 MiB are free at '/stand-ins'") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_that_is_off_has_a_problem_only_if_it_was_to_be_there_or_has_crashed) {
    const DomainStatus off{DomainState::Off, "", "its guest shut down"};
    BOOST_TEST(told(off, StandInState::Stopped) == "");
    BOOST_TEST(told(off, {}) == "");
    BOOST_TEST(told(off, StandInState::Running) ==
               "its guest has ended by itself: its guest shut down; refresh the stand-in");
    BOOST_TEST(told(off, StandInState::Suspended) != "");
    const auto crashed = statusFrom(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED);
    BOOST_TEST(told(crashed, {}).find("crashed") != std::string::npos);
    BOOST_TEST(told(statusFrom(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_FAILED), {}) == "");  // its start said so
    BOOST_TEST(told({DomainState::Running}, StandInState::Running) == "");
    BOOST_TEST(told({DomainState::Paused}, StandInState::Suspended) == "");
}

BOOST_AUTO_TEST_SUITE_END()
