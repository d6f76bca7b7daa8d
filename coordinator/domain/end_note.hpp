#pragma once

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// The message to the operator at the end of a failover (S229, S231). If writes of the job are left on a disk that is
/// not in use, the end is not called normal: the message says what is missing and where it is (rule 10).
Note failoverEndNote(const Operation& failover, const Server& server, base::WallTime now);

/// The disks with writes that are missing on the machine that executes the job now.
std::vector<HeldWrites> missingWrites(const Operation& failover, const Server& server);

}  // namespace standin::domain
