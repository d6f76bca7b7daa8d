#pragma once

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// The capture phase: a server's disk becomes an image (FIG. 9/10). States: StoppingServer, CapturingImage,
/// StartingServer, RestartingServer, ComparingImages, DiscardingImage.
namespace standin::domain::capture {

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);

// How its steps are tried.
using namespace std::chrono_literals;

/// How long the step tries to ask a server to shut down. It includes the whole time of the program or device that asks.
inline std::chrono::milliseconds askWithin(const Server& server) {
    return 3 * server.fence_within;
}

/// Limits for the orderly shutdown, followed by switching the power off.
inline StepLimits stopServer(const Observation& observation) {
    const Server& server = observation.server;
    const auto by_power = 3 * server.fence_within;
    const bool in_order = observation.capture_way == CaptureWay::Restart;
    return {.deadline = server.fence_within,
            .pause = 2s,
            .patience = in_order ? askWithin(server) + server.shutdown_within + by_power : by_power,
            .retry_refusals = true};
}

inline StepLimits startServer(const Observation& observation) {
    const auto within = observation.server.fence_within;
    return {.deadline = within, .pause = 2s, .patience = 3 * within, .retry_refusals = true};
}

/// The image store may continue the capture even if it does not answer, and the server must stay off meanwhile.
inline constexpr StepLimits capture_image{.deadline = 10s, .pause = 500ms, .patience = 12h};

inline constexpr StepLimits compare_images{.deadline = 60s, .pause = 1s, .patience = 5min};
inline constexpr StepLimits discard_image{.deadline = 5s, .pause = 500ms, .patience = 60s};

}  // namespace standin::domain::capture
