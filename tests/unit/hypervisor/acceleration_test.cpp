#include "agent/hypervisor/libvirt/acceleration.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace standin::hypervisor;
using namespace std::chrono_literals;

namespace {

/// A host whose QEMU is a script that does `body` under KVM.
struct AskedHost {
    tests::TemporaryDirectory directory;
    AccelerationProbe probe;

    AskedHost() {
        probe.qemu = directory / "qemu";
        probe.cache_file = directory / "acceleration.json";
        probe.boot_id_file = directory / "boot_id";
        probe.device = directory / "kvm";
        tests::writeFile(probe.boot_id_file, "boot-1\n");
        tests::writeFile(probe.device, "");
    }
    void qemuDoes(const std::string& body) {
        tests::writeFile(probe.qemu, "#!/bin/sh\necho asked >>" + (directory / "asked") + "\n" + body + "\n");
        ::chmod(probe.qemu.c_str(), 0755);
    }
    Acceleration find(AccelerationChoice choice = AccelerationChoice::Auto) {
        return findAcceleration(choice, "qemu:///system", probe);
    }
    [[nodiscard]] std::uintmax_t timesAsked() const {
        std::error_code none;
        const auto size = std::filesystem::file_size(directory / "asked", none);
        return none ? 0 : size / 6;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(acceleration, AskedHost)

BOOST_AUTO_TEST_CASE(a_guest_that_answers_under_kvm_means_kvm) {
    qemuDoes("exit 33");
    BOOST_TEST((find().type == DomainType::Kvm));
    BOOST_TEST(find().reason == "");
}

BOOST_AUTO_TEST_CASE(a_qemu_that_fails_under_kvm_means_software_emulation_with_its_words) {
    qemuDoes("echo 'failed to set MSR 0x10a' >&2; exit 134");
    const auto found = find();
    BOOST_TEST((found.type == DomainType::Qemu));
    BOOST_TEST(found.reason == "a guest under KVM did not boot: failed to set MSR 0x10a (exit code 134)");
}

BOOST_AUTO_TEST_CASE(a_guest_that_hangs_means_software_emulation_at_the_deadline) {
    probe.deadline = 50ms;
    qemuDoes("exec sleep 60");
    BOOST_TEST(find().reason == "a guest under KVM did not boot within 50 ms");
}

BOOST_AUTO_TEST_CASE(a_guest_that_kvm_stops_is_told_with_qemus_words_though_qemu_goes_on) {
    probe.deadline = 2s;  // for the script to have written them, on a loaded host
    qemuDoes("printf 'KVM internal error. Suberror: 1\\nemulation failure\\nEAX=000000a8 EBX=0\\n' >&2; exec sleep 60");
    BOOST_TEST(find().reason ==
               "a guest under KVM did not boot within 2000 ms: KVM internal error. Suberror: 1; emulation failure");
}

BOOST_AUTO_TEST_CASE(without_the_device_nothing_is_tried) {
    qemuDoes("exit 33");
    std::filesystem::remove(probe.device);
    BOOST_TEST((find().type == DomainType::Qemu));
    BOOST_TEST(timesAsked() == 0U);
}

BOOST_AUTO_TEST_CASE(it_is_asked_once_per_boot_of_the_host) {
    qemuDoes("exit 33");
    find();
    find();
    BOOST_TEST(timesAsked() == 1U);
    tests::writeFile(probe.boot_id_file, "boot-2\n");
    find();
    BOOST_TEST(timesAsked() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_chosen_is_obeyed_and_a_kvm_that_fails_is_told) {
    qemuDoes("exit 1");
    BOOST_TEST((find(AccelerationChoice::Tcg).type == DomainType::Qemu));
    BOOST_TEST(timesAsked() == 0U);
    BOOST_TEST((find(AccelerationChoice::Kvm).type == DomainType::Kvm));
    BOOST_TEST(find(AccelerationChoice::Kvm).reason.starts_with("a guest under KVM did not boot"));
}

BOOST_AUTO_TEST_CASE(what_the_probe_boots_ends_as_it_should_where_a_processor_does_all_of_it) {
    // Software emulation does: what is tried here is the program, not the host.
    tests::writeFile(probe.qemu,
                     "#!/bin/bash\nargs=()\nfor word in \"$@\"; do case $word in kvm) word=tcg ;; host) "
                     "word=max ;; esac; args+=(\"$word\"); done\nexec qemu-system-x86_64 \"${args[@]}\"\n");
    ::chmod(probe.qemu.c_str(), 0755);
    probe.deadline = 60s;
    const auto found = find();
    BOOST_TEST((found.type == DomainType::Kvm), found.reason);
}

BOOST_AUTO_TEST_CASE(a_guest_that_fails_after_the_probe_is_remembered_for_this_boot) {
    qemuDoes("exit 33");
    HostAcceleration host(AccelerationChoice::Auto, probe);
    host.find("qemu:///system");
    BOOST_TEST((host.current().type == DomainType::Kvm));
    BOOST_TEST(host.kvmFailedGuest("a guest under KVM has stopped"));
    BOOST_TEST((host.current().type == DomainType::Qemu));
    BOOST_TEST(!host.kvmFailedGuest("again"));
    HostAcceleration later(AccelerationChoice::Auto, probe);
    later.find("qemu:///system");
    BOOST_TEST((later.current().type == DomainType::Qemu));
    BOOST_TEST(later.current().reason == "a guest under KVM has stopped");
    tests::writeFile(probe.boot_id_file, "boot-2\n");
    later.find("qemu:///system");
    BOOST_TEST((later.current().type == DomainType::Kvm));
}

BOOST_AUTO_TEST_CASE(a_guest_that_fails_where_another_has_run_says_nothing_about_the_host) {
    qemuDoes("exit 33");
    HostAcceleration host(AccelerationChoice::Auto, probe);
    host.find("qemu:///system");
    host.kvmRanGuest();
    BOOST_TEST(!host.kvmFailedGuest("a guest under KVM has stopped"));
    HostAcceleration later(AccelerationChoice::Auto, probe);
    later.find("qemu:///system");
    BOOST_TEST(!later.kvmFailedGuest("a guest under KVM has stopped"));
    BOOST_TEST((later.current().type == DomainType::Kvm));
}

BOOST_AUTO_TEST_CASE(kvm_that_was_chosen_stays_whatever_guests_do) {
    qemuDoes("exit 33");
    HostAcceleration host(AccelerationChoice::Kvm, probe);
    host.find("qemu:///system");
    BOOST_TEST(!host.kvmFailedGuest("a guest under KVM has stopped"));
    BOOST_TEST((host.current().type == DomainType::Kvm));
}

BOOST_AUTO_TEST_CASE(a_broken_memory_is_asked_anew) {
    qemuDoes("exit 33");
    tests::writeFile(probe.cache_file, "{");
    BOOST_TEST((find().type == DomainType::Kvm));
    BOOST_TEST(timesAsked() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
