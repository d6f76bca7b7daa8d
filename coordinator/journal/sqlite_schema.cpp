#include "coordinator/journal/sqlite_schema.hpp"

#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <Poco/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/random.h>

#include <array>
#include <charconv>
#include <string>

namespace standin::journal {

using namespace Poco::Data::Keywords;
using Poco::Data::Session;

namespace {

/// Raised with every change that an older program could not read.
constexpr int schema_version = 1;

constexpr const char* tables[] = {
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS operations (id INTEGER PRIMARY KEY, server TEXT NOT NULL, kind TEXT NOT NULL, "
    "state TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS steps (operation INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, "
    "subject TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (operation, name, subject))",
    "CREATE TABLE IF NOT EXISTS spare_table (server TEXT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS leases (spare TEXT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS placements (server TEXT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS maintenance (server TEXT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, "
    "what TEXT NOT NULL, outcome TEXT NOT NULL, previous TEXT NOT NULL DEFAULT '', hash TEXT NOT NULL DEFAULT '')",
    "CREATE TABLE IF NOT EXISTS crashes (operation INTEGER PRIMARY KEY, times INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS records (operation INTEGER NOT NULL, line INTEGER NOT NULL, lines INTEGER NOT NULL, "
    "whole INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (operation, line)) WITHOUT ROWID",
};

std::string metaValue(Session& session, std::string key) {
    std::string value;
    session << "SELECT value FROM meta WHERE key = ?", into(value), use(key), now;
    return value;
}

void setMeta(Session& session, std::string key, std::string value) {
    session << "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        use(key), use(value), now;
}

/// 96 bits: the same one is never drawn again.
std::string drawInstance() {
    std::array<unsigned char, 12> drawn{};
    if (::getrandom(drawn.data(), drawn.size(), 0) != static_cast<ssize_t>(drawn.size()))
        throw Poco::SystemException("the kernel gives no random numbers");
    return fmt::format("{:02x}", fmt::join(drawn, ""));
}

}  // namespace

base::Result<void> prepareSchema(Session& session) {
    std::string mode;
    session << "PRAGMA journal_mode = WAL", into(mode), now;
    session << "PRAGMA synchronous = FULL", now;
    // Moving the log into the database takes tens of milliseconds; tidy() does it where no takeover waits for it,
    // unless there is never a quiet moment (in pages: 32 MiB).
    session << "PRAGMA wal_autocheckpoint = 8192", now;
    session << "PRAGMA busy_timeout = 5000",
        now;  // milliseconds; only a person with the sqlite3 shell can be in the way
    for (const char* table : tables) session << table, now;
    const std::string found = metaValue(session, "schema");
    if (found.empty()) {
        setMeta(session, "schema", std::to_string(schema_version));
    } else if (found != std::to_string(schema_version)) {
        return base::failure(base::ErrorCode::Unsupported,
                             fmt::format("its schema is {}, this program knows {}; run the program that wrote it",
                                         found, schema_version));
    }
    return {};
}

protocol::Leader lastEpoch(Session& session) {
    const std::string text = metaValue(session, "epoch");
    protocol::Leader last;
    std::from_chars(text.data(), text.data() + text.size(), last.epoch);
    last.instance = metaValue(session, "instance");
    return last;
}

protocol::Leader takeEpoch(Session& session) {
    const protocol::Leader taken{lastEpoch(session).epoch + 1, drawInstance()};
    session.begin();
    setMeta(session, "epoch", std::to_string(taken.epoch));
    setMeta(session, "instance", taken.instance);
    session.commit();
    return taken;
}

std::string adoptionText(Session& session) {
    return metaValue(session, "adoption");
}

void rememberAdoption(Session& session, const std::string& text) {
    setMeta(session, "adoption", text);
}

std::string freezeText(Session& session) {
    return metaValue(session, "freeze");
}

void rememberFreeze(Session& session, const std::string& text) {
    setMeta(session, "freeze", text);
}

void raiseEpoch(Session& session, std::uint64_t epoch) {
    setMeta(session, "epoch", std::to_string(epoch));
}

void rememberLastOperation(Session& session, std::uint64_t id) {
    session << "INSERT INTO meta (key, value) VALUES ('last_operation', ?) ON CONFLICT (key) DO UPDATE SET value = "
               "excluded.value WHERE CAST(excluded.value AS INTEGER) > CAST(value AS INTEGER)",
        bind(std::to_string(id)), now;
}

}  // namespace standin::journal
