#include "coordinator/journal/sqlite_journal.hpp"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <Poco/Exception.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "coordinator/journal/moment.hpp"
#include "coordinator/journal/operation_json.hpp"
#include "coordinator/journal/record_rows.hpp"
#include "coordinator/journal/sqlite_schema.hpp"

namespace standin::journal {

using base::ErrorCode;
using base::failure;
using base::Result;
using nlohmann::json;
using Poco::Data::Session;
using namespace Poco::Data::Keywords;

namespace {

void registerOnce() {
    static const bool registered = [] {
        Poco::Data::SQLite::Connector::registerConnector();
        return true;
    }();
    (void)registered;
}

/// One file, one coordinator: held while the process lives, given back by the kernel also after kill -9.
class FileLock {
  public:
    Result<void> take(const std::string& path) {
        descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (descriptor_ < 0) {
            return failure(ErrorCode::Internal,
                           fmt::format("cannot open '{}': {}", path, std::generic_category().message(errno)));
        }
        if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
            return failure(ErrorCode::Conflict,
                           fmt::format("'{}' is locked: another coordinator uses this journal; stop it first", path));
        }
        return {};
    }
    ~FileLock() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

  private:
    int descriptor_ = -1;
};

template <typename Element, typename Kept>
Result<void> readBodies(Session& session, const std::string& query, Result<Element> (*read)(const json&),
                        std::vector<Kept>& into) {
    std::vector<std::string> bodies;
    session << query, Poco::Data::Keywords::into(bodies), now;
    for (const auto& body : bodies) {
        auto parsed = protocol::parseJson(body);
        if (!parsed) return failure(ErrorCode::Corrupt, parsed.error().message);
        auto element = read(*parsed);
        if (!element) return failure(ErrorCode::Corrupt, element.error().message);
        into.push_back(std::move(*element));
    }
    return {};
}

Result<Maintenance> maintenanceFrom(const json& object) {
    return Maintenance{object.value("on", false), object.value("why", "")};
}

template <typename Element>
Result<void> readByServer(Session& session, const std::string& table, Result<Element> (*read)(const json&),
                          base::NameMap<base::ServerName, Element>& into) {
    std::vector<std::string> servers;
    std::vector<Element> elements;
    session << "SELECT server FROM " + table + " ORDER BY server", Poco::Data::Keywords::into(servers), now;
    auto done = readBodies(session, "SELECT body FROM " + table + " ORDER BY server", read, elements);
    if (!done) return done;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        auto name = base::ServerName::parse(servers[i]);
        if (!name) return failure(ErrorCode::Corrupt, name.error().message);
        into[*name] = std::move(elements[i]);
    }
    return {};
}

using Steps = std::vector<base::Shared<domain::Step>>;

constexpr unsigned commits_worth_tidying = 64;    // about as many as one failover makes
constexpr unsigned most_commits_untidied = 4096;  // some ten thousand rows

/// Of its steps those that were changed since they were `written`.
void writeOperation(Session& session, const domain::Operation& operation, const Steps& written) {
    Poco::Int64 id = static_cast<Poco::Int64>(operation.id);
    std::string text = toJsonWithoutSteps(operation).dump(), server = operation.server.text(),
                kind(nameOf(operation.kind)), state(nameOf(operation.state));
    session << "INSERT INTO operations (id, server, kind, state, body) VALUES (?, ?, ?, ?, ?) "
               "ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body",
        use(id), use(server), use(kind), use(state), use(text), now;
    for (std::size_t i = 0; i < operation.steps.size(); ++i) {
        if (i < written.size() && operation.steps[i].sharesWith(written[i])) continue;
        const domain::Step& step = operation.steps[i];
        Poco::Int64 position = static_cast<Poco::Int64>(i);
        std::string name(nameOf(step.id.name)), subject = step.id.subject, step_state(nameOf(step.state));
        std::string step_text = toJson(step).dump();
        session << "INSERT INTO steps (operation, position, name, subject, state, body) VALUES (?, ?, ?, ?, ?, ?) "
                   "ON CONFLICT (operation, name, subject) DO UPDATE SET state = excluded.state, body = excluded.body "
                   "WHERE body <> excluded.body",
            use(id), use(position), use(name), use(subject), use(step_state), use(step_text), now;
    }
}

void writeBody(Session& session, const std::string& table, const std::string& key, std::string name, std::string body) {
    session << fmt::format(
        "INSERT INTO {} ({}, body) VALUES (?, ?) ON CONFLICT ({}) DO UPDATE SET body = excluded.body", table, key, key),
        use(name), use(body), now;
}

void removeRow(Session& session, const std::string& table, const std::string& key, std::string name) {
    session << fmt::format("DELETE FROM {} WHERE {} = ?", table, key), use(name), now;
}

void writeAudit(Session& session, const domain::AuditEntry& entry) {
    std::string at = base::rfc3339(entry.at), who = entry.who, what = entry.what, outcome = entry.outcome;
    session << "INSERT INTO audit (at, who, what, outcome) VALUES (?, ?, ?, ?)", use(at), use(who), use(what),
        use(outcome), now;
}

/// Ended operations and audit entries beyond what is kept go, oldest first; open ones never do.
void forgetOldest(Session& session, const History& history) {
    Poco::Int64 operations = static_cast<Poco::Int64>(history.operations),
                entries = static_cast<Poco::Int64>(history.audit_entries);
    session << "DELETE FROM operations WHERE id IN (SELECT id FROM operations WHERE state = 'Closed' OR (kind <> "
               "'failover' AND "
               "state IN ('Succeeded', 'Failed', 'NeedsOperator')) ORDER BY id DESC LIMIT -1 OFFSET ?)",
        use(operations), now;
    session << "DELETE FROM steps WHERE operation NOT IN (SELECT id FROM operations)", now;
    forgetRecords(session, history.records);
    session << "DELETE FROM audit WHERE id <= (SELECT COALESCE(MAX(id), 0) FROM audit) - ?", use(entries), now;
}

void undo(Session& session) {
    try {
        if (session.isTransaction()) session.rollback();
    } catch (const Poco::Exception&) {  // the transaction is gone already (disk full rolls back by itself)
    }
}

}  // namespace

struct SqliteJournal::Database {
    std::string path;
    History history;
    FileLock lock;
    std::unique_ptr<Session> writing;
    std::mutex reading_mutex;
    std::unique_ptr<Session> reading;
    protocol::Leader leader;                       ///< who opened it here
    unsigned commits = 0;                          ///< since the oldest were forgotten
    std::map<domain::OperationId, Steps> written;  ///< as the file has them

    void forgotten() {
        written.clear();
        commits = 0;
    }
    Result<void> openFile();
    Result<void> readAll(Contents& contents);
};

SqliteJournal::SqliteJournal(std::string path, History history) : database_(std::make_unique<Database>()) {
    registerOnce();
    database_->path = std::move(path);
    database_->history = history;
}

SqliteJournal::~SqliteJournal() = default;

Result<void> SqliteJournal::Database::openFile() {
    auto locked = lock.take(path + ".lock");
    if (!locked) return locked;
    writing = std::make_unique<Session>("SQLite", path);
    std::string verdict;
    *writing << "PRAGMA quick_check(1)", into(verdict), now;
    if (verdict != "ok") {
        return failure(ErrorCode::Corrupt,
                       fmt::format("journal '{}' is damaged ({}); restore it from a backup, or move it away "
                                   "and set the spare table again",
                                   path, verdict));
    }
    auto schema = prepareSchema(*writing);
    if (!schema) return failure(schema.error().within(fmt::format("journal '{}'", path)));
    reading = std::make_unique<Session>("SQLite", path);
    return {};
}

Result<void> SqliteJournal::Database::readAll(Contents& contents) {
    Session& session = *writing;
    auto operations =
        readBodies(session, "SELECT body FROM operations ORDER BY id", &operationFrom, contents.operations);
    if (!operations) return operations;
    for (auto& operation : contents.operations) {
        auto steps = readBodies(
            session, fmt::format("SELECT body FROM steps WHERE operation = {} ORDER BY position", operation.id),
            &stepFrom, operation.steps);
        if (!steps) return steps;
    }
    auto rows = readBodies(session, "SELECT body FROM spare_table ORDER BY server", &rowFrom, contents.rows);
    if (!rows) return rows;
    auto leases = readBodies(session, "SELECT body FROM leases ORDER BY spare", &leaseFrom, contents.leases);
    if (!leases) return leases;
    auto placements = readByServer(session, "placements", &placementFrom, contents.placements);
    if (!placements) return placements;
    return readByServer(session, "maintenance", &maintenanceFrom, contents.maintenance);
}

Result<Contents> SqliteJournal::open() {
    const std::string& path = database_->path;
    try {
        auto opened = database_->openFile();
        if (!opened) return failure(opened.error());
        Contents contents;
        Session& session = *database_->writing;
        database_->leader = takeEpoch(session);
        contents.epoch = database_->leader.epoch;
        contents.instance = database_->leader.instance;
        Poco::Int64 last = 0;
        session << "SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM operations UNION SELECT CAST(value AS INTEGER) "
                   "FROM meta "
                   "WHERE key = 'last_operation')",
            into(last), now;
        contents.last_operation = static_cast<domain::OperationId>(last);
        contents.next_lines = nextLines(session);
        auto read = database_->readAll(contents);
        if (!read) {
            return failure(ErrorCode::Corrupt,
                           fmt::format("journal '{}' cannot be understood: {}; restore it from a backup, or move "
                                       "it away and set the spare table again",
                                       path, read.error().message));
        }
        return contents;
    } catch (const Poco::Exception& exception) {
        return failure(ErrorCode::Corrupt,
                       fmt::format("journal '{}' cannot be opened: {}; it has to be a SQLite file on a local, "
                                   "writable file system",
                                   path, exception.displayText()));
    }
}

Result<void> SqliteJournal::commit(const Entry& entry) {
    Session& session = *database_->writing;
    try {
        session.begin();
        for (const domain::Operation& operation : entry.operations)
            writeOperation(session, operation, database_->written[operation.id]);
        for (const auto& row : entry.rows)
            writeBody(session, "spare_table", "server", row.server.text(), toJson(row).dump());
        for (const auto& server : entry.removed_rows) removeRow(session, "spare_table", "server", server.text());
        for (const auto& lease : entry.leases)
            writeBody(session, "leases", "spare", lease.spare.text(), toJson(lease).dump());
        for (const auto& spare : entry.removed_leases) removeRow(session, "leases", "spare", spare.text());
        for (const auto& [server, placement] : entry.placements) {
            writeBody(session, "placements", "server", server.text(), toJson(placement).dump());
        }
        for (const auto& [server, maintenance] : entry.maintenance) {
            writeBody(session, "maintenance", "server", server.text(),
                      json{{"on", maintenance.on}, {"why", maintenance.why}}.dump());
        }
        for (const auto& audited : entry.audit) writeAudit(session, audited);
        for (const auto& [id, page] : entry.records) writeRecord(session, id, page);
        if (!entry.operations.empty()) rememberLastOperation(session, entry.operations.back()->id);
        const bool forgets = ++database_->commits >= most_commits_untidied;
        if (forgets) forgetOldest(session, database_->history);
        // Last, because the writes before hold the database: nobody can take an epoch between this look and the commit.
        if (const auto last = lastEpoch(session); last != database_->leader) {
            session.rollback();
            return failure(ErrorCode::StaleEpoch,
                           fmt::format("another coordinator leads since epoch {}: it has opened journal '{}'",
                                       last.epoch, database_->path));
        }
        session.commit();
        if (forgets) {
            database_->forgotten();
        } else {
            for (const domain::Operation& operation : entry.operations)
                database_->written[operation.id] = operation.steps;
        }
        return {};
    } catch (const Poco::Exception& exception) {
        const std::string text = exception.displayText();
        undo(session);
        return failure(
            ErrorCode::Internal,
            fmt::format("journal '{}' cannot be written: {}; make room on its file system", database_->path, text));
    }
}

void SqliteJournal::tidy() {
    if (database_->commits < commits_worth_tidying) return;
    Session& session = *database_->writing;
    try {
        session.begin();
        forgetOldest(session, database_->history);
        if (lastEpoch(session) != database_->leader) return undo(session);  // another coordinator's by now
        session.commit();
        database_->forgotten();
        session << "PRAGMA wal_checkpoint(PASSIVE)", now;
    } catch (const Poco::Exception&) {
        undo(session);  // a disk that is full or gone is told with the next commit
    }
}

Result<std::vector<std::string>> SqliteJournal::record(domain::OperationId id) {
    const std::lock_guard lock(database_->reading_mutex);
    try {
        auto lines = readRecord(*database_->reading, id);
        if (!lines.empty()) return lines;
        return failure(ErrorCode::NotFound,
                       fmt::format("no record of operation {} is kept: those of the newest {} operations are", id,
                                   database_->history.records));
    } catch (const Poco::Exception& exception) {
        return failure(ErrorCode::Internal,
                       fmt::format("journal '{}' cannot be read: {}", database_->path, exception.displayText()));
    }
}

Result<std::vector<domain::AuditEntry>> SqliteJournal::audit(std::size_t most) {
    const std::lock_guard lock(database_->reading_mutex);
    try {
        std::vector<Poco::Int64> ids;
        std::vector<std::string> times, whos, whats, outcomes;
        Poco::Int64 limit = static_cast<Poco::Int64>(most);
        *database_->reading << "SELECT id, at, who, what, outcome FROM audit ORDER BY id DESC LIMIT ?", into(ids),
            into(times), into(whos), into(whats), into(outcomes), use(limit), now;
        std::vector<domain::AuditEntry> entries;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            entries.push_back({static_cast<std::uint64_t>(ids[i]), momentFrom(times[i]).value_or({}), whos[i], whats[i],
                               outcomes[i]});
        }
        return entries;
    } catch (const Poco::Exception& exception) {
        return failure(ErrorCode::Internal,
                       fmt::format("journal '{}' cannot be read: {}", database_->path, exception.displayText()));
    }
}

}  // namespace standin::journal
