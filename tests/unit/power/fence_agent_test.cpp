#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <future>

#include "agent/base/text.hpp"
#include "coordinator/drivers/fence_agent_power_driver.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace standin::drivers;
using namespace std::chrono_literals;
using base::ErrorCode;

namespace {

// A process that was sent SIGKILL may still need its turn on a processor to end.
bool ends(pid_t pid) {
    const auto process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (process < 0) return errno == ESRCH;
    pollfd wanted{process, POLLIN, 0};
    const bool ended = ::poll(&wanted, 1, 10'000) == 1;
    ::close(process);
    return ended;
}

constexpr auto long_enough = Deadline(20'000);  // never waited for by a test that passes

/// A directory of fake fence agents. Each is a shell script; its options are in $1 (a file with the lines it got), its
/// directory in $2.
struct Agents {
    tests::TemporaryDirectory directory;
    FenceAgentPowerDriver driver{directory.path()};
    FenceAgent agent{directory.path()};

    PowerDevice make(const std::string& name, const std::string& status, const std::string& act = "exit 0",
                     const std::string& other = "exit 1") const {
        auto path = directory / name;
        tests::writeFile(path, "#!/bin/sh\nhome='" + directory.path() +
                                   "'\nexec 3>&1\nlines=$(cat)\necho \"$lines\" >> \"$home/" + name + ".lines\"\n" +
                                   "echo \"$0 $*\" >> \"$home/" + name + ".arguments\"\nenv >> \"$home/" + name +
                                   ".environment\"\n" + "case \"$lines\" in\n*action=status*) " + status +
                                   ";;\n*action=off* | *action=on*) " + act + ";;\n*) " + other + ";;\nesac\n");
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return {name, {{"ip", "192.0.2.1"}, {"username", "admin"}}, ""};
    }
    [[nodiscard]] std::string got(const std::string& name, const std::string& what = "lines") const {
        std::ifstream file(directory / (name + "." + what));
        return {std::istreambuf_iterator<char>(file), {}};
    }
    [[nodiscard]] std::string secret(const std::string& text) const {
        auto path = directory / "password";
        tests::writeFile(path, text + "\n");
        std::filesystem::permissions(path, std::filesystem::perms::owner_read);
        return path;
    }
    PowerState read(const std::string& status) const {
        return agent.read(make("fence_read", status), long_enough).state;
    }
};

const std::string says_hunter = "echo 'wrong: hunter3' >&2; exit 1";
const std::string says_off = "echo 'Status: OFF'; exit 2";
const std::string says_on = "echo 'Status: ON'; exit 0";

}  // namespace

BOOST_AUTO_TEST_SUITE(fence_agent)

BOOST_FIXTURE_TEST_CASE(status_zero_is_on_and_two_is_off, Agents) {
    BOOST_TEST((read(says_on) == PowerState::On));
    BOOST_TEST((read("exit 0") == PowerState::On));
    BOOST_TEST((read(says_off) == PowerState::Off));
    BOOST_TEST((read("exit 2") == PowerState::Off));
    BOOST_TEST((read("echo 'a warning' >&2; echo 'Status: OFF'; exit 2") == PowerState::Off));
}

BOOST_FIXTURE_TEST_CASE(every_other_exit_code_is_unknown_whatever_is_said, Agents) {
    for (int code = 1; code < 256; code += code < 16 ? 1 : 31) {
        if (code == 2) continue;
        BOOST_TEST((read("echo 'Status: OFF'; exit " + std::to_string(code)) == PowerState::Unknown), code);
    }
    BOOST_TEST((read("kill -SEGV $$") == PowerState::Unknown));
    BOOST_TEST((read("kill -KILL $$") == PowerState::Unknown));
}

BOOST_FIXTURE_TEST_CASE(a_two_of_a_program_that_never_asked_the_device_is_not_off, Agents) {
    BOOST_TEST((read("echo 'usage: fence_x [-h]: error: unrecognized arguments' >&2; exit 2") == PowerState::Unknown));
    BOOST_TEST((read("python3 /nonexistent; exit $?") == PowerState::Unknown));
    BOOST_TEST((read("echo 'Status: ON'; exit 2") == PowerState::Unknown));
    BOOST_TEST((read("echo 'Status: ON, was OFF'; exit 2") == PowerState::Unknown));
    BOOST_TEST((read("echo 'OFFICE'; exit 2") == PowerState::Unknown));
    BOOST_TEST((read("echo 'Status: OFF'; exit 0") == PowerState::Unknown));
}

BOOST_FIXTURE_TEST_CASE(garbage_is_unknown_and_bounded, Agents) {
    BOOST_TEST((read("head -c 3000000 /dev/urandom; head -c 3000000 /dev/urandom >&2; exit 2") == PowerState::Unknown));
    auto reading = agent.read(make("fence_x", "head -c 3000000 /dev/zero | tr '\\0' x; exit 1"), long_enough);
    BOOST_TEST(reading.words.size() < 600U);
}

BOOST_FIXTURE_TEST_CASE(an_agent_that_hangs_is_killed_with_all_that_it_started, Agents) {
    auto device = make("fence_hang", "sleep 1000 & echo $! > \"$home/child\"; echo $$ > \"$home/self\"; wait");
    auto reading = agent.read(device, Deadline(700));
    BOOST_TEST((reading.state == PowerState::Unknown));
    BOOST_TEST(reading.words.find("killed") != std::string::npos);
    for (const char* name : {"child", "self"}) {
        pid_t pid = 0;
        std::ifstream(directory / name) >> pid;
        BOOST_REQUIRE(pid > 0);
        BOOST_TEST(ends(pid), name);
    }
}

BOOST_FIXTURE_TEST_CASE(options_and_the_password_go_by_standard_input_only, Agents) {
    auto device = make("fence_x", says_off);
    device.options["cipher"] = "3";
    device.password_file = secret("s3cr3t-w0rd");
    BOOST_REQUIRE(driver.off({{{device}}}, long_enough));
    BOOST_TEST(got("fence_x") ==
               "action=off\ncipher=3\nip=192.0.2.1\nusername=admin\npassword=s3cr3t-w0rd\n"
               "action=status\ncipher=3\nip=192.0.2.1\nusername=admin\npassword=s3cr3t-w0rd\n");
    BOOST_TEST(got("fence_x", "arguments") == directory / "fence_x" + " \n" + (directory / "fence_x") + " \n");
    BOOST_TEST(got("fence_x", "environment").find("s3cr3t") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_password_never_shows_in_an_error, Agents) {
    auto device = make("fence_x", "echo \"$lines\" >&2; exit 1", "echo \"$lines\"; echo \"$lines\" >&2; exit 1");
    device.password_file = secret("s3cr3t-w0rd");
    auto done = driver.off({{{device}}}, long_enough);
    BOOST_REQUIRE(!done);
    BOOST_TEST(done.error().message.find("s3cr3t") == std::string::npos);
    BOOST_TEST(done.error().message.find("***") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_password_that_the_protocol_would_change_is_quoted, Agents) {
    auto device = make("fence_x", says_off);
    device.password_file = secret(" with blanks ");
    BOOST_REQUIRE(driver.off({{{device}}}, long_enough));
    BOOST_TEST(got("fence_x").find("password=\" with blanks \"\n") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_could_smuggle_another_option_in_is_refused_before_anything_runs, Agents) {
    auto refused = [&](const PowerDevice& device) {
        auto done = driver.off({{{device}}}, long_enough);
        return !done && done.error().code == ErrorCode::InvalidInput;
    };
    auto device = make("fence_x", says_off);
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"plug", "1\naction=on"},
                                                                                      {"pl\nug", "1"},
                                                                                      {"", "1"},
                                                                                      {"action", "on"},
                                                                                      {"password", "x"},
                                                                                      {"passwd", "x"},
                                                                                      {"debug-file", "/tmp/x"},
                                                                                      {"verbose", "1"}}) {
        auto bad = device;
        bad.options[name] = value;
        BOOST_TEST(refused(bad), name);
    }
    for (const char* name : {"", "../fence_x", "sh", "fence_", "fence_x;id", "fence_x y"}) {
        auto bad = device;
        bad.agent = name;
        BOOST_TEST(refused(bad), name);
    }
    auto bad = device;
    bad.password_file = secret("two\nlines");
    BOOST_TEST(refused(bad));
    bad.password_file = directory / "no_such_file";
    BOOST_TEST(refused(bad));
    BOOST_TEST(got("fence_x") == "");
}

BOOST_FIXTURE_TEST_CASE(an_agent_that_is_missing_or_not_executable_is_told_with_the_cure, Agents) {
    auto missing = driver.off({{{PowerDevice{"fence_missing", {}, ""}}}}, long_enough);
    BOOST_REQUIRE(!missing);
    BOOST_TEST((missing.error().code == ErrorCode::NotFound));
    BOOST_TEST(missing.error().message.find("install package fence-agents") != std::string::npos);
    BOOST_TEST((*driver.state({{{PowerDevice{"fence_missing", {}, ""}}}}, long_enough) == PowerState::Unknown));
}

BOOST_FIXTURE_TEST_CASE(the_check_knows_an_agents_options_from_its_metadata, Agents) {
    auto metadata =
        "echo '<resource-agent name=\"fence_x\"><parameter name=\"ip\"/><parameter name=\"username\"/><parameter "
        "name=\"lanplus\"/>'; exit 0";
    auto device = make("fence_x", says_off, "exit 0", metadata);
    BOOST_TEST(driver.check({{{device}}}).has_value());
    device.options["lanpluss"] = "1";
    auto typo = driver.check({{{device}}});
    BOOST_REQUIRE(!typo);
    BOOST_TEST(typo.error().message.find("'lanpluss'") != std::string::npos);
    BOOST_TEST(!driver.check({{{make("fence_y", says_off)}}}));
    BOOST_TEST(!driver.check({{{PowerDevice{"fence_missing", {}, ""}}}}));
}

BOOST_FIXTURE_TEST_CASE(the_check_asks_each_kind_of_agent_once_for_its_options, Agents) {
    const auto device =
        make("fence_x", says_off, "exit 0",
             "echo asked >> \"$0.metadata\"; echo '<resource-agent name=\"fence_x\">'"
             "'<parameter name=\"ip\"/><parameter name=\"username\"/><parameter name=\"lanplus\"/>'; exit 0");
    auto other = device;
    other.options["ip"] = "192.0.2.7";
    BOOST_TEST(driver.check({{{device, other}}}).has_value());
    other.options["lanpluss"] = "1";
    BOOST_TEST(!driver.check({{{device, other}}}));
    std::ifstream asked(directory / "fence_x.metadata");
    BOOST_TEST(std::count(std::istreambuf_iterator<char>(asked), {}, '\n') == 2);  // once for each check
}

BOOST_FIXTURE_TEST_CASE(whatever_bytes_an_agent_prints_its_words_are_a_valid_message, Agents) {
    for (const std::string bytes :
         {"\\377", "\\300\\257", "\\355\\240\\200", "\\303", "a\\000b", "\\033[2J", "x\\r\\ny", "\\302\\205"}) {
        const auto device = make("fence_bytes", "printf '" + bytes + "' >&2; exit 1", "printf '" + bytes + "'; exit 1");
        const auto acted = agent.act(device, "off", long_enough);
        BOOST_REQUIRE(!acted);
        for (const auto& words : {acted.error().message, agent.read(device, long_enough).words}) {
            BOOST_TEST(base::firstInvalidByte(words) == std::string::npos, words);
            BOOST_TEST(base::isOneLine(words), words);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(an_agents_words_are_cut_between_characters, Agents) {
    // 150 characters of two bytes and one of one: the 300th byte from the end is in the middle of one.
    const auto device =
        make("fence_accents", "for i in $(seq 200); do printf '\\303\\251' >&2; done; printf x >&2; exit 1");
    const auto words = agent.read(device, long_enough).words;
    BOOST_TEST(words.find("\xEF\xBF\xBD") == std::string::npos);
    BOOST_TEST(words.ends_with("\xC3\xA9x"));
}

BOOST_FIXTURE_TEST_CASE(a_secret_that_is_no_text_is_not_spread_either, Agents) {
    auto device = make("fence_latin", "echo \"$lines\" >&2; exit 1");
    device.password_file = secret(
        "pa\xDF"
        "wort");
    const auto words = agent.read(device, long_enough).words;
    BOOST_TEST(words.find("wort") == std::string::npos, words);
    BOOST_TEST(words.find("***") != std::string::npos, words);
}

BOOST_FIXTURE_TEST_CASE(a_megabyte_on_one_line_is_a_short_message, Agents) {
    const auto device = make("fence_endless", "head -c 1000000 /dev/zero | tr '\\000' '\\377' >&2; exit 1");
    BOOST_TEST(agent.read(device, long_enough).words.size() < 500U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(other_secrets_reach_the_agent_by_standard_input_and_nothing_else) {
    Agents agents;
    auto device = agents.make("fence_snmp", says_hunter);
    device.secret_files = {{"community", agents.secret("hunter3")}};
    const auto reading = agents.agent.read(device, long_enough);
    BOOST_TEST((reading.state == PowerState::Unknown));
    BOOST_TEST(agents.got("fence_snmp").find("community=hunter3") != std::string::npos);
    BOOST_TEST(agents.got("fence_snmp", "arguments").find("hunter3") == std::string::npos);
    BOOST_TEST(agents.got("fence_snmp", "environment").find("hunter3") == std::string::npos);
    BOOST_TEST(reading.words.find("hunter3") == std::string::npos, reading.words);
}
