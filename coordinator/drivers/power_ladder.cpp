#include "coordinator/drivers/power_ladder.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace standin::drivers {

using base::ErrorCode;
using base::failure;
using base::SteadyTime;

namespace {

// A device that has just acted may still report the old state; asking more often than this only keeps it busy.
constexpr auto between_readings = std::chrono::milliseconds(250);

// An action that hangs must leave time to read back what it has done.
Deadline shareOfAction(Deadline left) {
    return left * 7 / 10;
}

}  // namespace

struct LadderPowerDriver::Outcome {
    bool confirmed = false;
    bool asked = true;  // false: its configuration is wrong, so nothing can have happened
    ErrorCode code = ErrorCode::TimedOut;
    std::string words;
};

Deadline LadderPowerDriver::left(SteadyTime until) {
    return std::max(std::chrono::duration_cast<Deadline>(until - devices_.now()), Deadline(0));
}

// The time of rung `index`: an equal share of what is left for it and the rungs after it.
SteadyTime LadderPowerDriver::endOfRung(SteadyTime until, std::size_t index, std::size_t rungs) {
    return devices_.now() + left(until) / static_cast<int>(rungs - index);
}

// No one waits for a further rung any more: it could switch a machine off that has got a job since.
bool LadderPowerDriver::isOver(SteadyTime until, std::size_t index) {
    return index > 0 && left(until) == Deadline(0);
}

template <typename Answer>
std::vector<Answer> LadderPowerDriver::askTogether(const std::vector<PowerDevice>& rung,
                                                   std::function<Answer(const PowerDevice&)> ask) {
    std::vector<Answer> answers(rung.size());
    std::vector<std::function<void()>> tasks;
    for (std::size_t i = 0; i < rung.size(); ++i) tasks.push_back([&, i] { answers[i] = ask(rung[i]); });
    devices_.together(tasks);
    return answers;
}

LadderPowerDriver::Outcome LadderPowerDriver::driveDevice(const PowerDevice& device, PowerState wanted,
                                                          SteadyTime until) {
    auto acted = devices_.act(device, wanted, shareOfAction(left(until)));
    if (!acted && (acted.error().code == ErrorCode::NotFound || acted.error().code == ErrorCode::InvalidInput)) {
        return {false, false, acted.error().code, acted.error().message};
    }
    PowerReading reading;
    while (true) {
        const auto since = devices_.now();
        auto now = devices_.read(device, left(until));
        if (now.state == wanted) return {true, true, {}, {}};
        // A later 'unknown' (there was no time left, say) says less than what was read before.
        if (now.state != PowerState::Unknown || reading.words.empty()) reading = std::move(now);
        // Nothing more will change by itself after an action that failed; one that succeeded may need its time.
        if (!acted || left(until) <= between_readings + (devices_.now() - since)) break;
        // A power device sends no events; it can only be read again, until the deadline.
        devices_.pause(between_readings);
    }
    auto words = fmt::format("{}: {}", describe(device), reading.words);
    if (!acted) words += fmt::format(" ({})", acted.error().message);
    return {false, true, ErrorCode::TimedOut, words};
}

base::Result<void> LadderPowerDriver::drive(const PowerLadder& ladder, PowerState wanted, Deadline deadline) {
    const auto until = devices_.now() + deadline;
    const char* verb = wanted == PowerState::Off ? "off" : "on";
    std::string reasons;
    bool asked = false;
    ErrorCode code = ErrorCode::InvalidInput;
    for (std::size_t index = 0; index < ladder.rungs.size(); ++index) {
        if (isOver(until, index)) {
            reasons += (reasons.empty() ? "" : "; ") + std::string("no time was left for a further rung");
            break;
        }
        const auto end = endOfRung(until, index, ladder.rungs.size());
        const auto outcomes = askTogether<Outcome>(
            ladder.rungs[index], [&](const PowerDevice& device) { return driveDevice(device, wanted, end); });
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

base::Result<void> LadderPowerDriver::off(const PowerLadder& ladder, Deadline deadline) {
    return drive(ladder, PowerState::Off, deadline);
}

base::Result<void> LadderPowerDriver::on(const PowerLadder& ladder, Deadline deadline) {
    return drive(ladder, PowerState::On, deadline);
}

base::Result<void> LadderPowerDriver::shutDown(const PowerLadder& ladder, Deadline deadline) {
    if (!ladder.shutdown_command.empty()) return devices_.runShutdown(ladder.shutdown_command, deadline);
    const auto until = devices_.now() + deadline;
    std::string reasons;
    ErrorCode code = ErrorCode::Unsupported;
    for (const auto& rung : ladder.rungs) {
        for (const auto& device : rung) {
            auto asked = devices_.shutDown(device, left(until));
            if (asked) return asked;
            // One that can, and did not answer now, may answer later.
            if (asked.error().code != ErrorCode::Unsupported) code = asked.error().code;
            reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", describe(device), asked.error().message);
        }
    }
    if (reasons.empty()) reasons = "no device is configured";
    return failure(code, reasons);
}

std::vector<UuidReading> LadderPowerDriver::uuids(const PowerLadder& ladder, Deadline deadline) {
    std::vector<PowerDevice> all;
    for (const auto& rung : ladder.rungs) all.insert(all.end(), rung.begin(), rung.end());
    return askTogether<UuidReading>(all, [&](const PowerDevice& device) {
        const auto uuid = devices_.uuid(device, deadline);
        return UuidReading{describe(device), uuid ? *uuid : "", uuid ? "" : uuid.error().message};
    });
}

base::Result<PowerState> LadderPowerDriver::state(const PowerLadder& ladder, Deadline deadline) {
    const auto until = devices_.now() + deadline;
    for (std::size_t index = 0; index < ladder.rungs.size() && !isOver(until, index); ++index) {
        const auto end = endOfRung(until, index, ladder.rungs.size());
        const auto readings = askTogether<PowerReading>(
            ladder.rungs[index], [&](const PowerDevice& device) { return devices_.read(device, left(end)); });
        const auto is = [](PowerState state) {
            return [state](const PowerReading& reading) { return reading.state == state; };
        };
        if (std::any_of(readings.begin(), readings.end(), is(PowerState::On))) return PowerState::On;
        if (!readings.empty() && std::all_of(readings.begin(), readings.end(), is(PowerState::Off)))
            return PowerState::Off;
    }
    return PowerState::Unknown;
}

std::string describe(const PowerDevice& device) {
    for (const char* key : {"ip", "ipaddr", "plug", "port", "devices"}) {
        auto option = device.options.find(key);
        if (option != device.options.end()) return fmt::format("{} ({}={})", device.agent, key, option->second);
    }
    return device.agent;
}

}  // namespace standin::drivers
