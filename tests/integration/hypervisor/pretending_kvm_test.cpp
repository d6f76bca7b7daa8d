// A VM host whose KVM passes the probe and then stops its guests, or lets them hang: see pretending_qemu.py. Plays on
// hosts with KVM and without.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/integration/hypervisor/case_bound.hpp"
#include "tests/integration/hypervisor/hypervisor_lab.hpp"
#include "tests/support/made_names.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace standin::tests;

namespace {

/// What such a host has instead of KVM, in a directory that QEMU's user can reach.
class PretendingKvm {
  public:
    explicit PretendingKvm(const std::string& how) {
        std::string place = "/var/tmp/standin-pretending-XXXXXX";
        BOOST_REQUIRE(::mkdtemp(place.data()) != nullptr);
        directory_ = place;
        noteMade(directory_);
        std::filesystem::permissions(directory_, std::filesystem::perms(0755));
        std::string firmware(64 << 10, '\0');
        firmware.replace(firmware.size() - 16, 2, "\xeb\xfe", 2);  // where a processor begins: jump to itself
        write("loop.bin", firmware, 0644);
        write("pretending_qemu.py", shell("cat " STANDIN_SOURCE_DIR "/tests/integration/hypervisor/pretending_qemu.py"),
              0755);
        write("qemu",
              "#!/bin/sh\ncase $* in *charmonitor*) exec " + directory_ + "/pretending_qemu.py " + how + " " +
                  directory_ + " \"$@\" ;; esac\nexec /usr/bin/qemu-system-x86_64 \"$@\"\n",
              0755);
        write("probe", "#!/bin/sh\nexit 33\n", 0755);
        write("kvm", "", 0644);
        // libvirt asks a QEMU that it does not know what it can do, for longer than a definition may take on a loaded
        // host.
        const Waiting waiting("libvirt to have asked the pretending QEMU what it can do");
        shell("virsh -c qemu:///system domcapabilities --virttype qemu --emulatorbin " + directory_ +
              "/qemu >/dev/null");
    }
    ~PretendingKvm() {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    PretendingKvm(const PretendingKvm&) = delete;
    PretendingKvm& operator=(const PretendingKvm&) = delete;

    void adjust(hypervisor::HypervisorSettings& settings) const {
        settings.kvm_program = directory_ + "/qemu";
        settings.probe.qemu = directory_ + "/probe";
        settings.probe.device = directory_ + "/kvm";
        settings.probe.cache_file = directory_ + "/acceleration.json";
        settings.sign_of_life_within = std::chrono::seconds(4);
    }

  private:
    void write(const std::string& name, const std::string& content, mode_t mode) const {
        writeFile(directory_ + "/" + name, content);
        ::chmod((directory_ + "/" + name).c_str(), mode);
    }
    std::string directory_;
};

void makeAndStart(HypervisorAgent& agent) {
    agent.put("/v1/stand-ins/server01-1", agent.definition());
    agent.waitForState("server01-1", "stopped", 60);
    agent.setState("server01-1", "running");
}

void comesUpWithoutIt(const std::string& how, const std::string& words) {
    PretendingKvm kvm(how);
    QuarantineLan lan;
    HypervisorAgent agent(lan, labImage(), [&](auto& settings) { kvm.adjust(settings); });
    makeAndStart(agent);
    agent.waitForAnswer("server01-1", 120);
    const auto told = agent.get("/v1/stand-ins/server01-1");
    BOOST_TEST(told["state"] == "running");
    BOOST_TEST(told["warnings"].dump().find(words) != std::string::npos, told["warnings"].dump());
    // A guest that hung under KVM is the host's fault only once it was seen alive without KVM. That look comes within
    // some seconds, on a fast host after the guest's first answer.
    agent.waitForAcceleration("tcg", 15);
    agent.restart();
    BOOST_TEST(agent.get("/v1/capacity")["acceleration"] == "tcg");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pretending_kvm)

BOOST_AUTO_TEST_CASE(a_guest_that_kvm_stops_comes_up_without_it) {
    comesUpWithoutIt("halts", "KVM internal error. Suberror: 1; emulation failure");
}

BOOST_AUTO_TEST_CASE(a_guest_that_hangs_under_kvm_comes_up_without_it) {
    comesUpWithoutIt("hangs", "gave no sign of life within 4000 ms");
}

BOOST_AUTO_TEST_CASE(where_kvm_was_chosen_the_stopped_guest_is_told_at_once_in_libvirts_and_qemus_words) {
    PretendingKvm kvm("halts");
    QuarantineLan lan;
    HypervisorAgent agent(lan, labImage(), [&](auto& settings) {
        kvm.adjust(settings);
        settings.acceleration = hypervisor::AccelerationChoice::Kvm;
    });
    makeAndStart(agent);
    const auto told = agent.waitForState("server01-1", "halted", 30);
    const auto problem = told["problem"].get<std::string>();
    BOOST_TEST(problem.find("QEMU has stopped it (internal-error)") != std::string::npos, problem);
    BOOST_TEST(problem.find("'KVM internal error. Suberror: 1; emulation failure'") != std::string::npos, problem);
    for (const auto* state : {"running", "suspended"})
        BOOST_TEST(agent.refusalOf("server01-1", state).find("internal-error") != std::string::npos);
    agent.setState("server01-1", "stopped");
    BOOST_TEST(agent.get("/v1/stand-ins/server01-1")["problem"] == "");
}

BOOST_AUTO_TEST_SUITE_END()
