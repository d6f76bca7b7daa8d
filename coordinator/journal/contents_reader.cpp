#include "coordinator/journal/contents_reader.hpp"

#include <Poco/Data/Statement.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/base/boundary.hpp"
#include "agent/base/text.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/journal/journal_rows.hpp"
#include "coordinator/journal/operation_json.hpp"
#include "coordinator/journal/restraint_json.hpp"
#include "coordinator/journal/sqlite_schema.hpp"

namespace standin::journal {

using base::ErrorCode;
using base::failure;
using base::Result;
using nlohmann::json;
using Poco::Data::Session;
using namespace Poco::Data::Keywords;

namespace {

/// Of a text that an earlier program may have written, or that was damaged: every problem with it is an error.
template <typename Element>
Result<Element> elementFrom(const std::string& body, Result<Element> (*read)(const json&)) {
    Result<Element> element = failure(ErrorCode::Corrupt, "");
    auto done = base::contained([&] {
        auto parsed = protocol::parseJson(base::validText(body));
        element = parsed ? read(*parsed) : failure(parsed.error());
    });
    if (!done) return failure(done.error());
    return element;
}

Result<Maintenance> maintenanceFrom(const json& object) {
    return Maintenance{object.value("on", false), object.value("why", "")};
}

base::ServerName serverIn(const std::string& text) {
    return base::ServerName::parse(text).value_or({});
}

/// The table's rows by their key, each as `take` makes use of it.
template <typename Element, typename Take>
void readTable(Session& session, const std::string& table, const std::string& key, Result<Element> (*read)(const json&),
               Contents& contents, Take take) {
    std::vector<std::string> keys, bodies;
    session << fmt::format("SELECT {0}, body FROM {1} ORDER BY {0}", key, table), into(keys), into(bodies), now;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        auto element = elementFrom(bodies[i], read);
        if (element) {
            take(keys[i], std::move(*element));
            continue;
        }
        contents.unreadable.push_back({fmt::format("{} of {} '{}'", table, key, base::oneLine(keys[i], 80)),
                                       key == "server" ? serverIn(keys[i]) : base::ServerName(),
                                       element.error().message});
    }
}

}  // namespace

/// Precondition: `operation` was read, or why it cannot be.
void ContentsReader::readSteps(Result<domain::Operation>& operation, Poco::Int64 id) {
    std::vector<std::string> bodies;
    session_ << "SELECT body FROM steps WHERE operation = ? ORDER BY position", into(bodies), use(id), now;
    for (const auto& body : bodies) {
        if (!operation) return;
        auto step = elementFrom(body, &stepFrom);
        if (step) {
            operation->steps.emplace_back(std::move(*step));
        } else {
            operation = failure(step.error());
        }
    }
}

void ContentsReader::readOperations(Contents& contents) {
    std::vector<Poco::Int64> ids, open;
    std::vector<std::string> servers, kinds, bodies;
    session_ << "SELECT id, server, kind, body, NOT (state IN ('Closed', 'Cancelled') OR (kind <> 'failover' AND state "
                "IN ('Succeeded', "
                "'Failed', 'NeedsOperator'))) FROM operations ORDER BY id",
        into(ids), into(servers), into(kinds), into(bodies), into(open), now;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        auto operation = elementFrom(bodies[i], &operationFrom);
        readSteps(operation, ids[i]);
        if (operation) {
            contents.operations.push_back(std::move(*operation));
        } else {
            contents.unreadable.push_back({fmt::format("{} {} of server '{}'", base::oneLine(kinds[i], 40), ids[i],
                                                       base::oneLine(servers[i], 80)),
                                           open[i] != 0 ? serverIn(servers[i]) : base::ServerName(),
                                           operation.error().message});
        }
    }
}

void ContentsReader::read(Contents& contents) {
    readOperations(contents);
    readTable(session_, "spare_table", "server", &rowFrom, contents,
              [&](const std::string&, domain::SpareTableRow row) { contents.rows.push_back(std::move(row)); });
    const auto unreadable = contents.unreadable.size();
    readTable(session_, "leases", "spare", &leaseFrom, contents,
              [&](const std::string&, domain::Lease lease) { contents.leases.push_back(std::move(lease)); });
    // A spare of which no more is known must not be written to (rule 5).
    if (contents.unreadable.size() > unreadable) keepUnreadableLeases(contents);
    readTable(session_, "placements", "server", &placementFrom, contents,
              [&](const std::string& server, domain::Placement placement) {
                  contents.placements[serverIn(server)] = std::move(placement);
              });
    readTable(session_, "maintenance", "server", &maintenanceFrom, contents,
              [&](const std::string& server, Maintenance maintenance) {
                  contents.maintenance[serverIn(server)] = std::move(maintenance);
              });
}

void ContentsReader::keepUnreadableLeases(Contents& contents) {
    std::vector<std::string> spares;
    session_ << "SELECT spare FROM leases ORDER BY spare", into(spares), now;
    for (const auto& text : spares) {
        const auto spare = base::SpareName::parse(text);
        const bool known = std::any_of(contents.leases.begin(), contents.leases.end(),
                                       [&](const domain::Lease& lease) { return lease.spare.text() == text; });
        if (spare && !known) contents.leases.push_back({*spare, {}, 0, "its lease cannot be read in the journal"});
    }
}

/// Whether an earlier coordinator died of an operation; a disk that is full does not keep it from being known now.
void ContentsReader::readCrashes(Contents& contents, const std::vector<domain::OperationId>& left) {
    std::vector<Poco::Int64> operations, times;
    session_ << "SELECT operation, times FROM crashes", into(operations), into(times), now;
    for (std::size_t i = 0; i < operations.size(); ++i)
        contents.crashes[static_cast<domain::OperationId>(operations[i])] = static_cast<unsigned>(times[i]);
    for (const auto id : left) writeCrashes(session_, id, ++contents.crashes[id]);
}

bool ContentsReader::hasRecords() const {
    Poco::Int64 records = 0;
    session_ << "SELECT (SELECT COUNT(*) FROM operations) + (SELECT COUNT(*) FROM spare_table) + (SELECT COUNT(*) FROM "
                "leases) + (SELECT COUNT(*) FROM placements)",
        into(records), now;
    return records > 0;
}

/// What cannot be read says that there was something: nothing begins until an operator has looked.
domain::Freeze ContentsReader::readFreeze() const {
    const auto text = freezeText(session_);
    if (text.empty()) return {};
    auto read = elementFrom(text, &freezeFrom);
    if (read) return std::move(*read);
    return {true, "the freeze in the journal cannot be read: " + read.error().message, "the journal", {}};
}

/// An unclear statement is no agreement.
domain::Adoption ContentsReader::readAdoption() const {
    const auto text = adoptionText(session_);
    domain::Adoption adoption;
    adoption.observing = text.empty() && !hasRecords();
    if (text.empty()) {
        rememberAdoption(session_, protocol::jsonText(toJson(adoption)));
        return adoption;
    }
    auto read = elementFrom(text, &adoptionFrom);
    if (read) return std::move(*read);
    adoption.observing = true;
    return adoption;
}

}  // namespace standin::journal
