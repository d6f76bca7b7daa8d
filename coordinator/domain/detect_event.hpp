#pragma once

#include <optional>
#include <string>

#include "coordinator/domain/operation_progress.hpp"

namespace standin::domain {

/// What has happened in the operation's state, if anything has.
struct DetectedEvent {
    Event event{};
    std::string why;
    std::optional<Note> note;
    std::string cure;  ///< with an event that leads to NeedsOperator
};

/// Which events can follow from the steps of a state at all is in event.cpp; each phase has its own part of this in its
/// directory.
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);

DetectedEvent happened(Event event, std::string why, std::optional<Note> note = std::nullopt);

/// Leads to NeedsOperator: why, and what has to be mended before `retry`.
DetectedEvent needsOperator(const OperationProgress& progress, Event event, const std::string& topic,
                            const std::string& why, const std::string& what_to_mend);

/// The segment could not be given away by `step`.
DetectedEvent segmentRefused(const OperationProgress& progress, StepName step);

}  // namespace standin::domain
