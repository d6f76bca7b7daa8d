#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <future>

#include "coordinator/drivers/fence_agent_power_driver.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace standin::drivers;
using namespace std::chrono_literals;
using base::ErrorCode;

namespace {

constexpr auto ample = Deadline(20'000);

/// Machines whose power is a file (`on` or `off`), and agents that are honest about it, or not.
struct Machines {
    tests::TemporaryDirectory directory;
    FenceAgentPowerDriver driver{directory.path()};

    /// An outlet that is on; `act` is what its agent does instead of switching.
    PowerDevice outlet(const std::string& name, const std::string& act = "echo $verb > $power; exit 0",
                       const std::string& status = "") const {
        tests::writeFile(directory / (name + ".power"), "on\n");
        auto honest = "[ $(cat $power) = on ] && { echo 'Status: ON'; exit 0; }; echo 'Status: OFF'; exit 2";
        auto path = directory / ("fence_" + name);
        tests::writeFile(path, "#!/bin/sh\nhome='" + directory.path() + "'\npower=\"$home/" + name +
                                   ".power\"\nlines=$(cat)\n" +
                                   "case \"$lines\" in *action=status*) verb=status;; *action=off*) verb=off;; *) "
                                   "verb=on;; esac\necho $verb >> \"$home/" +
                                   name + ".calls\"\nif [ $verb = status ]; then " +
                                   (status.empty() ? honest : status) + "; else " + act + "; fi\n");
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return {"fence_" + name, {{"plug", name}}, ""};
    }
    [[nodiscard]] std::string content(const std::string& name) const {
        std::ifstream file(directory / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    [[nodiscard]] bool isOff(const std::string& name) const { return content(name + ".power") == "off\n"; }
};

/// Devices that never confirm, and whose first takes longer than it was given: a process that stood still, say.
struct LateDevices : PowerDevices {
    std::vector<std::string> asked;
    base::SteadyTime time{};

    base::Result<void> act(const PowerDevice& device, PowerState, Deadline) override {
        asked.push_back("act " + device.agent);
        time += 1min;
        return base::failure(ErrorCode::TimedOut, "no answer");
    }
    PowerReading read(const PowerDevice& device, Deadline) override {
        asked.push_back("read " + device.agent);
        time += 1min;
        return {PowerState::Unknown, "no answer"};
    }
    base::SteadyTime now() override { return time; }
    void pause(Deadline pause) override { time += pause; }
    void together(const std::vector<std::function<void()>>& tasks) override {
        for (const auto& task : tasks) task();
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(power_ladder)

BOOST_FIXTURE_TEST_CASE(no_further_rung_is_begun_when_the_time_is_over, LateDevices) {
    LadderPowerDriver ladder_driver(*this);
    const PowerLadder ladder{{{{"fence_a", {}, ""}}, {{"fence_b", {}, ""}}}};
    const auto done = ladder_driver.off(ladder, Deadline(20s));
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == ErrorCode::TimedOut));
    BOOST_TEST(done.error().message.find("no time was left for a further rung") != std::string::npos);
    BOOST_TEST(asked == (std::vector<std::string>{"act fence_a", "read fence_a"}), boost::test_tools::per_element());
    asked.clear();
    BOOST_TEST((*ladder_driver.state(ladder, Deadline(20s)) == PowerState::Unknown));
    BOOST_TEST(asked == std::vector<std::string>{"read fence_a"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_device_that_does_not_know_its_machines_uuid_says_so, Machines) {
    const auto readings = driver.uuids({{{outlet("a")}, {outlet("b")}}}, ample);
    BOOST_REQUIRE(readings.size() == 2u);
    for (const auto& reading : readings) {
        BOOST_TEST(reading.uuid.empty());
        BOOST_TEST(reading.problem.find("does not report a UUID") != std::string::npos, reading.problem);
    }
    BOOST_TEST(content("a.calls").empty());
}

BOOST_FIXTURE_TEST_CASE(off_is_done_and_read_back, Machines) {
    PowerLadder ladder{{{outlet("a")}}};
    BOOST_TEST((*driver.state(ladder, ample) == PowerState::On));
    BOOST_REQUIRE(driver.off(ladder, ample));
    BOOST_TEST(isOff("a"));
    BOOST_TEST((*driver.state(ladder, ample) == PowerState::Off));
    BOOST_REQUIRE(driver.on(ladder, ample));
    BOOST_TEST(!isOff("a"));
}

BOOST_FIXTURE_TEST_CASE(a_machine_that_is_off_already_is_fenced, Machines) {
    PowerLadder ladder{{{outlet("a", "echo 'Success: Already OFF'; exit 0")}}};
    tests::writeFile(directory / "a.power", "off\n");
    BOOST_TEST(driver.off(ladder, ample).has_value());
}

BOOST_FIXTURE_TEST_CASE(an_agent_that_only_says_it_switched_off_is_not_believed, Machines) {
    auto done = driver.off({{{outlet("a", "exit 0")}}}, Deadline(2500));
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == ErrorCode::TimedOut));
    BOOST_TEST(done.error().message.find("reads back as on") != std::string::npos);
    BOOST_TEST(done.error().message.find("fence_a (plug=a)") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_status_after_off_is_not_off, Machines) {
    auto done = driver.off({{{outlet("a", "exit 0", "echo 'connection lost' >&2; exit 1")}}}, Deadline(2500));
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == ErrorCode::TimedOut));
    BOOST_TEST(done.error().message.find("unknown") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_device_that_tells_the_new_state_late_is_asked_again, Machines) {
    auto late = "echo off > $power; exit 0";
    auto status =
        "echo x >> $home/asked; [ $(wc -l < $home/asked) -lt 3 ] && { echo 'Status: ON'; exit 0; }; echo 'Status: "
        "OFF'; exit 2";
    BOOST_TEST(driver.off({{{outlet("a", late, status)}}}, ample).has_value());
    BOOST_TEST(content("a.calls") == "off\nstatus\nstatus\nstatus\n");
}

BOOST_FIXTURE_TEST_CASE(an_action_that_failed_but_reads_back_as_done_is_done, Machines) {
    BOOST_TEST(
        driver
            .off({{{outlet("a", "echo off > $power; echo 'Failed: Timed out waiting to power OFF' >&2; exit 1")}}},
                 ample)
            .has_value());
}

BOOST_FIXTURE_TEST_CASE(an_action_that_hangs_after_it_switched_is_read_back_in_time, Machines) {
    BOOST_TEST(driver.off({{{outlet("a", "echo off > $power; sleep 1000")}}}, Deadline(4000)).has_value());
}

BOOST_FIXTURE_TEST_CASE(the_next_rung_is_tried_when_one_fails_and_not_before, Machines) {
    PowerLadder ladder{{{outlet("bmc", "exit 1", "exit 1")}, {outlet("pdu")}, {outlet("never")}}};
    BOOST_REQUIRE(driver.off(ladder, ample));
    BOOST_TEST(isOff("pdu"));
    BOOST_TEST(content("never.calls") == "");
    BOOST_TEST((*driver.state(ladder, ample) == PowerState::Off));
}

BOOST_FIXTURE_TEST_CASE(a_rung_that_hangs_leaves_time_for_the_next_one, Machines) {
    PowerLadder ladder{{{outlet("bmc", "sleep 1000", "sleep 1000")}, {outlet("pdu")}}};
    BOOST_REQUIRE(driver.off(ladder, Deadline(6000)));
    BOOST_TEST(isOff("pdu"));
}

BOOST_FIXTURE_TEST_CASE(devices_that_act_together_must_all_confirm, Machines) {
    auto stuck = outlet("b", "exit 1");
    auto done = driver.off({{{outlet("a"), stuck}}}, Deadline(4000));
    BOOST_REQUIRE(!done);
    BOOST_TEST(isOff("a"));
    BOOST_TEST(done.error().message.find("fence_b") != std::string::npos);
    BOOST_TEST(done.error().message.find("fence_a") == std::string::npos);
    PowerLadder both{{{outlet("a"), outlet("b")}}};
    BOOST_REQUIRE(driver.off(both, ample));
    BOOST_TEST((isOff("a") && isOff("b")));
    tests::writeFile(directory / "a.power", "on\n");
    BOOST_TEST((*driver.state(both, ample) == PowerState::On));  // one supply is enough to run
}

BOOST_FIXTURE_TEST_CASE(half_a_rung_that_is_unknown_is_unknown, Machines) {
    auto unknown = outlet("b", "exit 1", "exit 1");
    auto off = outlet("a");
    tests::writeFile(directory / "a.power", "off\n");
    BOOST_TEST((*driver.state({{{off, unknown}}}, ample) == PowerState::Unknown));
    BOOST_TEST((*driver.state({{{off, unknown}, {off}}}, ample) == PowerState::Off));
}

BOOST_FIXTURE_TEST_CASE(a_ladder_without_devices_confirms_nothing, Machines) {
    for (const auto& ladder : {PowerLadder{}, PowerLadder{{{}}}}) {
        BOOST_TEST((driver.off(ladder, ample).error().code == ErrorCode::InvalidInput));
        BOOST_TEST((*driver.state(ladder, ample) == PowerState::Unknown));
    }
}

BOOST_FIXTURE_TEST_CASE(many_machines_are_fenced_at_the_same_time, Machines) {
    // All outlets first: an agent that starts while another's program is still open for writing keeps that from being
    // run.
    std::vector<PowerLadder> ladders;
    for (int i = 0; i < 12; ++i) ladders.push_back({{{outlet("m" + std::to_string(i))}}});
    std::vector<std::future<base::Result<void>>> fenced;
    for (const auto& ladder : ladders) {
        fenced.push_back(std::async(std::launch::async, [this, &ladder] { return driver.off(ladder, ample); }));
    }
    for (auto& one : fenced) {
        const auto done = one.get();
        BOOST_TEST(done.has_value(), (done ? "" : done.error().message));
    }
    for (int i = 0; i < 12; ++i) BOOST_TEST(isOff("m" + std::to_string(i)));
}

BOOST_AUTO_TEST_SUITE_END()
