// A real SQLite journal on a small file system that somebody else fills. Needs root for the mount.
#include <boost/test/unit_test.hpp>

#include "agent/base/space_reserve.hpp"
#include "coordinator/journal/sqlite_journal.hpp"
#include "tests/support/small_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using base::SpaceReserve;
using journal::Entry;
using journal::SqliteJournal;

namespace {

constexpr std::uint64_t reserved = 4U << 20;

struct Disk {
    tests::TemporaryDirectory directory;
    tests::SmallFileSystem disk{directory / "small", "12m"};
    std::shared_ptr<SpaceReserve> reserve = std::make_shared<SpaceReserve>(disk.path() + "/reserve", reserved);

    [[nodiscard]] bool skipped() const {
        if (!disk.mounted()) BOOST_TEST_MESSAGE("skipped: a file system can be mounted by root only");
        return !disk.mounted();
    }
    [[nodiscard]] std::unique_ptr<SqliteJournal> journal(bool with_reserve = true) const {
        return std::make_unique<SqliteJournal>(disk.path() + "/journal.db", journal::History{},
                                               with_reserve ? reserve : nullptr);
    }
};

/// As large as what a takeover commits.
Entry takeover(domain::OperationId id) {
    domain::Operation operation;
    operation.id = id;
    operation.server = base::ServerName("server01");
    operation.cause = std::string(16U << 10, 'x');
    Entry entry;
    entry.operations.emplace_back(operation);
    return entry;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(full_disk)

BOOST_FIXTURE_TEST_CASE(without_a_reserve_a_full_disk_takes_no_takeover, Disk) {
    if (skipped()) return;
    const auto opened = journal(false);
    BOOST_REQUIRE(opened->open().has_value());
    disk.fill();
    bool all = true;
    for (domain::OperationId id = 1; id <= 100; ++id) all = opened->commit(takeover(id)).has_value() && all;
    BOOST_TEST(!all);
}

BOOST_FIXTURE_TEST_CASE(with_a_reserve_takeovers_are_journaled_on_a_full_disk_and_it_is_made_whole_again, Disk) {
    if (skipped()) return;
    reserve->fill();
    BOOST_REQUIRE(reserve->status().whole());
    auto opened = journal();
    BOOST_REQUIRE(opened->open().has_value());
    BOOST_TEST(opened->warning() == "");
    disk.fill();
    for (domain::OperationId id = 1; id <= 100; ++id) BOOST_REQUIRE(opened->commit(takeover(id)).has_value());
    BOOST_TEST(opened->warning().find("make room") != std::string::npos);
    BOOST_TEST(!reserve->status().whole());
    opened->tidy();
    BOOST_TEST(!reserve->status().whole());  // there is no room to make it whole of
    disk.clear();
    opened->tidy();
    BOOST_TEST(reserve->status().whole());
    BOOST_TEST(opened->warning() == "");
    opened.reset();
    auto again = journal();
    const auto contents = again->open();
    BOOST_REQUIRE(contents.has_value());
    BOOST_TEST(contents->operations.size() == 100U);
}

BOOST_FIXTURE_TEST_CASE(what_is_given_up_is_a_piece_at_a_time_and_a_filler_gets_no_more_than_that, Disk) {
    if (skipped()) return;
    reserve->fill();
    auto opened = journal();
    BOOST_REQUIRE(opened->open().has_value());
    int durable = 0;
    for (domain::OperationId id = 1; id <= 10; ++id) {
        disk.fill();  // whoever fills it takes every byte that becomes free
        durable += opened->commit(takeover(id)).has_value() ? 1 : 0;
    }
    BOOST_TEST(durable == 10);
}

BOOST_FIXTURE_TEST_CASE(a_coordinator_that_starts_on_a_full_disk_opens_its_journal, Disk) {
    if (skipped()) return;
    reserve->fill();
    {
        auto opened = journal();
        BOOST_REQUIRE(opened->open().has_value());
        BOOST_REQUIRE(opened->commit(takeover(1)).has_value());
    }
    disk.fill();
    auto again = journal();
    const auto contents = again->open();
    BOOST_REQUIRE_MESSAGE(contents.has_value(), (contents ? "" : contents.error().message));
    BOOST_TEST(contents->operations.size() == 1U);
    BOOST_TEST(again->commit(takeover(2)).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_reserve_that_is_used_up_is_an_error_with_its_cure_and_no_endless_trial, Disk) {
    if (skipped()) return;
    reserve->fill();
    auto opened = journal();
    BOOST_REQUIRE(opened->open().has_value());
    disk.fill();
    while (reserve->makeRoom()) disk.fill();
    base::Result<void> done;
    for (domain::OperationId id = 1; id <= 100 && done; ++id) done = opened->commit(takeover(id));
    BOOST_REQUIRE(!done);
    BOOST_TEST(done.error().message.find("make room") != std::string::npos);
    disk.clear();
    BOOST_TEST(opened->commit(takeover(101)).has_value());
}

BOOST_AUTO_TEST_CASE(no_reserve_is_made_where_it_would_fill_the_disk) {
    const tests::TemporaryDirectory directory;
    SpaceReserve too_large(directory / "reserve", std::uint64_t{1} << 55);
    too_large.fill();
    BOOST_TEST(too_large.status().held_bytes == 0U);
    BOOST_TEST(!too_large.makeRoom());
    SpaceReserve none(directory / "none", 0);
    none.fill();
    BOOST_TEST(none.status().whole());
    BOOST_TEST(!none.makeRoom());
}

BOOST_AUTO_TEST_SUITE_END()
