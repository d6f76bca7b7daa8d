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

#include <filesystem>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>

#include "agent/base/regular_file.hpp"
#include "agent/base/text.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/journal/audit_rows.hpp"
#include "coordinator/journal/contents_reader.hpp"
#include "coordinator/journal/crash_mark.hpp"
#include "coordinator/journal/journal_rows.hpp"
#include "coordinator/journal/operation_json.hpp"
#include "coordinator/journal/record_rows.hpp"
#include "coordinator/journal/restraint_json.hpp"
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

/// SQLite opens a file at once; one that cannot be opened is tried again for so long.
constexpr std::size_t longest_opening_s = 5;

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
        auto file = base::openRegular(path, O_RDWR | O_CREAT, 0600);
        if (!file) return failure(file.error());
        file_ = std::move(*file);
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

/// Bytes that a commit may need: with less, it is the disk that refuses.
constexpr std::uintmax_t too_little = 512U << 10;

constexpr unsigned commits_worth_tidying = 64;    // about as many as one failover makes
constexpr unsigned most_commits_untidied = 4096;  // some ten thousand rows

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
    protocol::Leader leader;                              ///< who opened it here
    unsigned commits = 0;                                 ///< since the oldest were forgotten
    std::map<domain::OperationId, WrittenSteps> written;  ///< as the file has them
    audit::AuditMark audit_head;                          ///< as the file has it

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
    writing = std::make_unique<Session>("SQLite", path, longest_opening_s);
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
    reading = std::make_unique<Session>("SQLite", path, longest_opening_s);
    return {};
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
        ContentsReader reader(session);
        contents.adoption = reader.readAdoption();
        contents.freeze = reader.readFreeze();
        reader.read(contents);
        reader.readCrashes(contents, database_->mark->left());
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
        writeTables(session, entry);
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
        if (entry.freeze) rememberFreeze(session, protocol::jsonText(toJson(*entry.freeze)));
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
