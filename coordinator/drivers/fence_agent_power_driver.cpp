#include "coordinator/drivers/fence_agent_power_driver.hpp"

#include <future>
#include <thread>

namespace standin::drivers {

base::Result<void> FenceAgentDevices::act(const PowerDevice& device, PowerState wanted, Deadline deadline) {
    return agent_.act(device, wanted == PowerState::Off ? "off" : "on", deadline);
}

PowerReading FenceAgentDevices::read(const PowerDevice& device, Deadline deadline) {
    return agent_.read(device, deadline);
}

void FenceAgentDevices::pause(Deadline time) {
    // A power device tells nothing by itself: between two readings there is no event to wait for, only a time.
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
