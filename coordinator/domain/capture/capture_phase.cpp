#include "coordinator/domain/capture/capture_phase.hpp"

#include <fmt/format.h>

namespace standin::domain::capture {

using enum StepName;
using Level = Note::Level;

namespace {

DetectedEvent notStarted(const OperationProgress& progress) {
    const auto& server = progress.operation().server.text();
    const std::string why = fmt::format("server '{}' was shut down for a capture and does not start again: {}", server,
                                        progress.problemOf(StartServer));
    const std::string cure =
        fmt::format("start server '{}' by hand, or let its stand-in take over: standinctl failover {}", server, server);
    return {Event::ServerNotStarted, why, Note{"server_not_started", Level::Error, why, cure}, cure};
}

/// Nothing was done to it yet, and another server of its rack is in a failover: what has hit that one may hit this one,
/// and it may be needed.
bool isRefused(const OperationProgress& progress) {
    const Step* stop = progress.find(StopServer);
    const bool begun = stop != nullptr && stop->state != StepState::Planned;
    return !begun && !progress.observation().rack_failover.empty();
}

/// Its power devices switch another machine. What was asked of the server before, or may have been, can't be taken
/// back: then it has to be started again.
std::optional<DetectedEvent> isOtherMachine(const OperationProgress& progress) {
    const Step* stop = progress.find(StopServer);
    if (stop == nullptr || stop->state != StepState::Failed || stop->finding != Finding::OtherMachine)
        return std::nullopt;
    const bool untouched = stop->attempts == 1 && stop->found.empty();
    return happened(untouched ? Event::CaptureRefused : Event::ServerNotStopped,
                    fmt::format("a capture of server '{}' would switch off another machine: {}",
                                progress.operation().server.text(), stop->message));
}

DetectedEvent serverStopped(const OperationProgress& progress) {
    const Step* stop = progress.find(StopServer);
    if (stop->finding != Finding::PowerCut) return happened(Event::ServerStopped, "the server is off");
    const auto& server = progress.operation().server.text();
    return happened(Event::ServerStopped, "the server is off, its power was cut",
                    Note{"power_cut", Level::Warning, stop->message,
                         fmt::format("see why server '{}' does not shut down in order (acpid or systemd-logind, a "
                                     "service that hangs), or allow more time: shutdown_within",
                                     server)});
}

bool isRestart(const OperationProgress& progress) {
    return progress.observation().capture_way == CaptureWay::Restart;
}

std::optional<DetectedEvent> whileStopping(const OperationProgress& progress) {
    const auto& server = progress.operation().server.text();
    if (isRestart(progress) && isRefused(progress)) {
        return happened(Event::CaptureRefused,
                        fmt::format("server '{}' is not switched off while its rack has a failure: {}", server,
                                    progress.observation().rack_failover));
    }
    if (progress.done(StopServer)) return serverStopped(progress);
    if (auto other = isOtherMachine(progress)) return other;
    if (!progress.gaveUp(StopServer)) return std::nullopt;
    return happened(Event::ServerNotStopped,
                    fmt::format("server '{}' is not confirmed as off: {}", server, progress.problemOf(StopServer)));
}

std::optional<DetectedEvent> whileCapturing(const OperationProgress& progress) {
    const auto& image = progress.operation().image.text();
    if (progress.done(CaptureImage))
        return happened(Event::ImageCaptured, fmt::format("image '{}' is captured", image));
    if (!progress.gaveUp(CaptureImage)) return std::nullopt;
    return happened(Event::CaptureFailed,
                    fmt::format("image '{}' could not be captured: {}", image, progress.problemOf(CaptureImage)));
}

std::optional<DetectedEvent> whileStarting(const OperationProgress& progress) {
    if (!isRestart(progress)) return happened(Event::ServerStarted, "the server is left off, as it was");
    if (progress.done(StartServer)) return happened(Event::ServerStarted, "the server runs again");
    if (progress.gaveUp(StartServer)) return notStarted(progress);
    return std::nullopt;
}

std::optional<DetectedEvent> whileRestarting(const OperationProgress& progress) {
    if (!isRestart(progress) || progress.done(StartServer))
        return happened(Event::ServerStarted, progress.operation().why);
    if (progress.gaveUp(StartServer)) return notStarted(progress);
    return std::nullopt;
}

std::optional<DetectedEvent> whileComparing(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (operation.stand_in.empty()) return happened(Event::ImageDiffers, "there is no stand-in yet");
    if (operation.previous_image.empty()) return happened(Event::ImageDiffers, "there is no previous image");
    if (progress.done(CompareImages)) {
        const Step* comparison = progress.find(CompareImages);
        const bool same = comparison->finding == Finding::Same;
        return happened(same ? Event::NoDifference : Event::ImageDiffers, comparison->message);
    }
    if (!progress.gaveUp(CompareImages)) return std::nullopt;
    return happened(Event::ComparisonFailed, "the images could not be compared: " + progress.problemOf(CompareImages));
}

}  // namespace

std::optional<DetectedEvent> detectEvent(const OperationProgress& progress) {
    switch (progress.operation().state) {
        case State::StoppingServer:
            return whileStopping(progress);
        case State::CapturingImage:
            return whileCapturing(progress);
        case State::StartingServer:
            return whileStarting(progress);
        case State::RestartingServer:
            return whileRestarting(progress);
        case State::ComparingImages:
            return whileComparing(progress);
        default:  // DiscardingImage
            if (!progress.concluded(DiscardImage)) return std::nullopt;
            return happened(Event::ImageDiscarded, "no difference: the stand-in stays as it is");
    }
}

void wantedSteps(StepList& steps, const OperationProgress& progress) {
    switch (progress.operation().state) {
        case State::StoppingServer:
            steps.add(StopServer);
            break;
        case State::CapturingImage:
            steps.add(CaptureImage);
            break;
        case State::StartingServer:
        case State::RestartingServer:
            if (isRestart(progress)) steps.add(StartServer);
            break;
        case State::ComparingImages:
            if (!progress.operation().previous_image.empty()) steps.add(CompareImages);
            break;
        default:  // DiscardingImage
            steps.add(DiscardImage);
            break;
    }
}

}  // namespace standin::domain::capture
