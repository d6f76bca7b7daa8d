#include <Poco/Data/RecordSet.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>

#include "agent/base/boundary.hpp"
#include "agent/base/worker.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/traps/trap_backlog.hpp"
#include "coordinator/traps/trap_json.hpp"

namespace standin::traps {

namespace {

using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using Poco::Data::Keywords::use;

/// SQLite opens a file at once; one that cannot be opened is tried again for so long.
constexpr std::size_t longest_opening_s = 5;
constexpr std::chrono::milliseconds batch_every{100};  // what a crash may take: some records, never a verdict
constexpr std::size_t most_listed = 1'000;
constexpr std::uint64_t numbers_reserved =
    20'000;  // more than come between two batches; after a crash so many are left out
constexpr std::uint64_t other_records_kept = 50'000, failures_kept = 10'000;  // about 60 MB of file
constexpr std::uint64_t prune_every = 5'000;                                  // records written between two prunings

bool isFailure(Verdict::Outcome outcome) {
    return outcome == Verdict::Outcome::Failure || outcome == Verdict::Outcome::UnknownServer;
}

class SqliteTrapLog final : public TrapLog {
  public:
    explicit SqliteTrapLog(const std::string& path) : session_("SQLite", path, longest_opening_s), backlog_(prepare()) {
        writer_.start("trap log", [this](const auto& stop) { run(stop); });
    }
    ~SqliteTrapLog() override {
        writer_.stop();
        // Those that were not given are free again; should this fail, some numbers are left out.
        static_cast<void>(base::contained([this] { reserve(backlog_.nextId()); }));
    }

    std::uint64_t idFor(const Trap& trap) override {
        const std::lock_guard lock(mutex_);
        return backlog_.idFor(trap);
    }

    void record(TrapRecord record) override {
        const auto count = record.trap.count;
        auto acknowledge = std::exchange(record.trap.acknowledge, {});
        {
            const std::lock_guard lock(mutex_);
            if (backlog_.add(std::move(record))) {
                std::move(acknowledge.begin(), acknowledge.end(), std::back_inserter(acknowledge_));
            } else {
                counts_.unrecorded += count;
            }
        }
        woken_.notify_one();
    }

    base::Result<std::vector<TrapRecord>> list(const TrapQuery& query) override;
    base::Result<TrapRecord> find(std::uint64_t id) override;

    Counts counts() const override {
        const std::lock_guard lock(mutex_);
        Counts counts = counts_;
        counts.coalesced = backlog_.coalesced();
        return counts;
    }

  private:
    std::uint64_t prepare();
    void run(const std::stop_token& stop);
    void flush();
    void reserve(std::uint64_t below);
    void reserveAhead();
    void write(const std::vector<TrapBacklog::Item>& items);
    void prune();
    std::vector<TrapRecord> select(const std::string& where, std::size_t limit);

    std::mutex database_;  ///< taken before mutex_
    Poco::Data::Session session_;
    std::uint64_t since_pruning_ = 0;
    std::uint64_t reserved_below_ = 0;  ///< durably: numbers below may have been given

    mutable std::mutex mutex_;
    std::condition_variable_any woken_;
    TrapBacklog backlog_;
    std::vector<std::function<void()>> acknowledge_;  ///< once what waits is written
    Counts counts_;
    base::Worker writer_;
};

std::uint64_t SqliteTrapLog::prepare() {
    // WAL with NORMAL: a crash of the host may take the last batch, never the file. What must not be lost is in the
    // journal.
    session_ << "PRAGMA journal_mode = WAL", now;
    session_ << "PRAGMA synchronous = NORMAL", now;
    session_ << "PRAGMA cache_size = -1024", now;  // KiB
    session_ << "CREATE TABLE IF NOT EXISTS traps (id INTEGER PRIMARY KEY, last_arrived INTEGER NOT NULL, count "
                "INTEGER NOT NULL, "
                "outcome TEXT NOT NULL, failure INTEGER NOT NULL, server TEXT NOT NULL, record TEXT NOT NULL)",
        now;
    session_ << "CREATE INDEX IF NOT EXISTS traps_by_failure ON traps (failure, id)", now;
    session_ << "CREATE TABLE IF NOT EXISTS reserved (one INTEGER PRIMARY KEY CHECK (one = 1), below INTEGER NOT NULL)",
        now;
    Poco::UInt64 first = 0;
    session_
        << "SELECT max((SELECT coalesce(max(id), 0) + 1 FROM traps), (SELECT coalesce(max(below), 0) FROM reserved))",
        into(first), now;
    reserve(first + numbers_reserved);
    return first;
}

/// A number is given before its record is written, and a failover refers to it: after a crash it must be nobody else's.
void SqliteTrapLog::reserve(std::uint64_t below) {
    Poco::UInt64 number = below;
    session_ << "PRAGMA synchronous = FULL", now;
    session_
        << "INSERT INTO reserved (one, below) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET below = excluded.below",
        use(number), now;
    reserved_below_ = below;
}

/// Precondition: database_ is held.
void SqliteTrapLog::reserveAhead() {
    std::unique_lock lock(mutex_);
    const auto next = backlog_.nextId();
    lock.unlock();
    if (next + numbers_reserved * 3 / 4 > reserved_below_) reserve(next + numbers_reserved);
}

void SqliteTrapLog::run(const std::stop_token& stop) {
    // Whatever the traps started must not wait for the writing down of traps (per-thread niceness is Linux's own).
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10);
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        woken_.wait(lock, stop, [this] { return !backlog_.empty(); });
        lock.unlock();
        base::rest(stop, batch_every);  // let a batch gather
        static_cast<void>(base::contained([this] { flush(); }));
        lock.lock();
    }
    lock.unlock();
    static_cast<void>(base::contained([this] { flush(); }));  // what came last
}

void SqliteTrapLog::flush() {
    const std::lock_guard database_lock(database_);
    std::unique_lock lock(mutex_);
    auto items = backlog_.take();
    auto acknowledge = std::exchange(acknowledge_, {});
    lock.unlock();
    if (items.empty()) return;
    std::string problem;
    const auto told = [&problem](const std::string& why) {
        problem =
            fmt::format("the trap log cannot be written: {}; is there space, and may this user write there?", why);
    };
    try {
        // What is acknowledged must be on the disk; of the rest a crash of the host may take the last batch.
        session_ << (acknowledge.empty() ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL"), now;
        write(items);
    } catch (const Poco::Exception& exception) {
        told(exception.displayText());
    } catch (const std::exception& exception) {
        told(exception.what());
    }
    const bool written = problem.empty();
    try {
        since_pruning_ += items.size();
        if (written && since_pruning_ >= prune_every) prune();
        if (written) reserveAhead();
    } catch (const Poco::Exception& exception) {
        told(exception.displayText());
    }
    if (written) {
        for (const auto& done : acknowledge) done();
    }
    lock.lock();
    counts_.problem = problem;
    if (written) {
        counts_.recorded += items.size();
    } else {  // whoever sent an inform repeats it
        counts_.unrecorded += backlog_.putBack(std::move(items));
    }
}

void SqliteTrapLog::write(const std::vector<TrapBacklog::Item>& items) {
    Poco::UInt64 id = 0;
    Poco::Int64 last = 0;
    Poco::UInt32 count = 0;
    int failure = 0;
    std::string outcome, server, text;
    Poco::Data::Statement insert(session_), update(session_);
    insert
        << "INSERT INTO traps (id, last_arrived, count, outcome, failure, server, record) VALUES (?, ?, ?, ?, ?, ?, ?)",
        use(id), use(last), use(count), use(outcome), use(failure), use(server), use(text);
    update << "UPDATE traps SET count = count + ?, last_arrived = max(last_arrived, ?) WHERE id = ?", use(count),
        use(last), use(id);
    session_.begin();
    try {
        for (const auto& item : items) {
            const TrapRecord& record = item.record;
            id = record.id;
            last = base::microsecondsSince1970(record.last_arrived);
            count = record.trap.count;
            if (item.fresh) {
                outcome = nameOf(record.verdict.outcome);
                failure = isFailure(record.verdict.outcome) ? 1 : 0;
                server = record.verdict.server.text();
                // A sender may call anything text; what is not UTF-8 is shown as U+FFFD, its bytes are in 'hex'.
                text = protocol::jsonText(toJson(record));
                insert.execute();
            } else {
                update.execute();
            }
        }
        session_.commit();
    } catch (...) {
        try {
            if (session_.isTransaction()) session_.rollback();
        } catch (const Poco::Exception&) {  // SQLite has rolled back by itself; what it could not do is what counts
        }
        throw;
    }
}

void SqliteTrapLog::prune() {
    since_pruning_ = 0;
    for (const auto& [failure, kept] : {std::pair{0, other_records_kept}, std::pair{1, failures_kept}}) {
        session_ << fmt::format(
            "DELETE FROM traps WHERE failure = {0} AND id <= (SELECT id FROM traps WHERE failure = {0} "
            "ORDER BY id DESC LIMIT 1 OFFSET {1})",
            failure, kept),
            now;
    }
}

std::vector<TrapRecord> SqliteTrapLog::select(const std::string& where, std::size_t limit) {
    std::vector<std::string> texts;
    std::vector<Poco::UInt32> counts;
    std::vector<Poco::Int64> lasts;
    session_ << fmt::format("SELECT record, count, last_arrived FROM traps {} ORDER BY id DESC LIMIT {}", where, limit),
        into(texts), into(counts), into(lasts), now;
    std::vector<TrapRecord> records;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto record = trapRecordFrom(nlohmann::json::parse(texts[i], nullptr, false));
        if (!record) continue;  // of a version that wrote otherwise
        record->trap.count = counts[i];
        record->last_arrived = base::WallTime(std::chrono::microseconds(lasts[i]));
        records.push_back(std::move(record).value());
    }
    return records;
}

base::Result<std::vector<TrapRecord>> SqliteTrapLog::list(const TrapQuery& query) {
    flush();
    std::string where = "WHERE 1";
    if (query.before) where += fmt::format(" AND id < {}", *query.before);
    if (query.outcome) where += fmt::format(" AND outcome = '{}'", nameOf(*query.outcome));
    if (query.server)
        where += fmt::format(" AND server = '{}'", query.server->text());  // an identifier: no quotes in it
    const std::lock_guard lock(database_);
    try {
        return select(where, std::min(query.limit, most_listed));
    } catch (const Poco::Exception& exception) {
        return base::failure(base::ErrorCode::Internal,
                             fmt::format("could not read the trap log: {}", exception.displayText()));
    }
}

base::Result<TrapRecord> SqliteTrapLog::find(std::uint64_t id) {
    flush();
    const std::lock_guard lock(database_);
    try {
        auto records = select(fmt::format("WHERE id = {}", id), 1);
        if (records.empty())
            return base::failure(base::ErrorCode::NotFound, fmt::format("there is no trap {} in the trap log", id));
        return std::move(records.front());
    } catch (const Poco::Exception& exception) {
        return base::failure(base::ErrorCode::Internal,
                             fmt::format("could not read trap {}: {}", id, exception.displayText()));
    }
}

}  // namespace

base::Result<std::unique_ptr<TrapLog>> openSqliteTrapLog(const std::string& path) {
    try {
        Poco::Data::SQLite::Connector::registerConnector();
        return std::unique_ptr<TrapLog>(std::make_unique<SqliteTrapLog>(path));
    } catch (const Poco::Exception& exception) {
        return base::failure(base::ErrorCode::Internal,
                             fmt::format("could not open the trap log '{}': {}", path, exception.displayText()));
    }
}

}  // namespace standin::traps
