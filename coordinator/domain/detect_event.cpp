#include "coordinator/domain/detect_event.hpp"

#include <fmt/format.h>

#include "coordinator/domain/cancel/cancel_phase.hpp"
#include "coordinator/domain/capture/capture_phase.hpp"
#include "coordinator/domain/ends.hpp"
#include "coordinator/domain/handover/handover_phase.hpp"
#include "coordinator/domain/making/making_phase.hpp"
#include "coordinator/domain/spare/spare_phase.hpp"
#include "coordinator/domain/takeover/takeover_phase.hpp"

namespace standin::domain {

DetectedEvent happened(Event event, std::string why, std::optional<Note> note) {
    return {event, std::move(why), std::move(note), {}};
}

DetectedEvent needsOperator(const OperationProgress& progress, Event event, const std::string& topic,
                            const std::string& why, const std::string& what_to_mend) {
    const std::string cure =
        fmt::format("{}, then: standinctl operation retry {}", what_to_mend, progress.operation().id);
    return {event, why, Note{topic, Note::Level::Error, why, cure}, cure};
}

DetectedEvent segmentRefused(const OperationProgress& progress, StepName step) {
    const auto& server = progress.observation().server;
    return needsOperator(
        progress, Event::SegmentRefused, "segment_refused",
        fmt::format("segment '{}' could not be given away: {}", server.segment.text(), progress.problemOf(step)),
        fmt::format("see that agent '{}' runs and reaches its switch{}", server.switch_agent.text(),
                    step == StepName::GiveSegmentToSpare
                        ? fmt::format(", and that spare '{}' executes its job", progress.operation().spare.text())
                        : ""));
}

std::optional<DetectedEvent> detectEvent(const OperationProgress& progress) {
    switch (phaseOf(progress.operation().state)) {
        case Phase::Takeover:
            return takeover::detectEvent(progress);
        case Phase::Spare:
            return spare::detectEvent(progress);
        case Phase::Handover:
            return handover::detectEvent(progress);
        case Phase::Capture:
            return capture::detectEvent(progress);
        case Phase::Cancel:
            return cancel::detectEvent(progress);
        case Phase::Making:
            return making::detectEvent(progress);
        case Phase::Ends:
            return ends::detectEvent(progress);
    }
    return std::nullopt;
}

}  // namespace standin::domain
