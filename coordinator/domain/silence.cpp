// Waits in which nobody answers, and steps that are tried again in vain: the operator hears of them while they go on
// (rule 8).
#include <fmt/format.h>

#include "coordinator/domain/operation_progress.hpp"

namespace standin::domain {

namespace {

/// An agent that is started again, and a host that boots, answer before that: nobody is called for what ends by itself.
/// Of what lasts longer nobody knows when it ends, and some of these waits last for hours.
constexpr std::chrono::minutes told_after{5};

/// Whom a step waits for that has more patience than that; empty: none that others would not tell of.
base::AgentName waitsFor(StepName step, const Server& server) {
    switch (step) {
        case StepName::RestoreSpare:
        case StepName::CaptureImage:
            return server.image_store;
        case StepName::GiveSegment:
        case StepName::GiveSegmentToSpare:
            return server.switch_agent;
        case StepName::MakeStandIn:
        case StepName::SuspendStandIn:
            return server.vm_host;
        default:
            return {};
    }
}

/// Of an outage the operator hears once.
bool isTold(const Operation& operation, const std::string& topic, base::WallTime silent_since) {
    const Step* told = operation.find(StepName::TellOperator, topic);
    return told != nullptr && told->first_started >= silent_since;
}

std::string whatStands(const Operation& operation, StepName step) {
    const auto& server = operation.server.text();
    if (step == StepName::CaptureImage) return fmt::format("server '{}' waits to be captured", server);
    if (step == StepName::MakeStandIn || step == StepName::SuspendStandIn)
        return fmt::format("the new stand-in of server '{}' waits for it", server);
    if (step == StepName::RestoreSpare) return fmt::format("spare '{}' waits for its image", operation.spare.text());
    return fmt::format("the job of server '{}' stands still until its segment can be given away", server);
}

std::string cureOf(const Operation& operation, StepName step, const base::AgentName& agent) {
    std::string cure = fmt::format("see that agent '{}' runs and can be reached; it is asked on", agent.text());
    if (step == StepName::CaptureImage) {
        cure += fmt::format("; where the job cannot wait, let its stand-in take over: standinctl failover {}",
                            operation.server.text());
    }
    return cure;
}

/// A job is down, or its requests are held, as long as one of these has not succeeded. Each takes milliseconds; what is
/// tried again for so long will hardly pass by itself.
constexpr std::chrono::seconds vain_after{5};

bool isCritical(StepName step) {
    switch (step) {
        case StepName::FencePort:
        case StepName::GiveSegment:
        case StepName::GiveSegmentToSpare:
        case StepName::ReleaseHeld:
        case StepName::ReturnRequests:
            return true;
        default:
            return false;
    }
}

/// Whom to look after.
std::string cureOfVain(const Operation& operation, StepName step, const Server& server) {
    const bool is_holders = step == StepName::ReleaseHeld || step == StepName::ReturnRequests;
    return fmt::format("look after agent '{}'; it is tried on: standinctl operation show {}",
                       is_holders ? server.request_holder.text() : server.switch_agent.text(), operation.id);
}

std::optional<Note> vainToTell(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    for (const Step& step : operation.steps) {
        if (!isCritical(step.id.name)) continue;
        const bool failed = step.state == StepState::Failed || step.state == StepState::Unknown;
        if (!failed || step.ended < step.patience_from + vain_after) continue;
        if (progress.find(step.id.name) != &step || progress.gaveUp(step.id.name)) continue;
        std::string topic = fmt::format("in_vain_{}", nameOf(step.id.name));
        if (isTold(operation, topic, step.first_started)) continue;
        const auto tried_for = std::chrono::floor<std::chrono::seconds>(step.ended - step.patience_from);
        return Note{
            std::move(topic), Note::Level::Warning,
            fmt::format("{} of {} {} of server '{}' has not succeeded for {} s: {}", nameOf(step.id.name),
                        nameOf(operation.kind), operation.id, operation.server.text(), tried_for.count(), step.message),
            cureOfVain(operation, step.id.name, progress.observation().server)};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Note> troubleToTell(const OperationProgress& progress) {
    auto vain = vainToTell(progress);
    return vain ? vain : silenceToTell(progress);
}

std::optional<Note> silenceToTell(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    for (const Step& step : operation.steps) {
        if (step.silent_since == base::WallTime{} || step.ended < step.silent_since + told_after) continue;
        if (step.state != StepState::Failed && step.state != StepState::Unknown) continue;
        const auto agent = waitsFor(step.id.name, progress.observation().server);
        if (agent.empty() || progress.find(step.id.name) != &step || progress.gaveUp(step.id.name)) continue;
        const std::string topic = "silent_" + agent.text();
        if (isTold(operation, topic, step.silent_since)) continue;
        const auto silent_for = std::chrono::floor<std::chrono::minutes>(step.ended - step.silent_since);
        return Note{topic, Note::Level::Warning,
                    fmt::format("agent '{}' has neither answered nor confirmed anything for {} minutes, and {}: {}",
                                agent.text(), silent_for.count(), whatStands(operation, step.id.name), step.message),
                    cureOf(operation, step.id.name, agent)};
    }
    return std::nullopt;
}

}  // namespace standin::domain
