#include "coordinator/drivers/fence_agent_power_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <thread>

namespace standin::drivers {

using base::ErrorCode;
using base::failure;

namespace {

using Steady = std::chrono::steady_clock;

// A device that has just acted may still tell the old state; asking more often than this only keeps it busy.
constexpr auto between_readings = std::chrono::milliseconds(250);
// An action that hangs must leave time to read back what it has done.
constexpr double share_of_action = 0.7;

Deadline left(Steady::time_point until) {
    return std::max(std::chrono::duration_cast<Deadline>(until - Steady::now()), Deadline(0));
}

// The time of rung `index`: an equal share of what is left for it and the rungs after it.
Steady::time_point endOfRung(Steady::time_point until, std::size_t index, std::size_t rungs) {
    return Steady::now() + left(until) / static_cast<int>(rungs - index);
}

// Runs `ask` for every device of a rung at the same time.
template <typename Ask>
auto askTogether(const std::vector<PowerDevice>& devices, Ask ask) {
    std::vector<std::future<decltype(ask(devices.front()))>> asked;
    for (std::size_t i = 1; i < devices.size(); ++i)
        asked.push_back(std::async(std::launch::async, ask, std::cref(devices[i])));
    std::vector<decltype(ask(devices.front()))> answers;
    if (!devices.empty()) answers.push_back(ask(devices.front()));
    for (auto& answer : asked) answers.push_back(answer.get());
    return answers;
}

struct Outcome {
    bool confirmed = false;
    bool asked = true;  // false: its configuration is wrong, so nothing can have happened
    ErrorCode code = ErrorCode::TimedOut;
    std::string words;
};

Outcome driveDevice(const FenceAgent& agent, const PowerDevice& device, PowerState wanted, Steady::time_point until) {
    auto for_action = std::chrono::duration_cast<Deadline>(left(until) * share_of_action);
    auto acted = agent.act(device, wanted == PowerState::Off ? "off" : "on", for_action);
    if (!acted && (acted.error().code == ErrorCode::NotFound || acted.error().code == ErrorCode::InvalidInput)) {
        return {false, false, acted.error().code, acted.error().message};
    }
    PowerReading reading;
    while (true) {
        const auto since = Steady::now();
        auto now = agent.read(device, left(until));
        if (now.state == wanted) return {true, true, {}, {}};
        // A later 'unknown' (there was no time left, say) tells the operator less than what was read before.
        if (now.state != PowerState::Unknown || reading.words.empty()) reading = std::move(now);
        // Nothing more will change by itself after an action that failed; one that succeeded may need its time.
        if (!acted || left(until) <= between_readings + (Steady::now() - since)) break;
        // A power device tells nothing by itself; it can only be read again, until the deadline.
        std::this_thread::sleep_for(between_readings);
    }
    auto words = fmt::format("{}: {}", describe(device), reading.words);
    if (!acted) words += fmt::format(" ({})", acted.error().message);
    return {false, true, ErrorCode::TimedOut, words};
}

}  // namespace

base::Result<void> FenceAgentPowerDriver::drive(const PowerLadder& ladder, PowerState wanted, Deadline deadline) const {
    const auto until = Steady::now() + deadline;
    const char* verb = wanted == PowerState::Off ? "off" : "on";
    std::string reasons;
    bool asked = false;
    ErrorCode code = ErrorCode::InvalidInput;
    for (std::size_t index = 0; index < ladder.rungs.size(); ++index) {
        auto end = endOfRung(until, index, ladder.rungs.size());
        auto outcomes = askTogether(ladder.rungs[index], [&, end](const PowerDevice& device) {
            return driveDevice(agent_, device, wanted, end);
        });
        // A rung without devices confirms nothing.
        if (!outcomes.empty() &&
            std::all_of(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) { return outcome.confirmed; }))
            return {};
        for (const auto& outcome : outcomes) {
            asked = asked || outcome.asked;
            if (!outcome.asked) code = outcome.code;
            if (!outcome.confirmed) reasons += (reasons.empty() ? "" : "; ") + outcome.words;
        }
    }
    if (reasons.empty())
        return failure(ErrorCode::InvalidInput, fmt::format("could not power {}: no device is configured", verb));
    return failure(asked ? ErrorCode::TimedOut : code, fmt::format("could not confirm power {}: {}", verb, reasons));
}

base::Result<void> FenceAgentPowerDriver::off(const PowerLadder& ladder, Deadline deadline) {
    return drive(ladder, PowerState::Off, deadline);
}

base::Result<void> FenceAgentPowerDriver::on(const PowerLadder& ladder, Deadline deadline) {
    return drive(ladder, PowerState::On, deadline);
}

base::Result<PowerState> FenceAgentPowerDriver::state(const PowerLadder& ladder, Deadline deadline) {
    const auto until = Steady::now() + deadline;
    for (std::size_t index = 0; index < ladder.rungs.size(); ++index) {
        auto end = endOfRung(until, index, ladder.rungs.size());
        auto readings = askTogether(ladder.rungs[index],
                                    [&, end](const PowerDevice& device) { return agent_.read(device, left(end)); });
        auto is = [](PowerState state) {
            return [state](const PowerReading& reading) { return reading.state == state; };
        };
        if (std::any_of(readings.begin(), readings.end(), is(PowerState::On))) return PowerState::On;
        if (!readings.empty() && std::all_of(readings.begin(), readings.end(), is(PowerState::Off)))
            return PowerState::Off;
    }
    return PowerState::Unknown;
}

base::Result<void> FenceAgentPowerDriver::check(const PowerLadder& ladder) const {
    for (const auto& rung : ladder.rungs) {
        for (const auto& device : rung) {
            if (auto checked = agent_.check(device); !checked) return checked;
        }
    }
    return {};
}

}  // namespace standin::drivers
