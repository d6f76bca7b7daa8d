#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "coordinator/domain/machine_uuid.hpp"
#include "coordinator/drivers/fence_agent_power_driver.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace standin::drivers;
using namespace std::chrono_literals;

// The real fence_ipmilan against a real BMC's protocol: ipmi_sim on loopback, whose machine's power is a file.

namespace {

constexpr auto long_enough = Deadline(60'000);
constexpr const char* password = "lab-s3cret";

std::uint16_t freeUdpPort() {
    int probe = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    BOOST_REQUIRE(::bind(probe, reinterpret_cast<sockaddr*>(&address), length) == 0);
    BOOST_REQUIRE(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    ::close(probe);
    return ntohs(address.sin_port);
}

class Bmc {
  public:
    Bmc() {
        writeConfiguration();
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            int log = ::open((directory_ / "log").c_str(), O_WRONLY | O_CREAT, 0600);
            ::dup2(log, STDOUT_FILENO);
            ::dup2(log, STDERR_FILENO);
            ::execlp("ipmi_sim", "ipmi_sim", "-n", "-c", (directory_ / "lan.conf").c_str(), "-f",
                     (directory_ / "start").c_str(), "-s", (directory_ / "state").c_str(), nullptr);
            ::_exit(127);
        }
    }
    ~Bmc() { stop(); }
    Bmc(const Bmc&) = delete;
    Bmc& operator=(const Bmc&) = delete;

    void stop() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    [[nodiscard]] PowerDevice device() const {
        return {"fence_ipmilan",
                {{"ip", "127.0.0.1"},
                 {"ipport", std::to_string(port_)},
                 {"username", "admin"},
                 {"lanplus", "1"},
                 {"cipher", "3"}},
                directory_ / "password"};
    }
    [[nodiscard]] std::string power() const {
        std::ifstream file(directory_ / "power");
        std::string text;
        file >> text;
        return text;
    }
    /// What it was asked besides its power.
    [[nodiscard]] std::string asked() const {
        std::ifstream file(directory_ / "asked");
        std::string text;
        std::getline(file, text);
        return text;
    }
    void givePassword(const std::string& text) const {
        tests::writeFile(directory_ / "password", text + "\n");
        std::filesystem::permissions(directory_ / "password",
                                     std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }

  private:
    void writeConfiguration() {
        using tests::writeFile;
        writeFile(directory_ / "power", "1\n");
        givePassword(password);
        std::filesystem::create_directory(directory_ / "state");
        writeFile(directory_ / "chassis", "#!/bin/sh\ncase \"$1 $2\" in\n'get power') echo \"power:$(cat " +
                                              (directory_ / "power") + ")\";;\n'set power') echo $3 > " +
                                              (directory_ / "power") + ";;\n'set shutdown') echo \"$2 $3\" > " +
                                              (directory_ / "asked") + ";;\nesac\n");
        std::filesystem::permissions(directory_ / "chassis", std::filesystem::perms::owner_all);
        writeFile(directory_ / "lan.conf",
                  fmt::format("name \"bmc\"\nset_working_mc 0x20\nstartlan 1\n  addr 127.0.0.1 {}\n  priv_limit "
                              "admin\n  allowed_auths_callback md5\n"
                              "  allowed_auths_user md5\n  allowed_auths_operator md5\n  allowed_auths_admin md5\n  "
                              "guid a123456789abcdefa123456789abcdef\nendlan\n"
                              "chassis_control \"{}\"\nuser 1 false \"\" \"\" user 10 md5\nuser 2 true \"admin\" "
                              "\"{}\" admin 10 md5\n",
                              port_, directory_ / "chassis", password));
        writeFile(directory_ / "start",
                  "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable 0x20\n");
    }

    tests::TemporaryDirectory directory_;
    std::uint16_t port_ = freeUdpPort();
    pid_t pid_ = 0;
};

struct BmcFixture {
    Bmc bmc;
    FenceAgentPowerDriver driver;
    PowerLadder ladder{{{bmc.device()}}};

    // ipmi_sim tells nobody when it listens; its first answer does.
    BmcFixture() {
        auto until = std::chrono::steady_clock::now() + long_enough;
        while (*driver.state(ladder, long_enough) == PowerState::Unknown)
            BOOST_REQUIRE(std::chrono::steady_clock::now() < until);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fence_ipmilan)

BOOST_FIXTURE_TEST_CASE(a_machine_is_fenced_by_its_bmc_and_started_again, BmcFixture) {
    BOOST_TEST((*driver.state(ladder, long_enough) == PowerState::On));
    auto fenced = driver.off(ladder, long_enough);
    BOOST_REQUIRE_MESSAGE(fenced, (fenced ? "" : fenced.error().message));
    BOOST_TEST(bmc.power() == "0");
    BOOST_TEST((*driver.state(ladder, long_enough) == PowerState::Off));
    BOOST_TEST(driver.off(ladder, long_enough).has_value());  // already off is fenced
    BOOST_TEST(driver.on(ladder, long_enough).has_value());
    BOOST_TEST(bmc.power() == "1");
}

BOOST_FIXTURE_TEST_CASE(a_machine_is_asked_to_shut_down_by_its_bmc, BmcFixture) {
    auto asked = driver.shutDown(ladder, long_enough);
    BOOST_REQUIRE_MESSAGE(asked, (asked ? "" : asked.error().message));
    BOOST_TEST(bmc.asked() == "shutdown 1");
    BOOST_TEST(bmc.power() == "1");  // what becomes of it is the machine's matter
    bmc.givePassword("wrong-s3cret");
    auto refused = driver.shutDown(ladder, Deadline(6000));
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("wrong-s3cret") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_bmc_reports_the_uuid_of_its_machine, BmcFixture) {
    ladder.rungs.push_back({PowerDevice{"fence_apc", {{"ip", "127.0.0.1"}}, {}}});
    const auto readings = driver.uuids(ladder, long_enough);
    BOOST_REQUIRE(readings.size() == 2u);
    BOOST_TEST(domain::isSameUuid("a1234567-89ab-cdef-a123-456789abcdef", domain::canonicalUuid(readings[0].uuid)),
               readings[0].uuid << readings[0].problem);
    BOOST_TEST(readings[1].uuid.empty());
    BOOST_TEST(readings[1].problem == "fence_apc does not report a UUID");
    bmc.givePassword("wrong-s3cret");
    const auto refused = driver.uuids({{{bmc.device()}}}, Deadline(6000));
    BOOST_TEST(refused.at(0).uuid.empty());
    BOOST_TEST(!refused.at(0).problem.empty());
    BOOST_TEST(refused.at(0).problem.find("wrong-s3cret") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_program_may_ask_it_instead_and_a_device_that_cannot_says_so, BmcFixture) {
    PowerLadder by_program{{{bmc.device()}}, {"/bin/true", "server01"}};
    BOOST_TEST(driver.shutDown(by_program, long_enough).has_value());
    BOOST_TEST(bmc.asked() == "");
    by_program.shutdown_command = {"/bin/false", "server01"};
    BOOST_TEST(!driver.shutDown(by_program, long_enough).has_value());
    PowerLadder pdu{{{PowerDevice{"fence_apc", {{"ip", "127.0.0.1"}}, {}}}}};
    const auto cannot = driver.shutDown(pdu, long_enough);
    BOOST_REQUIRE(!cannot);
    BOOST_TEST((cannot.error().code == base::ErrorCode::Unsupported));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_password_is_not_off_and_does_not_show, BmcFixture) {
    bmc.givePassword("wrong-s3cret");
    auto done = driver.off(ladder, Deadline(6000));
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::TimedOut));
    BOOST_TEST(done.error().message.find("wrong-s3cret") == std::string::npos);
    BOOST_TEST(bmc.power() == "1");
}

BOOST_FIXTURE_TEST_CASE(a_bmc_that_is_gone_is_not_off_and_the_next_rung_fences, BmcFixture) {
    Bmc second;
    PowerLadder two{{{bmc.device()}, {second.device()}}};
    bmc.stop();
    BOOST_TEST((*driver.state(ladder, Deadline(2000)) == PowerState::Unknown));
    auto fenced = driver.off(two, Deadline(12'000));
    BOOST_REQUIRE_MESSAGE(fenced, (fenced ? "" : fenced.error().message));
    BOOST_TEST(bmc.power() == "1");
    BOOST_TEST(second.power() == "0");
}

BOOST_FIXTURE_TEST_CASE(the_check_finds_nothing_wrong_with_it_and_finds_a_typo, BmcFixture) {
    auto checked = driver.check(ladder);
    BOOST_TEST_MESSAGE((checked ? "" : checked.error().message));
    BOOST_TEST(checked.has_value());
    auto wrong = bmc.device();
    wrong.options["lanpluss"] = "1";
    BOOST_TEST(!driver.check({{{wrong}}}));
}

BOOST_AUTO_TEST_SUITE_END()
