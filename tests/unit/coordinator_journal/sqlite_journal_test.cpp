#include "coordinator/journal/sqlite_journal.hpp"

#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/base/text.hpp"
#include "coordinator/journal/operation_json.hpp"
#include "tests/unit/coordinator_journal/journal_directory.hpp"

using namespace standin;
using base::ErrorCode;
using journal::Entry;
using journal::SqliteJournal;
using tests::JournalDirectory;

namespace {

base::WallTime operationTime() {
    return base::WallTime(std::chrono::microseconds(1700000000123456));
}

domain::Operation failover(domain::OperationId id) {
    domain::Operation operation;
    operation.id = id;
    operation.server = base::ServerName("server01");
    operation.state = domain::State::TakingOver;
    operation.why = "a 'quoted' reason, with äöü";
    operation.opened_at = operationTime();
    operation.failed_spares = {base::SpareName("spare01")};
    operation.notes.push_back({"cold_path", domain::Note::Level::Warning, "told", "nothing"});
    auto& step = operation.at({domain::StepName::FencePort, "server01"});
    step.state = domain::StepState::Running;
    step.attempts = 2;
    step.phases_ms["transaction"] = 0.5;
    step.refusals = 2;
    step.silent_since = operationTime();
    return operation;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sqlite_journal)

BOOST_AUTO_TEST_CASE(a_freeze_and_what_it_restrains_are_there_after_opening_again) {
    JournalDirectory directory;
    const domain::Freeze freeze{true, "power work", "operator ada", operationTime()};
    domain::Operation waits = failover(17);
    waits.restraint = {domain::Restraint::By::Brake, "too many", "release it", operationTime(), operationTime()};
    waits.waits_for_release = true;
    domain::Operation passed = failover(18);
    passed.brake_pass = {operationTime(), "released by operator ada"};
    domain::Operation cancelled = failover(19);
    cancelled.state = domain::State::Cancelled;
    {
        SqliteJournal journal(directory.journal());
        BOOST_REQUIRE(journal.open().has_value());
        Entry entry;
        entry.freeze = freeze;
        for (const auto& operation : {waits, passed, cancelled}) entry.operations.push_back(operation);
        BOOST_REQUIRE(journal.commit(entry).has_value());
    }
    SqliteJournal journal(directory.journal());
    const auto contents = journal.open();
    BOOST_REQUIRE(contents.has_value());
    BOOST_TEST((contents->freeze == freeze));
    BOOST_REQUIRE(contents->operations.size() == 3U);
    BOOST_TEST((contents->operations[0].restraint == waits.restraint));
    BOOST_TEST(contents->operations[0].waits_for_release);
    BOOST_TEST((contents->operations[1].brake_pass == passed.brake_pass));
    BOOST_TEST(!domain::isOpen(contents->operations[2]));
}

BOOST_AUTO_TEST_CASE(what_was_committed_is_there_after_opening_again) {
    JournalDirectory directory;
    {
        SqliteJournal journal(directory.journal());
        const auto fresh = journal.open();
        BOOST_REQUIRE(fresh.has_value());
        BOOST_TEST(fresh->epoch == 1u);
        Entry entry;
        entry.operations.push_back(failover(17));
        entry.rows.push_back({base::ServerName("server01"), base::SpareName("spare01"), base::ImageId("image"),
                              operationTime(), true, base::StandInName("server01-1"), base::PortName("vnet1"), true,
                              operationTime() - std::chrono::hours(1), "a note"});
        entry.leases.push_back({base::SpareName("spare01"), base::ServerName("server01"), 17, "a failover"});
        entry.placements[base::ServerName("server01")] = {
            domain::Placement::On::StandIn,
            base::StandInName("server01-1"),
            {},
            "operator ada",
            {{domain::HeldWrites::By::Server, "server01", operationTime(), {}, true}}};
        entry.maintenance[base::ServerName("server02")] = {true, "new fans"};
        entry.audit.push_back({0, operationTime(), "operator ada", "failover", "operation 17"});
        BOOST_REQUIRE(journal.commit(entry).has_value());
    }
    SqliteJournal journal(directory.journal());
    const auto contents = journal.open();
    BOOST_REQUIRE(contents.has_value());
    BOOST_TEST(contents->epoch == 2u);
    BOOST_TEST(contents->last_operation == 17u);
    BOOST_REQUIRE(contents->operations.size() == 1u);
    BOOST_TEST(journal::toJson(contents->operations[0]) == journal::toJson(failover(17)));
    BOOST_REQUIRE(contents->rows.size() == 1u);
    BOOST_TEST(contents->rows[0].stale);
    BOOST_TEST(contents->rows[0].stand_in_port.text() == "vnet1");
    BOOST_TEST((contents->rows[0].image_at == operationTime()));
    BOOST_TEST((contents->rows[0].stand_in_image_at == operationTime() - std::chrono::hours(1)));
    const auto& writes = contents->placements.at(base::ServerName("server01")).writes;
    BOOST_REQUIRE_EQUAL(writes.size(), 1U);
    BOOST_TEST(
        (writes[0] == domain::HeldWrites{domain::HeldWrites::By::Server, "server01", operationTime(), {}, true}));
    BOOST_TEST(contents->leases.at(0).failover == 17u);
    BOOST_TEST((contents->placements.at(base::ServerName("server01")).on == domain::Placement::On::StandIn));
    BOOST_TEST(contents->placements.at(base::ServerName("server01")).brought_back_by == "operator ada");
    BOOST_TEST(contents->maintenance.at(base::ServerName("server02")).why == "new fans");
    BOOST_TEST(journal.audit(10)->at(0).who == "operator ada");
}

BOOST_AUTO_TEST_CASE(steps_that_are_changed_after_a_commit_are_written_with_the_next_and_the_others_stay) {
    JournalDirectory directory;
    auto operation = failover(17);
    {
        SqliteJournal journal(directory.journal());
        BOOST_REQUIRE(journal.open().has_value());
        const auto commit = [&] {
            Entry entry;
            entry.operations.push_back(operation);
            BOOST_REQUIRE(journal.commit(entry).has_value());
        };
        commit();
        operation.at({domain::StepName::FencePower, "server01"}).state = domain::StepState::Running;
        commit();
        operation.at({domain::StepName::FencePort, "server01"}).state = domain::StepState::Done;
        operation.at({domain::StepName::ResumeStandIn, "server01-1"}).message = "it answers";
        commit();
    }
    SqliteJournal journal(directory.journal());
    const auto contents = journal.open();
    BOOST_REQUIRE(contents.has_value());
    BOOST_REQUIRE(contents->operations.size() == 1u);
    BOOST_TEST(journal::toJson(contents->operations[0]) == journal::toJson(operation));
}

BOOST_AUTO_TEST_CASE(a_second_coordinator_is_refused) {
    JournalDirectory directory;
    SqliteJournal first(directory.journal());
    BOOST_REQUIRE(first.open().has_value());
    SqliteJournal second(directory.journal());
    const auto refused = second.open();
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == ErrorCode::Conflict));
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_was_deposed_writes_nothing_any_more) {
    JournalDirectory directory;
    SqliteJournal deposed(directory.journal());
    BOOST_REQUIRE(deposed.open().has_value());
    std::filesystem::remove(directory.journal() + ".lock");  // as where a lock of one host is not seen by the other
    SqliteJournal leading(directory.journal());
    BOOST_REQUIRE(leading.open().has_value());
    Entry late;
    late.operations.push_back(failover(1));
    const auto refused = deposed.commit(late);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == ErrorCode::StaleEpoch));
    BOOST_TEST(refused.error().message.find("leads since epoch 2") != std::string::npos);
    Entry entry;
    entry.operations.push_back(failover(2));
    BOOST_TEST(leading.commit(entry).has_value());
    std::filesystem::remove(directory.journal() + ".lock");
    SqliteJournal next(directory.journal());
    const auto contents = next.open();
    BOOST_REQUIRE(contents.has_value());
    BOOST_REQUIRE(contents->operations.size() == 1U);
    BOOST_TEST(contents->operations.front().id == 2U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_journal_is_told_with_the_cure) {
    JournalDirectory directory;
    std::ofstream(directory.journal()) << std::string(8192, 'x');
    SqliteJournal journal(directory.journal());
    const auto refused = journal.open();
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == ErrorCode::Corrupt));
    BOOST_TEST(refused.error().message.find(directory.journal()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_named_pipe_in_place_of_a_file_is_told_and_not_waited_for) {
    for (const char* file : {"", ".lock", ".mark"}) {
        JournalDirectory directory;
        const auto path = directory.journal() + file;
        BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        SqliteJournal journal(directory.journal());
        const auto refused = journal.open();
        BOOST_REQUIRE(!refused);
        BOOST_TEST(refused.error().message.find(path) != std::string::npos, refused.error().message);
    }
}

BOOST_AUTO_TEST_CASE(a_damaged_page_is_noticed_before_anything_is_believed) {
    JournalDirectory directory;
    {
        SqliteJournal journal(directory.journal());
        BOOST_REQUIRE(journal.open().has_value());
        Entry entry;
        for (domain::OperationId id = 1; id <= 200; ++id) entry.operations.push_back(failover(id));
        BOOST_REQUIRE(journal.commit(entry).has_value());
    }
    std::fstream file(directory.journal(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 12);
    file << std::string(4096 * 4, '\x5a');
    file.close();
    SqliteJournal journal(directory.journal());
    const auto refused = journal.open();
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == ErrorCode::Corrupt));
}

BOOST_AUTO_TEST_CASE(ended_operations_are_bounded_and_open_ones_are_kept) {
    JournalDirectory directory;
    {
        SqliteJournal journal(directory.journal(), {.operations = 5, .audit_entries = 10});
        BOOST_REQUIRE(journal.open().has_value());
        for (domain::OperationId id = 1; id <= 600; ++id) {
            Entry entry;
            auto operation = failover(id);
            if (id > 1) operation.state = domain::State::Closed;
            entry.operations.push_back(operation);
            entry.audit.push_back({0, operationTime(), "operator ada", "failover", "accepted"});
            BOOST_REQUIRE(journal.commit(entry).has_value());
            journal.tidy();
        }
    }
    SqliteJournal journal(directory.journal());
    const auto contents = journal.open();
    BOOST_REQUIRE(contents.has_value());
    BOOST_TEST(contents->operations.front().id == 1u);
    BOOST_TEST(contents->operations.size() < 100u);
    BOOST_TEST(contents->last_operation == 600u);
    BOOST_TEST(journal.audit(1000)->size() < 100u);
}

BOOST_AUTO_TEST_CASE(a_file_system_that_is_full_is_an_error_and_nothing_of_the_entry_is_there) {
    JournalDirectory directory;
    SqliteJournal journal(directory.journal());
    BOOST_REQUIRE(journal.open().has_value());
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit small{64 * 1024, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    Entry entry;
    for (domain::OperationId id = 1; id <= 500; ++id) entry.operations.push_back(failover(id));
    const auto refused = journal.commit(entry);
    ::setrlimit(RLIMIT_FSIZE, &before);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("make room") != std::string::npos);
    Entry later;
    later.operations.push_back(failover(501));
    BOOST_TEST(journal.commit(later).has_value());
}

BOOST_AUTO_TEST_CASE(a_row_that_cannot_be_read_is_told_and_the_others_are_there) {
    const JournalDirectory directory;
    {
        SqliteJournal journal(directory.journal());
        BOOST_REQUIRE(journal.open().has_value());
        Entry entry;
        for (const domain::OperationId id : {17U, 18U, 19U, 20U}) entry.operations.emplace_back(failover(id));
        for (const auto* server : {"server01", "server02"}) {
            const base::ServerName name(server);
            entry.rows.push_back(
                {name, base::SpareName("spare01"), base::ImageId("image"), {}, true, {}, {}, false, {}, ""});
            entry.placements[name] = {domain::Placement::On::Server, {}, {}, ""};
            entry.maintenance[name] = {true, "new fans"};
        }
        entry.leases.push_back({base::SpareName("spare01"), base::ServerName("server01"), 17, "a failover"});
        entry.leases.push_back({base::SpareName("spare02"), base::ServerName("server02"), 18, "a failover"});
        BOOST_REQUIRE(journal.commit(entry).has_value());
    }
    {
        Poco::Data::Session session("SQLite", directory.journal());
        for (const char* damage :
             {"UPDATE operations SET body = replace(body, 'quoted', CAST(x'FF' AS TEXT)) WHERE id = 17",
              "UPDATE operations SET body = '{\"id\": 18' WHERE id = 18",
              "UPDATE steps SET body = replace(body, 'FencePort', 'Dance') WHERE operation = 19",
              "UPDATE spare_table SET body = CAST(x'80FF' AS TEXT) WHERE server = 'server01'",
              "UPDATE placements SET body = '[]' WHERE server = 'server02'",
              "UPDATE maintenance SET body = '{\"on\": \"maybe\"}' WHERE server = 'server02'",
              "UPDATE leases SET body = 'null' WHERE spare = 'spare02'"})
            session << damage, Poco::Data::Keywords::now;
    }
    SqliteJournal journal(directory.journal());
    const auto contents = journal.open();
    BOOST_REQUIRE(contents.has_value());
    BOOST_TEST(contents->last_operation == 20U);
    BOOST_REQUIRE(contents->operations.size() == 2U);
    BOOST_TEST(contents->operations[0].id == 17U);  // its bytes were mended
    BOOST_TEST(base::firstInvalidByte(contents->operations[0].why) == std::string::npos);
    BOOST_TEST(contents->operations[1].id == 20U);
    BOOST_TEST(contents->rows.size() == 1U);
    BOOST_TEST(contents->placements.size() == 1U);
    BOOST_TEST(contents->maintenance.size() == 1U);
    BOOST_REQUIRE(contents->leases.size() == 2U);  // a spare whose lease cannot be read is nobody's
    BOOST_TEST(contents->leases[1].spare.text() == "spare02");
    BOOST_TEST(contents->leases[1].server.text() == "");
    std::vector<std::string> what;
    for (const auto& entry : contents->unreadable) {
        what.push_back(entry.what + " (" + entry.server.text() + ")");
        BOOST_TEST(!entry.problem.empty());
    }
    const std::vector<std::string> expected{
        "failover 18 of server 'server01' (server01)", "failover 19 of server 'server01' (server01)",
        "spare_table of server 'server01' (server01)", "leases of spare 'spare02' ()",
        "placements of server 'server02' (server02)",  "maintenance of server 'server02' (server02)"};
    BOOST_TEST(what == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(whatever_text_is_committed_can_be_read_again) {
    const JournalDirectory directory;
    for (const std::string& text : {std::string("\xFF\xC0\xAF"), std::string("a\0b", 3), std::string("\xED\xA0\x80"),
                                    std::string(1U << 20, 'x')}) {
        {
            SqliteJournal journal(directory.journal());
            BOOST_REQUIRE(journal.open().has_value());
            auto operation = failover(17);
            operation.asked_by = operation.failure = text.substr(0, 4000);
            operation.why = operation.cause = text.substr(0, 60000);
            operation.at({domain::StepName::FencePort, "server01"}).message = text.substr(0, 60000);
            Entry entry;
            entry.operations.emplace_back(operation);
            entry.audit.push_back({0, operationTime(), text, text, text});
            entry.maintenance[base::ServerName("server01")] = {true, text};
            BOOST_REQUIRE(journal.commit(entry).has_value());
            BOOST_TEST(journal.audit(1).has_value());
        }
        SqliteJournal journal(directory.journal());
        const auto contents = journal.open();
        BOOST_REQUIRE(contents.has_value());
        BOOST_TEST(contents->unreadable.empty());
        BOOST_TEST(contents->operations.size() == 1U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
