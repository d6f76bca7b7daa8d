#include "coordinator/journal/sqlite_journal.hpp"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/SQLiteException.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <Poco/Exception.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>

#include "agent/base/boundary.hpp"
#include "agent/base/file_descriptor.hpp"
#include "agent/base/text.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/journal/audit_rows.hpp"
#include "coordinator/journal/crash_mark.hpp"
#include "coordinator/journal/operation_json.hpp"
#include "coordinator/journal/record_rows.hpp"
#include "coordinator/journal/sqlite_schema.hpp"
#include "coordinator/journal/timestamp_field.hpp"

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
    /// Idempotent.
    Result<void> take(const std::string& path) {
        if (held_) return {};
        file_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!file_) {
            return failure(ErrorCode::Internal,
                           fmt::format("cannot open '{}': {}", path, std::generic_category().message(errno)));
        }
        if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
            return failure(ErrorCode::Conflict,
                           fmt::format("'{}' is locked: another coordinator uses this journal; stop it first", path));
        }
        held_ = true;
        return {};
    }

  private:
    base::FileDescriptor file_;
    bool held_ = false;
};

/// Of a text that an earlier program may have written, or that was damaged: whatever is wrong with it is an error.
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

using Steps = std::vector<base::Shared<domain::Step>>;

/// Bytes that a commit may need: with less, it is the disk that refuses.
constexpr std::uintmax_t too_little = 512U << 10;

constexpr unsigned commits_worth_tidying = 64;    // about as many as one failover makes
constexpr unsigned most_commits_untidied = 4096;  // some ten thousand rows

/// Of its steps those that were changed since they were `written`.
void writeOperation(Session& session, const domain::Operation& operation, const Steps& written) {
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

void writeBody(Session& session, const std::string& table, const std::string& key, std::string name, std::string body) {
    session << fmt::format(
        "INSERT INTO {} ({}, body) VALUES (?, ?) ON CONFLICT ({}) DO UPDATE SET body = excluded.body", table, key, key),
        use(name), use(body), now;
}

void removeRow(Session& session, const std::string& table, const std::string& key, std::string name) {
    session << fmt::format("DELETE FROM {} WHERE {} = ?", table, key), use(name), now;
}

void writeCrashes(Session& session, domain::OperationId id, unsigned times) {
    Poco::Int64 operation = static_cast<Poco::Int64>(id), its_times = times;
    session << "INSERT INTO crashes (operation, times) VALUES (?, ?) ON CONFLICT (operation) DO UPDATE SET times = "
               "excluded.times",
        use(operation), use(its_times), now;
}

/// Ended operations and audit entries beyond what is kept go, oldest first; open ones never do.
void forgetOldest(Session& session, const History& history) {
    Poco::Int64 operations = static_cast<Poco::Int64>(history.operations);
    session << "DELETE FROM operations WHERE id IN (SELECT id FROM operations WHERE state = 'Closed' OR (kind <> "
               "'failover' AND "
               "state IN ('Succeeded', 'Failed', 'NeedsOperator')) ORDER BY id DESC LIMIT -1 OFFSET ?)",
        use(operations), now;
    session << "DELETE FROM steps WHERE operation NOT IN (SELECT id FROM operations)", now;
    session << "DELETE FROM crashes WHERE operation NOT IN (SELECT id FROM operations)", now;
    forgetRecords(session, history.records);
    forgetAudit(session, history.audit_entries);
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
    audit::AuditMark audit_head;                   ///< as the file has it

    void forgotten() {
        written.clear();
        commits = 0;
    }
    std::unique_ptr<CrashMark> mark;
    std::shared_ptr<base::SpaceReserve> reserve;  ///< may be none
    bool full = false;                            ///< so says SQLite of what it was last asked for
    /// It failed, and may succeed now: the disk is full, and a piece of the reserve was given up.
    [[nodiscard]] bool madeRoom(const base::Error& problem) const;
    Result<void> openFile();
    void readAll(Contents& contents);
    void readOperations(Contents& contents);
    void readSteps(Result<domain::Operation>& operation, Poco::Int64 id);
    void keepUnreadableLeases(Contents& contents);
    void readCrashes(Contents& contents);
    [[nodiscard]] bool hasRecords() const;
    [[nodiscard]] domain::Adoption readAdoption() const;
};

SqliteJournal::SqliteJournal(std::string path, History history, std::shared_ptr<base::SpaceReserve> reserve)
    : database_(std::make_unique<Database>()) {
    database_->reserve = std::move(reserve);
    registerOnce();
    database_->path = std::move(path);
    database_->history = history;
}

SqliteJournal::~SqliteJournal() = default;

Result<void> SqliteJournal::Database::openFile() {
    auto locked = lock.take(path + ".lock");
    if (!locked) return locked;
    if (!mark) {
        auto marked = CrashMark::open(path + ".mark");
        if (!marked) return failure(marked.error());
        mark = std::move(*marked);
    }
    writing = std::make_unique<Session>("SQLite", path);
    std::string verdict;
    *writing << "PRAGMA quick_check(1)", into(verdict), now;
    if (verdict != "ok") {
        return failure(ErrorCode::Corrupt,
                       fmt::format("journal '{}' is damaged ({}); restore it from a backup, or move it away, "
                                   "start again and take over what the agents know: standinctl adopt",
                                   path, verdict));
    }
    auto schema = prepareSchema(*writing);
    if (!schema) return failure(schema.error().within(fmt::format("journal '{}'", path)));
    audit_head = openAudit(*writing);
    reading = std::make_unique<Session>("SQLite", path);
    return {};
}

/// Precondition: `operation` was read, or why it cannot be.
void SqliteJournal::Database::readSteps(Result<domain::Operation>& operation, Poco::Int64 id) {
    std::vector<std::string> bodies;
    *writing << "SELECT body FROM steps WHERE operation = ? ORDER BY position", into(bodies), use(id), now;
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

void SqliteJournal::Database::readOperations(Contents& contents) {
    std::vector<Poco::Int64> ids, open;
    std::vector<std::string> servers, kinds, bodies;
    *writing
        << "SELECT id, server, kind, body, NOT (state = 'Closed' OR (kind <> 'failover' AND state IN ('Succeeded', "
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

void SqliteJournal::Database::readAll(Contents& contents) {
    Session& session = *writing;
    readOperations(contents);
    readTable(session, "spare_table", "server", &rowFrom, contents,
              [&](const std::string&, domain::SpareTableRow row) { contents.rows.push_back(std::move(row)); });
    const auto unreadable = contents.unreadable.size();
    readTable(session, "leases", "spare", &leaseFrom, contents,
              [&](const std::string&, domain::Lease lease) { contents.leases.push_back(std::move(lease)); });
    // A spare of which no more is known must not be written to (rule 5).
    if (contents.unreadable.size() > unreadable) keepUnreadableLeases(contents);
    readTable(session, "placements", "server", &placementFrom, contents,
              [&](const std::string& server, domain::Placement placement) {
                  contents.placements[serverIn(server)] = std::move(placement);
              });
    readTable(session, "maintenance", "server", &maintenanceFrom, contents,
              [&](const std::string& server, Maintenance maintenance) {
                  contents.maintenance[serverIn(server)] = std::move(maintenance);
              });
}

void SqliteJournal::Database::keepUnreadableLeases(Contents& contents) {
    std::vector<std::string> spares;
    *writing << "SELECT spare FROM leases ORDER BY spare", into(spares), now;
    for (const auto& text : spares) {
        const auto spare = base::SpareName::parse(text);
        const bool known = std::any_of(contents.leases.begin(), contents.leases.end(),
                                       [&](const domain::Lease& lease) { return lease.spare.text() == text; });
        if (spare && !known) contents.leases.push_back({*spare, {}, 0, "its lease cannot be read in the journal"});
    }
}

/// Whether an earlier coordinator died of an operation; a disk that is full does not keep it from being known now.
void SqliteJournal::Database::readCrashes(Contents& contents) {
    std::vector<Poco::Int64> operations, times;
    *writing << "SELECT operation, times FROM crashes", into(operations), into(times), now;
    for (std::size_t i = 0; i < operations.size(); ++i)
        contents.crashes[static_cast<domain::OperationId>(operations[i])] = static_cast<unsigned>(times[i]);
    for (const auto id : mark->left()) writeCrashes(*writing, id, ++contents.crashes[id]);
}

bool SqliteJournal::Database::hasRecords() const {
    Poco::Int64 records = 0;
    *writing << "SELECT (SELECT COUNT(*) FROM operations) + (SELECT COUNT(*) FROM spare_table) + (SELECT COUNT(*) FROM "
                "leases) + (SELECT COUNT(*) FROM placements)",
        into(records), now;
    return records > 0;
}

/// What says nothing clear was not agreed to.
domain::Adoption SqliteJournal::Database::readAdoption() const {
    const auto text = adoptionText(*writing);
    domain::Adoption adoption;
    adoption.observing = text.empty() && !hasRecords();
    if (text.empty()) {
        rememberAdoption(*writing, protocol::jsonText(toJson(adoption)));
        return adoption;
    }
    auto read = elementFrom(text, &adoptionFrom);
    if (read) return std::move(*read);
    adoption.observing = true;
    return adoption;
}

bool SqliteJournal::Database::madeRoom(const base::Error& problem) const {
    if (!reserve || problem.code == ErrorCode::StaleEpoch || problem.code == ErrorCode::Conflict) return false;
    std::error_code unknown;
    const auto space = std::filesystem::space(std::filesystem::path(path).parent_path(), unknown);
    // Some file systems reserve their last blocks for root; SQLite may have met another limit than this.
    return (full || (!unknown && space.available < too_little)) && reserve->makeRoom();
}

Result<Contents> SqliteJournal::open() {
    auto contents = openOnce();
    while (!contents && database_->madeRoom(contents.error())) contents = openOnce();
    return contents;
}

Result<Contents> SqliteJournal::openOnce() {
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
        contents.adoption = database_->readAdoption();
        database_->readAll(contents);
        database_->readCrashes(contents);
        return contents;
    } catch (const Poco::Exception& exception) {
        return failure(ErrorCode::Corrupt,
                       fmt::format("journal '{}' cannot be opened: {}; it has to be a SQLite file on a local, "
                                   "writable file system",
                                   path, exception.displayText()));
    }
}

Result<void> SqliteJournal::commit(const Entry& entry) {
    auto done = commitOnce(entry);
    while (!done && database_->madeRoom(done.error())) done = commitOnce(entry);
    return done;
}

std::string SqliteJournal::warning() {
    if (!database_->reserve || database_->reserve->status().whole()) return {};
    return fmt::format(
        "the disk of journal '{}' is full, or nearly: what is left of its reserve is used up by takeovers; make "
        "room on its file system",
        database_->path);
}

Result<void> SqliteJournal::commitOnce(const Entry& entry) {
    Session& session = *database_->writing;
    database_->full = false;
    try {
        session.begin();
        for (const domain::Operation& operation : entry.operations)
            writeOperation(session, operation, database_->written[operation.id]);
        for (const auto& row : entry.rows)
            writeBody(session, "spare_table", "server", row.server.text(), protocol::jsonText(toJson(row)));
        for (const auto& server : entry.removed_rows) removeRow(session, "spare_table", "server", server.text());
        for (const auto& lease : entry.leases)
            writeBody(session, "leases", "spare", lease.spare.text(), protocol::jsonText(toJson(lease)));
        for (const auto& spare : entry.removed_leases) removeRow(session, "leases", "spare", spare.text());
        for (const auto& [server, placement] : entry.placements) {
            writeBody(session, "placements", "server", server.text(), protocol::jsonText(toJson(placement)));
        }
        for (const auto& [server, maintenance] : entry.maintenance) {
            writeBody(session, "maintenance", "server", server.text(),
                      protocol::jsonText(json{{"on", maintenance.on}, {"why", maintenance.why}}));
        }
        auto audit_head = database_->audit_head;
        for (const auto& audited : entry.audit) writeAudit(session, audited, audit_head);
        if (!entry.audit.empty()) rememberHead(session, audit_head);
        for (const auto& [id, page] : entry.records) writeRecord(session, id, page);
        for (const auto& [id, times] : entry.crashes) writeCrashes(session, id, times);
        if (!entry.operations.empty()) rememberLastOperation(session, entry.operations.back()->id);
        const bool forgets = ++database_->commits >= most_commits_untidied;
        if (forgets) forgetOldest(session, database_->history);
        // Last, because the writes before hold the database: no epoch can be taken between this look and the commit.
        if (const auto last = lastEpoch(session); last != database_->leader) {
            session.rollback();
            return failure(ErrorCode::StaleEpoch,
                           fmt::format("another coordinator leads since epoch {}: it has opened journal '{}'",
                                       last.epoch, database_->path));
        }
        if (entry.continuation) {
            rememberAdoption(session, protocol::jsonText(toJson(entry.continuation->adoption)));
            raiseEpoch(session, entry.continuation->epoch);
            rememberLastOperation(session, entry.continuation->last_operation);
        }
        session.commit();
        if (entry.continuation) database_->leader.epoch = entry.continuation->epoch;
        database_->audit_head = audit_head;
        if (forgets) {
            database_->forgotten();
        } else {
            for (const domain::Operation& operation : entry.operations)
                database_->written[operation.id] = operation.steps;
        }
        return {};
    } catch (const Poco::Exception& exception) {
        database_->full = dynamic_cast<const Poco::Data::SQLite::DatabaseFullException*>(&exception) != nullptr;
        const std::string text = exception.displayText();
        undo(session);
        return failure(
            ErrorCode::Internal,
            fmt::format("journal '{}' cannot be written: {}; make room on its file system", database_->path, text));
    } catch (const std::exception& exception) {
        const auto text = base::oneLine(exception.what());
        undo(session);
        return failure(ErrorCode::Internal, fmt::format("journal '{}' cannot be written: {}; report this as a defect",
                                                        database_->path, text));
    }
}

void SqliteJournal::begins(Work work, domain::OperationId id) noexcept {
    if (database_->mark) database_->mark->begins(work, id);
}

void SqliteJournal::ends(Work work) noexcept {
    if (database_->mark) database_->mark->ends(work);
}

void SqliteJournal::tidy() {
    if (database_->reserve) database_->reserve->fill();
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
        undo(session);  // a disk that is full or gone is reported by the next commit
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
    auto page = auditPage(most, std::numeric_limits<std::uint64_t>::max());
    if (!page) return failure(page.error());
    return std::move(page->entries);
}

Result<AuditPage> SqliteJournal::auditPage(std::size_t most, std::uint64_t before) {
    const std::lock_guard lock(database_->reading_mutex);
    try {
        return readAudit(*database_->reading, most, before);
    } catch (const Poco::Exception& exception) {
        const std::string text = exception.displayText();
        undo(*database_->reading);
        return failure(ErrorCode::Internal, fmt::format("journal '{}' cannot be read: {}", database_->path, text));
    }
}

}  // namespace standin::journal
