#include "coordinator/drivers/fence_agent_power_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <thread>

#include "agent/base/process.hpp"

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

std::string optionOf(const PowerDevice& device, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const auto found = device.options.find(name);
        if (found != device.options.end()) return found->second;
    }
    return {};
}

bool isTrue(const std::string& text) {
    return text == "1" || text == "on" || text == "yes" || text == "true";
}

/// The password stays in its file.
std::vector<std::string> ipmitoolFor(const PowerDevice& device, bool lanplus) {
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
    command.insert(command.end(), {"chassis", "power", "soft"});
    return command;
}

}  // namespace

base::Result<void> FenceAgentDevices::shutDown(const PowerDevice& device, Deadline deadline) {
    const auto name = std::string_view(device.agent).substr(device.agent.rfind('/') + 1);
    const auto* known =
        std::find_if(ipmi_agents.begin(), ipmi_agents.end(), [&](const auto& one) { return one.first == name; });
    if (known == ipmi_agents.end())
        return base::failure(base::ErrorCode::Unsupported, fmt::format("{} has no orderly shutdown", device.agent));
    return runShutdown(ipmitoolFor(device, known->second), deadline);
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
    for (const auto& rung : ladder.rungs) {
        for (const auto& device : rung) {
            if (auto checked = agent_.check(device); !checked) return checked;
        }
    }
    return {};
}

}  // namespace standin::drivers
