#include "coordinator/what_if/durations.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace standin::what_if {

namespace {

double medianOf(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

Durations::Durations(const std::vector<domain::Operation>& past) {
    for (const auto& operation : past) {
        for (const domain::Step& step : operation.steps) {
            if (step.state == domain::StepState::Done && step.attempts > 0)
                done_[step.id.name][operation.server].push_back(step.duration_ms);
        }
    }
}

nlohmann::json Durations::toJson() const {
    auto object = nlohmann::json::object();
    for (const auto& [step, servers] : done_) {
        auto& its = object[std::string(nameOf(step))];
        for (const auto& [server, values] : servers) its[server.text()] = values;
    }
    return object;
}

base::Result<Durations> Durations::from(const nlohmann::json& json) {
    Durations durations;
    for (const auto& [name, servers] : json.items()) {
        const auto step = domain::stepFrom(name);
        if (!step || !servers.is_object())
            return base::failure(base::ErrorCode::InvalidInput, "durations of '" + name + "': no step with servers");
        for (const auto& [text, values] : servers.items()) {
            const auto server = base::ServerName::parse(text);
            if (!server) return base::failure(server.error());
            for (const auto& value : values) {
                if (value.is_number()) durations.done_[*step][*server].push_back(value.get<double>());
            }
        }
    }
    return durations;
}

std::optional<Expectation> Durations::of(domain::StepName step, const base::ServerName& server) const {
    const auto found = done_.find(step);
    if (found == done_.end()) return std::nullopt;
    if (const auto its = found->second.find(server); its != found->second.end()) {
        return Expectation{medianOf(its->second), Expectation::Basis::SameServer,
                           static_cast<unsigned>(its->second.size())};
    }
    std::vector<double> all;
    for (const auto& [name, values] : found->second) all.insert(all.end(), values.begin(), values.end());
    return Expectation{medianOf(all), Expectation::Basis::OtherServers, static_cast<unsigned>(all.size())};
}

double assumedMs(domain::StepName step) {
    using enum domain::StepName;
    switch (step) {
        case ResumeStandIn:  // memory is there; the job's first answer is what takes
            return 500;
        case FencePower:
        case PowerOffSpare:
        case PowerOffFailedSpare:
        case StartSpare:  // a BMC's session, its action, and its state read back
            return 8000;
        case ProbeSpare:  // firmware and boot of a rack server
            return 180000;
        case RetireStandIn:
        case StopStandIn:
            return 5000;
        case DrainStandIn:
            return 1000;
        default:  // an agent's answer
            return 20;
    }
}

std::string_view nameOf(Expectation::Basis basis) {
    switch (basis) {
        case Expectation::Basis::SameServer:
            return "past_runs_of_this_server";
        case Expectation::Basis::OtherServers:
            return "past_runs";
        case Expectation::Basis::Assumed:
            return "assumed";
    }
    return "assumed";
}

}  // namespace standin::what_if
