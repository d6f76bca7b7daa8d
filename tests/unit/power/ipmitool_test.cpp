#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "agent/base/text.hpp"
#include "coordinator/drivers/fence_agent_power_driver.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace standin::drivers;

namespace {

constexpr auto patience = Deadline(20'000);  // never waited for by a test that passes

/// A directory with an `ipmitool` that is this shell script, the first in PATH.
struct Ipmitool {
    tests::TemporaryDirectory directory;
    std::string path_before = std::getenv("PATH");
    FenceAgentPowerDriver driver;

    Ipmitool() { ::setenv("PATH", (directory.path() + ":" + path_before).c_str(), 1); }
    ~Ipmitool() { ::setenv("PATH", path_before.c_str(), 1); }

    UuidReading after(const std::string& script, Deadline deadline = patience) {
        const auto path = directory / "ipmitool";
        tests::writeFile(path, "#!/bin/sh\n" + script + "\n");
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        const PowerDevice bmc{"fence_ipmilan", {{"ip", "192.0.2.1"}, {"username", "admin"}}, ""};
        const auto begun = std::chrono::steady_clock::now();
        auto readings = driver.uuids({{{bmc}}}, deadline);
        BOOST_TEST((std::chrono::steady_clock::now() - begun < patience + patience / 2));
        BOOST_REQUIRE(readings.size() == 1u);
        auto& reading = readings.front();
        BOOST_TEST_MESSAGE(reading.uuid << reading.problem);
        BOOST_TEST(reading.uuid.empty() != reading.problem.empty());
        for (const auto& text : {reading.uuid, reading.problem}) {
            BOOST_TEST(text.size() < 1000u);
            BOOST_TEST(base::isOneLine(text));
            BOOST_TEST((base::firstInvalidByte(text) == std::string::npos));
        }
        return std::move(reading);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ipmitool)

BOOST_FIXTURE_TEST_CASE(the_guid_is_found_among_other_lines, Ipmitool) {
    const auto reading = after(
        "[ \"$*\" = '-I lan -H 192.0.2.1 -U admin mc guid' ] || exit 3\n"
        "echo 'Warning: something'; echo 'System GUID  : 44454c4c-3100-1030-8056-b4c04f4d3232  '; echo 'GUID Encoding "
        ": SMBIOS'");
    BOOST_TEST(reading.uuid == "44454c4c-3100-1030-8056-b4c04f4d3232");
}

BOOST_FIXTURE_TEST_CASE(megabytes_are_read_and_forgotten, Ipmitool) {
    BOOST_TEST(after("head -c 10000000 /dev/zero").problem == "the BMC reports no system GUID");
    BOOST_TEST(after("head -c 10000000 /dev/zero | tr '\\0' '\\n'").problem == "the BMC reports no system GUID");
    BOOST_TEST(after("printf 'System GUID : '; head -c 10000000 /dev/zero | tr '\\0' x").uuid.starts_with("xxx"));
    BOOST_TEST(!after("head -c 10000000 /dev/urandom >&2; exit 1").problem.empty());
}

BOOST_FIXTURE_TEST_CASE(one_that_hangs_or_prints_for_ever_is_killed_at_the_deadline, Ipmitool) {
    for (const char* script : {"sleep 600", "exec yes", "trap '' TERM; while :; do sleep 1; done", "yes >&2"}) {
        const auto reading = after(script, Deadline(500));
        BOOST_TEST(reading.problem.find("did not end within") != std::string::npos, reading.problem);
    }
}

BOOST_FIXTURE_TEST_CASE(what_it_leaves_behind_with_its_output_open_is_not_waited_for, Ipmitool) {
    // In a session of its own it is not in the group that is killed. `cat` ends itself when nobody reads from it any
    // more.
    for (const std::string leaves : {"exec cat /dev/zero", "exec cat /dev/zero >&2", "exec sleep 20"}) {
        const auto started = directory / "started";
        std::filesystem::remove(started);
        BOOST_TEST(!after("setsid sh -c 'echo yes > " + started + "; " + leaves + "' &\nwhile [ ! -s " + started +
                          " ]; do sleep 0.01; done; exit 1")
                        .problem.empty());
    }
}

BOOST_FIXTURE_TEST_CASE(text_that_is_none_and_a_guid_that_is_none_come_as_valid_text, Ipmitool) {
    BOOST_TEST(!after("printf 'System GUID : \\377\\376\\033[31m'").uuid.empty());
    BOOST_TEST(!after("printf '\\377\\376' >&2; exit 1").problem.empty());
    for (const char* script : {"exit 0", "echo 'System GUID'", "echo 'System GUID :'", "kill -SEGV $$"})
        BOOST_TEST(!after(script).problem.empty());
}

BOOST_AUTO_TEST_SUITE_END()
