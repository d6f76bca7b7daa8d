#pragma once

#include <cstdint>
#include <string>

#include "agent/base/result.hpp"
#include "agent/protocol/command_order.hpp"

namespace Poco::Data {
class Session;
}

namespace standin::journal {

/// Makes the tables in a new file, or checks that an old one has a schema this program knows (Unsupported otherwise),
/// and sets the session to write-ahead logging with a full synchronisation at each commit.
base::Result<void> prepareSchema(Poco::Data::Session& session);

/// One more than ever before, with an instance that is drawn at random; durable when it returns.
protocol::Leader takeEpoch(Poco::Data::Session& session);

/// The last one that was taken, by whomever.
protocol::Leader lastEpoch(Poco::Data::Session& session);

/// What the file says of its adoption; empty: nothing yet.
std::string adoptionText(Poco::Data::Session& session);
void rememberAdoption(Poco::Data::Session& session, const std::string& text);

/// The same leader continues with a higher epoch.
void raiseEpoch(Poco::Data::Session& session, std::uint64_t epoch);

/// So that ids are never used twice, also when ended operations are forgotten.
void rememberLastOperation(Poco::Data::Session& session, std::uint64_t id);

}  // namespace standin::journal
