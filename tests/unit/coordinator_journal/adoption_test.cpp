// Whether a journal's site was adopted.
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>

#include <boost/test/unit_test.hpp>

#include "coordinator/journal/sqlite_journal.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using journal::Entry;
using journal::SqliteJournal;
using namespace Poco::Data::Keywords;

namespace {

/// As programs wrote it that knew of no adoption.
void forgetAdoption(const std::string& path) {
    Poco::Data::Session session("SQLite", path);
    session << "DELETE FROM meta WHERE key = 'adoption'", now;
}

domain::Adoption adoptionIn(const std::string& path) {
    SqliteJournal journal(path);
    auto contents = journal.open();
    BOOST_REQUIRE(contents);
    return contents->adoption;
}

Entry withRow() {
    Entry entry;
    domain::SpareTableRow row;
    row.server = base::ServerName("server01");
    row.stand_in = base::StandInName("server01-3");
    entry.rows.push_back(row);
    return entry;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(adoption)

BOOST_AUTO_TEST_CASE(a_new_journal_is_not_adopted_however_often_it_is_opened) {
    tests::TemporaryDirectory directory;
    BOOST_TEST(adoptionIn(directory / "journal.db").observing);
    BOOST_TEST(adoptionIn(directory / "journal.db").observing);
}

BOOST_AUTO_TEST_CASE(an_earlier_journal_with_records_is_adopted_and_one_without_is_not) {
    tests::TemporaryDirectory directory;
    const auto path = directory / "journal.db";
    {
        SqliteJournal journal(path);
        BOOST_REQUIRE(journal.open());
    }
    forgetAdoption(path);
    BOOST_TEST(adoptionIn(path).observing);
    {
        SqliteJournal journal(path);
        BOOST_REQUIRE(journal.open());
        BOOST_REQUIRE(journal.commit(withRow()));
    }
    forgetAdoption(path);
    BOOST_TEST(adoptionIn(path).isWhole());
}

BOOST_AUTO_TEST_CASE(what_a_journal_goes_on_from_is_durable) {
    tests::TemporaryDirectory directory;
    const auto path = directory / "journal.db";
    domain::Adoption adoption;
    adoption.left = {base::ServerName("server02")};
    adoption.reported[base::ServerName("server02")] = "processor (a processor has failed)";
    {
        SqliteJournal journal(path);
        BOOST_REQUIRE(journal.open());
        auto entry = withRow();
        entry.continuation = journal::Continuation{adoption, 17, 40};
        BOOST_REQUIRE(journal.commit(entry));
        BOOST_REQUIRE(journal.commit(withRow()));  // its own epoch, not another one's
    }
    SqliteJournal journal(path);
    const auto contents = journal.open();
    BOOST_REQUIRE(contents);
    BOOST_TEST((contents->adoption == adoption));
    BOOST_TEST(contents->epoch == 18U);
    BOOST_TEST(contents->last_operation == 40U);
    BOOST_REQUIRE_EQUAL(contents->rows.size(), 1U);
    BOOST_TEST(contents->rows[0].spare.empty());
}

BOOST_AUTO_TEST_SUITE_END()
