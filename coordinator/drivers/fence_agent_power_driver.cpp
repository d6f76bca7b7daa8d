#include "coordinator/drivers/fence_agent_power_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <optional>
#include <sstream>
#include <thread>

#include "agent/base/process.hpp"
#include "agent/base/text.hpp"
#include "coordinator/drivers/device_options.hpp"
#include "coordinator/drivers/redfish_uuid.hpp"
#include "coordinator/drivers/test_alert.hpp"

namespace standin::drivers {

namespace {

/// All of them are fence_ipmilan under other names; those of vendors speak IPMI 2.0 unless configured otherwise.
constexpr std::array<std::pair<std::string_view, bool>, 7> ipmi_agents{{{"fence_ipmilan", false},
                                                                        {"fence_ipmilanplus", true},
                                                                        {"fence_idrac", true},
                                                                        {"fence_ilo3", true},
                                                                        {"fence_ilo4", true},
                                                                        {"fence_ilo5", true},
                                                                        {"fence_imm", true}}};

std::string_view programName(const PowerDevice& device) {
    return std::string_view(device.agent).substr(device.agent.rfind('/') + 1);
}

/// Whether it uses IPMI 2.0 unless its options say otherwise; nothing: it is no IPMI device.
std::optional<bool> lanplusOf(const PowerDevice& device) {
    const auto name = programName(device);
    const auto* known =
        std::find_if(ipmi_agents.begin(), ipmi_agents.end(), [&](const auto& one) { return one.first == name; });
    return known == ipmi_agents.end() ? std::nullopt : std::optional(known->second);
}

/// The password stays in its file.
std::vector<std::string> ipmitoolFor(const PowerDevice& device, bool lanplus, const std::vector<std::string>& words) {
    const auto said = optionOf(device, {"lanplus"});
    std::vector<std::string> command{"ipmitool", "-I", (said.empty() ? lanplus : isTrue(said)) ? "lanplus" : "lan",
                                     "-H", optionOf(device, {"ip", "ipaddr"})};
    const auto add = [&](const char* flag, const std::string& value) {
        if (!value.empty()) command.insert(command.end(), {flag, value});
    };
    add("-p", optionOf(device, {"ipport"}));
    add("-U", optionOf(device, {"username", "login"}));
    add("-f", device.password_file);
    add("-C", optionOf(device, {"cipher"}));
    add("-L", optionOf(device, {"privlvl"}));
    command.insert(command.end(), words.begin(), words.end());
    return command;
}

/// `System GUID  : 4c4c4544-…`, among lines about what is encoded in it.
base::Result<std::string> systemGuidIn(const std::string& output) {
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(':');
        if (!line.starts_with("System GUID") || colon == std::string::npos) continue;
        const auto begin = line.find_first_not_of(' ', colon + 1);
        if (begin != std::string::npos) return base::oneLine(std::string_view(line).substr(begin));
    }
    return base::failure(base::ErrorCode::Unsupported, "the BMC reports no system GUID");
}

}  // namespace

base::Result<void> FenceAgentDevices::shutDown(const PowerDevice& device, Deadline deadline) {
    const auto lanplus = lanplusOf(device);
    if (!lanplus)
        return base::failure(base::ErrorCode::Unsupported, fmt::format("{} has no orderly shutdown", device.agent));
    return runShutdown(ipmitoolFor(device, *lanplus, {"chassis", "power", "soft"}), deadline);
}

base::Result<std::string> FenceAgentDevices::uuid(const PowerDevice& device, Deadline deadline) {
    if (programName(device) == "fence_redfish") return redfishUuid(device, deadline);
    const auto lanplus = lanplusOf(device);
    if (!lanplus) return PowerDevices::uuid(device, deadline);
    auto output = base::runToSuccess(base::ProcessRequest{ipmitoolFor(device, *lanplus, {"mc", "guid"}), "", deadline});
    if (!output) return output;
    return systemGuidIn(*output);
}

namespace {

std::string hex(unsigned byte) {
    return fmt::format("{:#04x}", byte);
}

/// IPMI 2.0, 29.3 (Platform Event Message, which needs a filter that matches) and 30.9 (Alert Immediate, optional).
base::Result<std::string> alertByIpmi(const PowerDevice& device, bool lanplus, const TestAlert& alert,
                                      Deadline deadline) {
    const std::vector<std::string> event{
        hex(0x04),          hex(alert.sensor_type), hex(alert.sensor_number), hex(alert.event_type),
        hex(alert.data[0]), hex(alert.data[1]),     hex(alert.data[2])};
    std::vector<std::string> platform_event{"raw", "0x04", "0x02"};
    platform_event.insert(platform_event.end(), event.begin(), event.end());
    // This channel, destination 1, no text, from remote software.
    std::vector<std::string> immediate{"raw", "0x04", "0x16", "0x0e", "0x01", "0x00", "0x41"};
    immediate.insert(immediate.end(), event.begin(), event.end());
    std::string done, problem;
    for (const auto& [what, words] : {std::pair{"platform event", platform_event}, {"immediate alert", immediate}}) {
        auto told = base::runToSuccess(base::ProcessRequest{ipmitoolFor(device, lanplus, words), "", deadline / 2});
        if (told) done += (done.empty() ? "" : " and ") + std::string(what);
        if (!told && problem.empty()) problem = told.error().message;
    }
    if (done.empty()) return base::failure(base::ErrorCode::Refused, problem);
    return fmt::format("{} accepted by {}", done, optionOf(device, {"ip", "ipaddr"}));
}

}  // namespace

base::Result<std::string> sendTestAlert(const PowerLadder& ladder, const TestAlert& alert, Deadline deadline) {
    for (const auto& rung : ladder.rungs) {
        for (const auto& device : rung) {
            if (const auto lanplus = lanplusOf(device)) return alertByIpmi(device, *lanplus, alert, deadline);
            if (programName(device) == "fence_redfish") return redfishTestEvent(device, deadline);
        }
    }
    return base::failure(base::ErrorCode::Unsupported,
                         "none of its fence devices is a BMC that speaks IPMI or Redfish: name a program that has it "
                         "send a test trap as 'trap_test_command'");
}

base::Result<void> FenceAgentDevices::runShutdown(const std::vector<std::string>& command, Deadline deadline) {
    auto done = base::runToSuccess(base::ProcessRequest{command, "", deadline});
    if (!done) return base::failure(done.error());
    return {};
}

base::Result<void> FenceAgentDevices::act(const PowerDevice& device, PowerState wanted, Deadline deadline) {
    return agent_.act(device, wanted == PowerState::Off ? "off" : "on", deadline);
}

PowerReading FenceAgentDevices::read(const PowerDevice& device, Deadline deadline) {
    return agent_.read(device, deadline);
}

void FenceAgentDevices::pause(Deadline time) {
    // A power device sends no events: there is nothing to wait for between two readings but time.
    std::this_thread::sleep_for(time);
}

void FenceAgentDevices::together(const std::vector<std::function<void()>>& tasks) {
    std::vector<std::future<void>> others;
    for (std::size_t i = 1; i < tasks.size(); ++i) others.push_back(std::async(std::launch::async, tasks[i]));
    if (!tasks.empty()) tasks.front()();
    for (auto& other : others) other.get();
}

base::Result<void> FenceAgentDevices::check(const PowerLadder& ladder) const {
    FenceAgent::Descriptions described;
    for (const auto& rung : ladder.rungs) {
        for (const auto& device : rung) {
            if (auto checked = agent_.check(device, described); !checked) return checked;
        }
    }
    return {};
}

}  // namespace standin::drivers
