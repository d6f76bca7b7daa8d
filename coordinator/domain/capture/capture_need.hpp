#pragma once

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// Whether a capture wants to switch its server off, or has it off.
enum class CaptureNeed {
    None,
    Turn,     ///< it may begin when others are on again
    UnderWay  ///< it was begun, and the server is not known to be on again
};

/// Follows from the operation alone, so that turns are the same after the coordinator was started again.
CaptureNeed captureNeedOf(const Operation& operation);

}  // namespace standin::domain
