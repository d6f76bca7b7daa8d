#pragma once

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// What a failover wants of the image store of its spare.
enum class RestoreNeed {
    None,
    Turn,     ///< all that a restore needs is done; it may begin when others leave room
    UnderWay  ///< it was begun, and its end is not known yet: the store may be writing
};

/// Follows from the operation alone, so that turns are the same after the coordinator was started again.
RestoreNeed restoreNeedOf(const Operation& operation);

}  // namespace standin::domain
