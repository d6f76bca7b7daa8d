#pragma once

#include <optional>
#include <string>

#include "coordinator/domain/operation_progress.hpp"

namespace standin::domain {

/// An event that was detected in the operation's state.
struct DetectedEvent {
    Event event{};
    std::string why;
    std::optional<Note> note;
    std::string cure;  ///< for an event that leads to NeedsOperator
};

/// Detects the event that follows from the operation's steps, if any. Each phase has its part of this in its directory;
/// event.cpp lists which events can follow from which steps.
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);

DetectedEvent happened(Event event, std::string why, std::optional<Note> note = std::nullopt);

/// An event that leads to NeedsOperator: why, and what has to be repaired before `retry`.
DetectedEvent needsOperator(const OperationProgress& progress, Event event, const std::string& topic,
                            const std::string& why, const std::string& what_to_mend);

/// The event for a segment that `step` could not give to its new owner.
DetectedEvent segmentRefused(const OperationProgress& progress, StepName step);

}  // namespace standin::domain
