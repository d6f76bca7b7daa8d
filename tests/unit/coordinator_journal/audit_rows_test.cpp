#include "coordinator/journal/audit_rows.hpp"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <limits>

#include "coordinator/journal/sqlite_journal.hpp"

using namespace standin;
using journal::Entry;
using journal::SqliteJournal;

namespace {

struct AuditedJournal {
    std::string directory;
    std::string path;

    AuditedJournal() {
        std::string pattern = (std::filesystem::temp_directory_path() / "standin-audit-XXXXXX").string();
        directory = ::mkdtemp(pattern.data());
        path = directory + "/journal.db";
    }
    ~AuditedJournal() { std::filesystem::remove_all(directory); }

    void write(int entries, journal::History history = {}) {
        SqliteJournal journal(path, history);
        BOOST_REQUIRE(journal.open());
        for (int i = 1; i <= entries; ++i) {
            Entry entry;
            entry.audit.push_back({0, base::WallTime(std::chrono::microseconds(1'700'000'000'123'456 + i)),
                                   "operator ada (10.0.0.4)", fmt::format("command {}", i), "accepted"});
            BOOST_REQUIRE(journal.commit(entry));
            journal.tidy();
        }
    }
    /// By somebody with a shell on the coordinator's host.
    void sql(const std::string& statement) {
        Poco::Data::SQLite::Connector::registerConnector();
        Poco::Data::Session session("SQLite", path);
        session << statement, Poco::Data::Keywords::now;
    }
    std::string breaks() {
        SqliteJournal journal(path);
        BOOST_REQUIRE(journal.open());
        const auto page = journal.auditPage(100'000, std::numeric_limits<std::uint64_t>::max());
        BOOST_REQUIRE(page);
        audit::Verifier verifier(page->forgotten);
        for (auto entry = page->entries.rbegin(); entry != page->entries.rend(); ++entry) {
            verifier.take({entry->id, base::rfc3339(entry->at), entry->who, entry->what, entry->outcome,
                           entry->previous, entry->hash});
        }
        verifier.end(page->head);
        std::string all;
        for (const auto& sentence : verifier.breaks()) all += (all.empty() ? "" : "; ") + sentence;
        return all;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_rows, AuditedJournal)

BOOST_AUTO_TEST_CASE(the_journals_audit_is_one_chain_over_restarts) {
    write(3);
    write(4);
    BOOST_TEST(breaks() == "");
}

BOOST_AUTO_TEST_CASE(what_somebody_changes_in_the_file_shows) {
    write(9);
    sql("UPDATE audit SET outcome = 'refused' WHERE id = 5");
    BOOST_TEST(breaks() == "entry 5 was changed: its hash is another one");
}

BOOST_AUTO_TEST_CASE(what_somebody_removes_from_the_file_shows) {
    write(9);
    sql("DELETE FROM audit WHERE id = 4");
    BOOST_TEST(breaks() == "entry 4 is missing");
    sql("DELETE FROM audit WHERE id > 7");
    BOOST_TEST(breaks() == "entry 4 is missing; entries 8 to 9 are missing at the end");
    sql("DELETE FROM audit WHERE id < 3");
    BOOST_TEST(breaks().find("entries 1 to 2 are missing") == 0U, breaks());
}

BOOST_AUTO_TEST_CASE(entries_that_changed_their_places_show) {
    write(9);
    sql("UPDATE audit SET id = 100 WHERE id = 3");
    sql("UPDATE audit SET id = 3 WHERE id = 4");
    sql("UPDATE audit SET id = 4 WHERE id = 100");
    BOOST_TEST(breaks().find("entry 3 does not follow entry 2") != std::string::npos, breaks());
}

BOOST_AUTO_TEST_CASE(an_entry_that_somebody_adds_shows) {
    write(3);
    sql("INSERT INTO audit (at, who, what, outcome) VALUES ('2026-11-30T22:00:00.000000Z', 'operator eve', 'x', 'y')");
    BOOST_TEST(breaks().find("entry 4 has no hash") != std::string::npos, breaks());
    write(2);  // the numbers go on behind it
    BOOST_TEST(breaks().find("entry 4 has no hash") != std::string::npos, breaks());
}

BOOST_AUTO_TEST_CASE(the_oldest_are_forgotten_and_the_rest_can_still_be_verified) {
    write(300, {.operations = 5, .audit_entries = 10});
    BOOST_TEST(breaks() == "");
    sql("DELETE FROM audit WHERE id = (SELECT MIN(id) FROM audit)");
    BOOST_TEST(breaks().find("is missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_journal_of_a_release_without_hashes_opens_and_its_entries_are_in_the_chain) {
    write(5);
    sql("ALTER TABLE audit DROP COLUMN previous");
    sql("ALTER TABLE audit DROP COLUMN hash");
    sql("DELETE FROM meta WHERE key LIKE 'audit%'");
    sql("DELETE FROM audit WHERE id < 3");  // as that release forgot them
    BOOST_TEST(breaks() == "");
    write(2);
    BOOST_TEST(breaks() == "");
    sql("UPDATE audit SET who = 'operator eve' WHERE id = 4");
    BOOST_TEST(breaks() == "entry 4 was changed: its hash is another one");
}

BOOST_AUTO_TEST_CASE(a_commit_that_fails_leaves_the_chain_as_it_was) {
    write(2);
    {
        SqliteJournal journal(path);
        BOOST_REQUIRE(journal.open());
        sql("CREATE TRIGGER never BEFORE INSERT ON audit WHEN NEW.what = 'command 2' BEGIN SELECT RAISE(ABORT, "
            "'full'); END");
        Entry entry;
        entry.audit.push_back({0, base::WallTime(std::chrono::seconds(1)), "a", "command 1", "accepted"});
        entry.audit.push_back({0, base::WallTime(std::chrono::seconds(1)), "a", "command 2", "accepted"});
        BOOST_TEST(!journal.commit(entry).has_value());
        sql("DROP TRIGGER never");
        BOOST_TEST(journal.commit(entry).has_value());
    }
    BOOST_TEST(breaks() == "");
}

BOOST_AUTO_TEST_CASE(hashes_are_not_given_again_to_entries_that_lost_theirs) {
    write(5);
    sql("UPDATE audit SET who = 'operator eve' WHERE id = 3");
    sql("DELETE FROM meta WHERE key = 'audit_head'");
    BOOST_TEST(breaks().find("entry 3 was changed") != std::string::npos, breaks());
}

BOOST_AUTO_TEST_SUITE_END()
