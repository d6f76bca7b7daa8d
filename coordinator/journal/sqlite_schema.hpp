#pragma once

#include <cstdint>
#include <string>

#include "agent/base/result.hpp"
#include "agent/protocol/command_order.hpp"

namespace Poco::Data {
class Session;
}

namespace standin::journal {

/// Creates the tables in a new file, or checks that an old one has a supported schema (otherwise Unsupported), and sets
/// the session to write-ahead logging with full synchronisation at each commit.
base::Result<void> prepareSchema(Poco::Data::Session& session);

/// Takes the next epoch, with a random instance; durable when it returns.
protocol::Leader takeEpoch(Poco::Data::Session& session);

/// The last epoch taken, by any coordinator.
protocol::Leader lastEpoch(Poco::Data::Session& session);

/// The adoption as stored; empty: nothing yet.
std::string adoptionText(Poco::Data::Session& session);
void rememberAdoption(Poco::Data::Session& session, const std::string& text);

/// The site's freeze as stored; empty: nothing yet.
std::string freezeText(Poco::Data::Session& session);
void rememberFreeze(Poco::Data::Session& session, const std::string& text);

/// The same leader continues with a higher epoch.
void raiseEpoch(Poco::Data::Session& session, std::uint64_t epoch);

/// Prevents ids from being used twice, also after ended operations were removed.
void rememberLastOperation(Poco::Data::Session& session, std::uint64_t id);

}  // namespace standin::journal
