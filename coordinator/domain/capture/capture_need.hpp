#pragma once

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// Whether a capture needs its server to be off, or has already switched it off.
enum class CaptureNeed {
    None,
    Turn,     ///< it may begin once other servers are on again
    UnderWay  ///< it has begun, and the server is not known to be on again
};

/// The need follows from the operation alone, so a restarted coordinator assigns the same turns.
CaptureNeed captureNeedOf(const Operation& operation);

}  // namespace standin::domain
