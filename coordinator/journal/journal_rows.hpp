#pragma once

#include <Poco/Data/Session.h>

#include <vector>

#include "agent/base/shared.hpp"
#include "coordinator/journal/sqlite_journal.hpp"

/// Rows of the journal's tables, within a transaction of the caller's. Throws what Poco throws.
namespace standin::journal {

/// An operation's steps as they were written last.
using WrittenSteps = std::vector<base::Shared<domain::Step>>;

/// Of its steps those that were changed since they were `written`.
void writeOperation(Poco::Data::Session& session, const domain::Operation& operation, const WrittenSteps& written);

/// Spare table, leases, placements, maintenance.
void writeTables(Poco::Data::Session& session, const Entry& entry);

/// `times`: so often the coordinator has died of the operation.
void writeCrashes(Poco::Data::Session& session, domain::OperationId id, unsigned times);

/// Deletes ended operations and audit entries beyond what is kept, oldest first; open ones never.
void forgetOldest(Poco::Data::Session& session, const History& history);

}  // namespace standin::journal
