#pragma once

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// What the end of a failover says to the operator (S229, S231). An end after which writes of the job are on a disk
/// that nobody works with is not called normal: it says what is missing and where it is (rule 10).
Note failoverEndNote(const Operation& failover, const Server& server, base::WallTime now);

/// The disks that have writes which are not on the machine that executes the job now.
std::vector<HeldWrites> missingWrites(const Operation& failover, const Server& server);

}  // namespace standin::domain
