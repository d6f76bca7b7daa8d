#include "coordinator/journal/journal_rows.hpp"

#include <Poco/Data/Statement.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "agent/protocol/json_text.hpp"
#include "coordinator/journal/audit_rows.hpp"
#include "coordinator/journal/operation_json.hpp"
#include "coordinator/journal/record_rows.hpp"

namespace standin::journal {

using nlohmann::json;
using Poco::Data::Session;
using namespace Poco::Data::Keywords;

void writeOperation(Session& session, const domain::Operation& operation, const WrittenSteps& written) {
    Poco::Int64 id = static_cast<Poco::Int64>(operation.id);
    std::string text = protocol::jsonText(toJsonWithoutSteps(operation)), server = operation.server.text(),
                kind(nameOf(operation.kind)), state(nameOf(operation.state));
    session << "INSERT INTO operations (id, server, kind, state, body) VALUES (?, ?, ?, ?, ?) "
               "ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body",
        use(id), use(server), use(kind), use(state), use(text), now;
    for (std::size_t i = 0; i < operation.steps.size(); ++i) {
        if (i < written.size() && operation.steps[i].sharesWith(written[i])) continue;
        const domain::Step& step = operation.steps[i];
        Poco::Int64 position = static_cast<Poco::Int64>(i);
        std::string name(nameOf(step.id.name)), subject = step.id.subject, step_state(nameOf(step.state));
        std::string step_text = protocol::jsonText(toJson(step));
        session << "INSERT INTO steps (operation, position, name, subject, state, body) VALUES (?, ?, ?, ?, ?, ?) "
                   "ON CONFLICT (operation, name, subject) DO UPDATE SET state = excluded.state, body = excluded.body "
                   "WHERE body <> excluded.body",
            use(id), use(position), use(name), use(subject), use(step_state), use(step_text), now;
    }
}

namespace {

void writeBody(Session& session, const std::string& table, const std::string& key, std::string name, std::string body) {
    session << fmt::format(
        "INSERT INTO {} ({}, body) VALUES (?, ?) ON CONFLICT ({}) DO UPDATE SET body = excluded.body", table, key, key),
        use(name), use(body), now;
}

void removeRow(Session& session, const std::string& table, const std::string& key, std::string name) {
    session << fmt::format("DELETE FROM {} WHERE {} = ?", table, key), use(name), now;
}

}  // namespace

void writeTables(Session& session, const Entry& entry) {
    for (const auto& row : entry.rows)
        writeBody(session, "spare_table", "server", row.server.text(), protocol::jsonText(toJson(row)));
    for (const auto& server : entry.removed_rows) removeRow(session, "spare_table", "server", server.text());
    for (const auto& lease : entry.leases)
        writeBody(session, "leases", "spare", lease.spare.text(), protocol::jsonText(toJson(lease)));
    for (const auto& spare : entry.removed_leases) removeRow(session, "leases", "spare", spare.text());
    for (const auto& [server, placement] : entry.placements)
        writeBody(session, "placements", "server", server.text(), protocol::jsonText(toJson(placement)));
    for (const auto& [server, maintenance] : entry.maintenance) {
        writeBody(session, "maintenance", "server", server.text(),
                  protocol::jsonText(json{{"on", maintenance.on}, {"why", maintenance.why}}));
    }
}

void writeCrashes(Session& session, domain::OperationId id, unsigned times) {
    Poco::Int64 operation = static_cast<Poco::Int64>(id), its_times = times;
    session << "INSERT INTO crashes (operation, times) VALUES (?, ?) ON CONFLICT (operation) DO UPDATE SET times = "
               "excluded.times",
        use(operation), use(its_times), now;
}

void forgetOldest(Session& session, const History& history) {
    Poco::Int64 operations = static_cast<Poco::Int64>(history.operations);
    session << "DELETE FROM operations WHERE id IN (SELECT id FROM operations WHERE state IN ('Closed', 'Cancelled') "
               "OR (kind <> "
               "'failover' AND "
               "state IN ('Succeeded', 'Failed', 'NeedsOperator')) ORDER BY id DESC LIMIT -1 OFFSET ?)",
        use(operations), now;
    session << "DELETE FROM steps WHERE operation NOT IN (SELECT id FROM operations)", now;
    session << "DELETE FROM crashes WHERE operation NOT IN (SELECT id FROM operations)", now;
    forgetRecords(session, history.records);
    forgetAudit(session, history.audit_entries);
}

}  // namespace standin::journal
