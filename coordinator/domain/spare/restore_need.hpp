#pragma once

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// What a failover needs from its spare's image store.
enum class RestoreNeed {
    None,
    Turn,     ///< everything a restore needs is done; it may begin when its turn comes
    UnderWay  ///< it has begun, and its end is not known yet: the store may be writing
};

/// The need follows from the operation alone, so a restarted coordinator assigns the same turns.
RestoreNeed restoreNeedOf(const Operation& operation);

}  // namespace standin::domain
