#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "coordinator/journal/record_json.hpp"
#include "coordinator/journal/sqlite_journal.hpp"

using namespace standin;
using domain::RecordLine;
using domain::WholeOperation;
using journal::SqliteJournal;

namespace {

struct Kept {
    explicit Kept(journal::History history = {}) : history_(history) {
        std::string pattern = (std::filesystem::temp_directory_path() / "standin-record-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
        open();
    }
    ~Kept() { std::filesystem::remove_all(path_); }

    journal::Contents open() {
        journal.reset();
        journal = std::make_unique<SqliteJournal>(path_ + "/journal.db", history_);
        auto contents = journal->open();
        BOOST_REQUIRE(contents.has_value());
        return std::move(*contents);
    }
    void commit(domain::OperationId id, std::vector<RecordLine> lines, bool replaces = false,
                domain::State state = domain::State::TakingOver) {
        journal::Entry entry;
        domain::Operation operation;
        operation.id = id;
        operation.server = base::ServerName("server01");
        operation.state = state;
        entry.operations.push_back(operation);
        entry.records[id] = {std::move(lines), replaces};
        BOOST_REQUIRE(journal->commit(entry).has_value());
    }
    /// `0 operation, 1 event…`
    std::string told(domain::OperationId id) {
        std::string text;
        auto lines = journal->record(id);
        for (const auto& line : lines ? *lines : std::vector<std::string>{}) {
            const auto json = nlohmann::json::parse(line);
            text += (text.empty() ? "" : " ") + json["line"].dump() +
                    (json.contains("operation") ? "!" : json["event"]["why"].get<std::string>());
        }
        return text;
    }

    std::unique_ptr<SqliteJournal> journal;

  private:
    journal::History history_;
    std::string path_;
};

RecordLine whole(std::uint32_t number) {
    WholeOperation what;
    what.operation.id = 7;
    what.operation.server = what.server.name = base::ServerName("server01");
    what.server.segment = base::SegmentId("job01");
    return {number, base::WallTime(std::chrono::microseconds(number + 1)), what};
}

RecordLine event(std::uint32_t number, const std::string& why = "") {
    return {number, base::WallTime(std::chrono::microseconds(number + 1)),
            domain::EventAccepted{domain::Event::OperatorRetries, why, {}, false, {}}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_rows)

BOOST_AUTO_TEST_CASE(a_record_is_there_after_a_restart_and_goes_on_with_the_next_number) {
    Kept kept;
    kept.commit(7, {whole(0), event(1), event(2)});
    kept.commit(7, {event(3)});
    const auto contents = kept.open();
    BOOST_TEST(contents.next_lines.at(7) == 4u);
    BOOST_TEST(kept.told(7) == "0! 1 2 3");
    BOOST_TEST((kept.journal->record(8).error().code == base::ErrorCode::NotFound));
}

BOOST_AUTO_TEST_CASE(a_line_that_replaces_another_replaces_all_after_it_too) {
    Kept kept;
    kept.commit(7, {whole(0), event(1)});
    kept.commit(7, {event(2, "a"), event(3, "b")});
    kept.commit(7, {event(4, "c")});
    kept.commit(7, {event(2, "again")}, true);
    BOOST_TEST(kept.told(7) == "0! 1 2again");
    BOOST_TEST(kept.open().next_lines.at(7) == 3u);
}

BOOST_AUTO_TEST_CASE(a_line_within_a_row_is_replaced_with_all_after_it) {
    Kept kept;
    kept.commit(7, {whole(0), event(1, "a"), event(2, "b"), event(3, "c")});
    kept.commit(7, {event(2, "again")}, true);
    BOOST_TEST(kept.told(7) == "0! 1a 2again");
    BOOST_TEST(kept.open().next_lines.at(7) == 3u);
}

BOOST_AUTO_TEST_CASE(a_long_record_loses_its_middle_and_can_be_gone_on_with) {
    Kept kept;
    std::vector<RecordLine> lines;
    for (std::uint32_t block = 0; block < 6; ++block) {
        lines.push_back(whole(2 * block));
        lines.push_back(event(2 * block + 1));
        if (block % 2 == 1) kept.commit(7, std::exchange(lines, {}));  // two blocks in one commit are two rows
    }
    BOOST_TEST(kept.told(7) == "0! 1 6! 7 8! 9 10! 11");
}

BOOST_AUTO_TEST_CASE(records_of_open_operations_and_of_the_newest_ones_are_kept) {
    Kept kept({500, 10000, 2});
    kept.commit(1, {whole(0), event(1)});  // stays open
    for (domain::OperationId id = 2; id <= 4; ++id) kept.commit(id, {whole(0)}, false, domain::State::Closed);
    for (int commit = 0; commit < 64; ++commit) BOOST_REQUIRE(kept.journal->commit({}).has_value());
    BOOST_TEST(kept.told(2) == "0!");  // a commit that somebody may wait for forgets nothing
    kept.journal->tidy();
    BOOST_TEST(kept.told(1) == "0! 1");
    BOOST_TEST(kept.told(2).empty());
    BOOST_TEST(kept.told(3) == "0!");
    BOOST_TEST(kept.told(4) == "0!");
}

BOOST_AUTO_TEST_SUITE_END()
