#pragma once

#include <cstddef>
#include <cstdint>

#include "agent/audit/audit_chain.hpp"
#include "coordinator/journal/journal.hpp"

namespace Poco::Data {
class Session;
}

/// The audit in the journal's file, a chain (agent/audit/audit_chain.hpp):
///
///     audit  (id, at, who, what, outcome, previous, hash)
///     meta   audit_head        the newest entry's id and hash
///            audit_forgotten   the same of the newest one that was forgotten
///
/// All of them throw Poco's exceptions, as the session does.
namespace standin::journal {

/// The columns of the chain, in a file that a release without them has made; its entries are taken into the chain as
/// they stand. Returns the newest entry's mark.
audit::AuditMark openAudit(Poco::Data::Session& session);

/// Appends behind `head`, which becomes the entry's. Call rememberHead() before the commit.
void writeAudit(Poco::Data::Session& session, const domain::AuditEntry& entry, audit::AuditMark& head);
void rememberHead(Poco::Data::Session& session, const audit::AuditMark& head);

/// Keeps the newest `most`, and the mark of what went.
void forgetAudit(Poco::Data::Session& session, std::size_t most);

/// Newest first, those with an id below `before`.
AuditPage readAudit(Poco::Data::Session& session, std::size_t most, std::uint64_t before);

}  // namespace standin::journal
