#include <fmt/format.h>

#include "coordinator/domain/detect_event.hpp"

namespace standin::domain {

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

}  // namespace

std::optional<DetectedEvent> captureEvent(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const bool restart = progress.observation().capture_way == CaptureWay::Restart;
    switch (operation.state) {
        case State::Opened:
            return happened(Event::Begins, operation.cause.empty() ? "requested" : operation.cause);
        case State::StoppingServer:
            if (restart && isRefused(progress)) {
                return happened(Event::CaptureRefused,
                                fmt::format("server '{}' is not switched off while its rack has a failure: {}",
                                            operation.server.text(), progress.observation().rack_failover));
            }
            if (progress.done(StopServer)) return serverStopped(progress);
            if (!progress.gaveUp(StopServer)) return std::nullopt;
            return happened(Event::ServerNotStopped,
                            fmt::format("server '{}' is not confirmed as off: {}", operation.server.text(),
                                        progress.problemOf(StopServer)));
        case State::CapturingImage:
            if (progress.done(CaptureImage)) {
                return happened(Event::ImageCaptured, fmt::format("image '{}' is captured", operation.image.text()));
            }
            if (!progress.gaveUp(CaptureImage)) return std::nullopt;
            return happened(Event::CaptureFailed,
                            fmt::format("image '{}' could not be captured: {}", operation.image.text(),
                                        progress.problemOf(CaptureImage)));
        case State::StartingServer:
            if (!restart) return happened(Event::ServerStarted, "the server is left off, as it was");
            if (progress.done(StartServer)) return happened(Event::ServerStarted, "the server runs again");
            if (progress.gaveUp(StartServer)) return notStarted(progress);
            return std::nullopt;
        case State::RestartingServer:
            if (!restart || progress.done(StartServer)) return happened(Event::ServerStarted, operation.why);
            if (progress.gaveUp(StartServer)) return notStarted(progress);
            return std::nullopt;
        case State::ComparingImages: {
            if (operation.stand_in.empty()) return happened(Event::ImageDiffers, "there is no stand-in yet");
            if (operation.previous_image.empty()) return happened(Event::ImageDiffers, "there is no previous image");
            const Step* comparison = progress.find(CompareImages);
            if (progress.done(CompareImages)) {
                if (comparison->finding == Finding::Same) return happened(Event::NoDifference, comparison->message);
                return happened(Event::ImageDiffers, comparison->message);
            }
            if (!progress.gaveUp(CompareImages)) return std::nullopt;
            return happened(Event::ComparisonFailed,
                            "the images could not be compared: " + progress.problemOf(CompareImages));
        }
        case State::DiscardingImage:
            if (progress.concluded(DiscardImage)) {
                return happened(Event::ImageDiscarded, "no difference: the stand-in stays as it is");
            }
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

}  // namespace standin::domain
