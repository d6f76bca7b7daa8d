// Waits in which nobody answers, and steps that are tried again in vain: they are reported while they go on (rule 8).
#include <fmt/format.h>

#include "coordinator/domain/notes.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/step_set.hpp"

namespace standin::domain {

namespace {

/// An agent that is started again, and a host that boots, answer before that: nobody is called for what ends by itself.
/// Of what lasts longer nobody knows when it ends, and some of these waits last for hours.
constexpr std::chrono::minutes reported_after{5};

/// Steps that have more patience than that, and no other note of their own.
constexpr StepSet long_waits{StepName::RestoreSpare,       StepName::CaptureImage, StepName::GiveSegment,
                             StepName::GiveSegmentToSpare, StepName::MakeStandIn,  StepName::SuspendStandIn};

/// An outage is reported once.
bool isReportedSince(const Operation& operation, const std::string& topic, base::WallTime silent_since) {
    const Step* reported = operation.find(StepName::TellOperator, topic);
    return reported != nullptr && reported->first_started >= silent_since;
}

std::string whatStands(const Operation& operation, StepName step) {
    const auto& server = operation.server.text();
    if (step == StepName::CaptureImage) return fmt::format("server '{}' waits to be captured", server);
    if (step == StepName::MakeStandIn || step == StepName::SuspendStandIn)
        return fmt::format("the new stand-in of server '{}' waits for it", server);
    if (step == StepName::RestoreSpare) return fmt::format("spare '{}' waits for its image", operation.spare.text());
    return fmt::format("the job of server '{}' is down until its segment can be given away", server);
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

constexpr StepSet down_until_done{StepName::FencePort, StepName::GiveSegment, StepName::GiveSegmentToSpare,
                                  StepName::ReleaseHeld, StepName::ReturnRequests};

std::optional<Note> vainNote(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    for (const Step& step : operation.steps) {
        if (!down_until_done.contains(step.id.name)) continue;
        const bool failed = step.state == StepState::Failed || step.state == StepState::Unknown;
        if (!failed || step.ended < step.patience_from + vain_after) continue;
        if (progress.find(step.id.name) != &step || progress.gaveUp(step.id.name)) continue;
        std::string topic = fmt::format("in_vain_{}", nameOf(step.id.name));
        if (isReportedSince(operation, topic, step.first_started)) continue;
        const auto tried_for = std::chrono::floor<std::chrono::seconds>(step.ended - step.patience_from);
        return Note{
            std::move(topic), Note::Level::Warning,
            fmt::format("{} of {} {} of server '{}' has not succeeded for {} s: {}", nameOf(step.id.name),
                        nameOf(operation.kind), operation.id, operation.server.text(), tried_for.count(), step.message),
            fmt::format("look after agent '{}'; it is tried on: standinctl operation show {}",
                        agentAsked(step.id.name, progress.observation().server).text(), operation.id)};
    }
    return std::nullopt;
}

std::optional<Note> silenceNote(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    for (const Step& step : operation.steps) {
        if (step.silent_since == base::WallTime{} || step.ended < step.silent_since + reported_after) continue;
        if (step.state != StepState::Failed && step.state != StepState::Unknown) continue;
        if (!long_waits.contains(step.id.name)) continue;
        const auto& agent = agentAsked(step.id.name, progress.observation().server);
        if (agent.empty() || progress.find(step.id.name) != &step || progress.gaveUp(step.id.name)) continue;
        const std::string topic = "silent_" + agent.text();
        if (isReportedSince(operation, topic, step.silent_since)) continue;
        const auto silent_for = std::chrono::floor<std::chrono::minutes>(step.ended - step.silent_since);
        return Note{topic, Note::Level::Warning,
                    fmt::format("agent '{}' has neither answered nor confirmed anything for {} minutes, and {}: {}",
                                agent.text(), silent_for.count(), whatStands(operation, step.id.name), step.message),
                    cureOf(operation, step.id.name, agent)};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Note> troubleNote(const OperationProgress& progress) {
    auto vain = vainNote(progress);
    return vain ? vain : silenceNote(progress);
}

}  // namespace standin::domain
