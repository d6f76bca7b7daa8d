#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "coordinator/journal/journal.hpp"

namespace Poco::Data {
class Session;
}

/// Records of operations in the journal's file:
///
///     records  (operation, line, lines, whole, body)   body: `lines` JSON texts, one a line, from number `line` on;
///                                                      whole: the first is the operation whole
///
/// All of them throw Poco's exceptions, as the session does.
namespace standin::journal {

/// What is kept of a long record: its begin, which says how the operation came about, and these blocks at its end.
inline constexpr int newest_blocks_kept = 3;

void writeRecord(Poco::Data::Session& session, domain::OperationId operation, const RecordPage& page);
std::vector<std::string> readRecord(Poco::Data::Session& session, domain::OperationId operation);
/// The number of the line that comes next, of each operation that has a record.
std::map<domain::OperationId, std::uint32_t> nextLines(Poco::Data::Session& session);
/// Keeps the records of open operations, and of the newest `most` ones.
void forgetRecords(Poco::Data::Session& session, std::size_t most);

}  // namespace standin::journal
