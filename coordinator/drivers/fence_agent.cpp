#include "coordinator/drivers/fence_agent.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "agent/base/process.hpp"
#include "agent/base/secret_file.hpp"
#include "agent/base/text.hpp"

namespace standin::drivers {

using base::ErrorCode;
using base::failure;

namespace {

constexpr std::size_t output_limit = 64U << 10;               // metadata of the largest agent is about 30 KiB
constexpr std::size_t words_limit = 300;                      // of an agent's last words in a message
constexpr auto metadata_deadline = std::chrono::seconds(15);  // an interpreter's start on a busy host

// Options that this driver sets itself, and those that would spread the secret or slow the agent down.
constexpr std::array forbidden_options{"action",        "option", "password",   "passwd", "verbose",
                                       "verbose_level", "debug",  "debug_file", "delay"};

bool isAgentName(const std::string& name) {
    return name.size() > 6 && name.size() <= 63 && name.starts_with("fence_") &&
           std::all_of(name.begin(), name.end(),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

bool isOptionName(const std::string& name) {
    return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-';
    });
}

// Agents strip blanks around a line and one pair of quotes around a value.
std::string quotedIfNeeded(const std::string& value) {
    bool plain = value.empty() ||
                 (value.front() != ' ' && value.back() != ' ' && !(value.front() == '"' && value.back() == '"'));
    return plain ? value : '"' + value + '"';
}

std::string withoutSecrets(std::string words, const std::vector<std::string>& secrets) {
    for (const auto& secret : secrets) {
        for (auto at = words.find(secret); !secret.empty() && at != std::string::npos; at = words.find(secret, at)) {
            words.replace(at, secret.size(), "***");
            at += 3;
        }
    }
    return words;
}

bool hasWord(const std::string& text, const std::string& word) {
    std::string token;
    for (char c : text + ' ') {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
            token += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        } else {
            if (token == word) return true;
            token.clear();
        }
    }
    return false;
}

bool isBlank(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c) != 0; });
}

PowerState stateFrom(const base::ProcessOutcome& outcome) {
    const bool off = hasWord(outcome.output, "OFF");
    const bool on = hasWord(outcome.output, "ON");
    if (outcome.exit_code == 0) return off && !on ? PowerState::Unknown : PowerState::On;
    if (outcome.exit_code != 2) return PowerState::Unknown;
    const bool silent = isBlank(outcome.output) && isBlank(outcome.errors);
    return (off && !on) || silent ? PowerState::Off : PowerState::Unknown;
}

}  // namespace

struct FenceAgent::Call {
    base::ProcessRequest request;
    std::vector<std::string> secrets;

    [[nodiscard]] std::string wordsOf(const base::ProcessOutcome& outcome) const {
        const auto& said = isBlank(outcome.errors) ? outcome.output : outcome.errors;
        // An agent's output was made valid text: a secret that is not valid text looks different there.
        std::vector<std::string> hidden = secrets;
        for (const auto& secret : secrets) hidden.push_back(base::validText(secret));
        return base::lastWords(withoutSecrets(said, hidden), words_limit);
    }
};

base::Result<std::string> FenceAgent::programOf(const PowerDevice& device) const {
    const bool own_place = device.agent.starts_with('/');  // a team's own agent, outside the package's directory
    if (!own_place && !isAgentName(device.agent)) {
        return failure(ErrorCode::InvalidInput, fmt::format("'{}' is not a fence agent's name, as in 'fence_ipmilan'",
                                                            base::shortened(device.agent, 80)));
    }
    auto program = own_place ? device.agent : directory_ + "/" + device.agent;
    if (::access(program.c_str(), X_OK) != 0) {
        return failure(ErrorCode::NotFound,
                       fmt::format("fence agent '{}' can't be run: {}; install package fence-agents", program,
                                   std::strerror(errno)));
    }
    return program;
}

base::Result<FenceAgent::Call> FenceAgent::prepare(const PowerDevice& device, const std::string& action) const {
    auto program = programOf(device);
    if (!program) return failure(program.error());
    Call call;
    call.request.command = {*program};
    call.request.output_limit = output_limit;
    call.request.input = "action=" + action + "\n";
    for (const auto& [name, value] : device.options) {
        // One option is one line: a line end in a value would be another option.
        if (!isOptionName(name) || !base::isOneLine(value)) {
            return failure(ErrorCode::InvalidInput,
                           fmt::format("{}: option '{}' is not a name with one line as its value", describe(device),
                                       base::shortened(name, 80)));
        }
        auto same = [&](std::string_view forbidden) {
            return std::equal(name.begin(), name.end(), forbidden.begin(), forbidden.end(),
                              [](char a, char b) { return (a == '-' ? '_' : a) == b; });
        };
        if (std::any_of(forbidden_options.begin(), forbidden_options.end(), same)) {
            return failure(ErrorCode::InvalidInput,
                           fmt::format("{}: option '{}' may not be set here{}", describe(device), name,
                                       name.starts_with("passw") ? "; name a password_file" : ""));
        }
        call.request.input += name + "=" + quotedIfNeeded(value) + "\n";
    }
    auto files = device.secret_files;
    if (!device.password_file.empty()) files["password"] = device.password_file;
    for (const auto& [name, file] : files) {
        if (!isOptionName(name))
            return failure(ErrorCode::InvalidInput, fmt::format("{}: '{}' is no option", describe(device), name));
        auto secret = base::readSecret(file);
        if (!secret) return failure(secret.error());
        if (!base::isOneLine(*secret))
            return failure(ErrorCode::InvalidInput, fmt::format("secret '{}' is not one line of text", file));
        call.secrets.push_back(*secret);
        call.request.input += name + "=" + quotedIfNeeded(*secret) + "\n";
    }
    return call;
}

base::Result<void> FenceAgent::act(const PowerDevice& device, const std::string& action, Deadline deadline) const {
    auto call = prepare(device, action);
    if (!call) return failure(call.error());
    call->request.deadline = deadline;
    auto outcome = base::runProcess(call->request);
    if (!outcome) return failure(outcome.error());
    if (outcome->exit_code == 0) return {};
    return failure(ErrorCode::Internal, fmt::format("{}: action '{}' ended with {}: {}", describe(device), action,
                                                    outcome->exit_code, call->wordsOf(*outcome)));
}

PowerReading FenceAgent::read(const PowerDevice& device, Deadline deadline) const {
    auto call = prepare(device, "status");
    if (!call) return {PowerState::Unknown, call.error().message};
    call->request.deadline = deadline;
    auto outcome = base::runProcess(call->request);
    if (!outcome) return {PowerState::Unknown, outcome.error().message};
    auto state = stateFrom(*outcome);
    if (state == PowerState::Off) return {state, "reads back as off"};
    if (state == PowerState::On) return {state, "reads back as on"};
    return {state, fmt::format("status is unknown (exit {}): {}", outcome->exit_code, call->wordsOf(*outcome))};
}

base::Result<std::string> FenceAgent::metadataOf(const PowerDevice& device) const {
    auto call = prepare(device, "metadata");
    if (!call) return failure(call.error());
    call->request.input = "action=metadata\n";
    call->request.deadline = metadata_deadline;
    auto outcome = base::runProcess(call->request);
    if (!outcome) return failure(outcome.error());
    if (outcome->exit_code != 0 || outcome->output.find("<resource-agent") == std::string::npos) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("'{}' does not describe itself as a fence agent (exit {}): {}", device.agent,
                                   outcome->exit_code, call->wordsOf(*outcome)));
    }
    return std::move(outcome->output);
}

base::Result<void> FenceAgent::check(const PowerDevice& device, Descriptions& described) const {
    if (described.count(device.agent) == 0) {
        auto description = metadataOf(device);
        if (!description) return failure(description.error());
        described[device.agent] = std::move(*description);
    } else if (auto call = prepare(device, "metadata"); !call) {
        return failure(call.error());
    }
    const auto& description = described[device.agent];
    auto options = device.options;
    options.insert(device.secret_files.begin(), device.secret_files.end());
    for (const auto& [name, value] : options) {
        auto alike = name;
        std::replace(alike.begin(), alike.end(), '-', '_');
        if (description.find("<parameter name=\"" + alike + "\"") == std::string::npos) {
            return failure(ErrorCode::InvalidInput, fmt::format("{} has no option '{}'; see '{} -o metadata'",
                                                                device.agent, name, device.agent));
        }
    }
    return {};
}

}  // namespace standin::drivers
