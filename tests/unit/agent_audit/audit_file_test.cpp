#include "agent/audit/audit_file.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_directory.hpp"

using namespace standin;
using audit::AuditFile;
using audit::Note;

namespace {

struct Audit {
    tests::TemporaryDirectory directory;
    std::string path = directory / "audit.log";

    void write(int entries, std::uint64_t largest = 1U << 20) {
        AuditFile file(path, largest);
        for (int i = 0; i < entries; ++i) {
            const std::vector<Note> notes{{std::chrono::system_clock::now(), "certificate 'coordinator' (10.0.0.4)",
                                           "PUT /v1/segments/job01", "answered with status 200"}};
            auto written = file.append(notes);
            BOOST_REQUIRE_MESSAGE(written, (written ? "" : written.error().message));
        }
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> all;
        std::ifstream file(path);
        for (std::string line; std::getline(file, line);) all.push_back(line);
        return all;
    }
    void rewrite(const std::vector<std::string>& lines) const {
        std::ofstream file(path, std::ios::trunc);
        for (const auto& line : lines) file << line << '\n';
    }
    [[nodiscard]] std::string breaks(const std::optional<audit::AuditMark>& mark = {}) const {
        const auto verifier = audit::verifyFiles(path, mark);
        BOOST_REQUIRE_MESSAGE(verifier, (verifier ? "" : verifier.error().message));
        std::string all;
        for (const auto& sentence : verifier->breaks()) all += (all.empty() ? "" : "; ") + sentence;
        return all;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_file, Audit)

BOOST_AUTO_TEST_CASE(a_file_that_was_written_by_several_runs_is_one_chain) {
    write(3);
    write(4);
    BOOST_TEST(lines().size() == 7U);
    BOOST_TEST(breaks() == "");
    BOOST_TEST(audit::verifyFiles(path)->last().number == 7U);
}

BOOST_AUTO_TEST_CASE(every_entry_is_one_line_of_ascii_whatever_it_says) {
    AuditFile file(path);
    const std::vector<Note> notes{
        {std::chrono::system_clock::now(), "J\xc3\xb6rg", "GET /a\nb", std::string("\xff\0\x1b", 3)}};
    BOOST_REQUIRE(file.append(notes));
    BOOST_REQUIRE_EQUAL(lines().size(), 1U);
    const auto line = lines().front();
    for (const unsigned char one : line) BOOST_TEST((one >= 0x20 && one < 0x7f));
}

BOOST_AUTO_TEST_CASE(a_byte_that_was_flipped_shows_with_its_entry) {
    write(5);
    const auto whole = lines();
    for (std::size_t line = 0; line < whole.size(); ++line) {
        auto flipped = whole;
        flipped[line].replace(flipped[line].find("job01"), 5, "job02");
        rewrite(flipped);
        BOOST_TEST(breaks() == "entry " + std::to_string(line + 1) + " was changed: its hash is another one");
    }
}

BOOST_AUTO_TEST_CASE(a_line_that_was_dropped_moved_or_cut_shows) {
    write(5);
    const auto whole = lines();
    auto changed = whole;
    changed.erase(changed.begin() + 2);
    rewrite(changed);
    BOOST_TEST(breaks() == "entry 3 is missing");
    changed = whole;
    std::swap(changed[1], changed[3]);
    rewrite(changed);
    BOOST_TEST(breaks().find("entry 2 stands behind") != std::string::npos, breaks());
    changed = whole;
    changed.resize(3);
    rewrite(changed);
    BOOST_TEST(breaks() == "entries 4 to 5 are missing at the end");
    changed = whole;
    changed[2] = "nonsense";
    rewrite(changed);
    BOOST_TEST(breaks().find("line 3 of '" + path + "' is no entry") == 0U, breaks());
}

BOOST_AUTO_TEST_CASE(a_line_that_a_crash_cut_off_is_told_and_the_chain_goes_on) {
    write(3);
    {
        std::ofstream file(path, std::ios::app);
        file << R"({"number":4,"at":"2026)";
    }
    BOOST_TEST(breaks().find("is cut off") != std::string::npos);
    write(2);
    BOOST_TEST(breaks() == "");
    BOOST_TEST(lines().size() == 6U);  // one says that there was half a line
    BOOST_TEST(lines()[3].find("cut off") != std::string::npos);
}

// Killed between the entry and the mark that says which is the newest.
BOOST_AUTO_TEST_CASE(a_mark_that_lags_behind_the_entries_is_no_break) {
    write(3);
    std::filesystem::copy_file(path + ".head", path + ".old");
    write(2);
    std::filesystem::rename(path + ".old", path + ".head");
    BOOST_TEST(breaks() == "");
    write(1);
    BOOST_TEST(breaks() == "");
}

BOOST_AUTO_TEST_CASE(an_end_that_was_cut_stays_missing_however_much_follows) {
    write(5);
    auto fewer = lines();
    fewer.resize(3);
    rewrite(fewer);
    write(2);
    BOOST_TEST(breaks().find("entries 4 to 5 are missing") == 0U, breaks());
    BOOST_TEST(lines()[3].find("entries 4 to 5 are missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_chain_goes_on_over_files_and_the_oldest_are_forgotten) {
    write(100, 2000);
    BOOST_TEST(std::filesystem::exists(path + ".8"));
    BOOST_TEST(!std::filesystem::exists(path + ".9"));
    const auto verifier = audit::verifyFiles(path);
    BOOST_REQUIRE(verifier);
    BOOST_TEST(verifier->breaks().empty());
    BOOST_TEST(verifier->first() > 1U);
    BOOST_TEST(verifier->last().number == 100U);
    std::filesystem::remove(path + ".4");
    BOOST_TEST(breaks().find("are missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mark_that_was_noted_finds_a_chain_that_was_made_anew) {
    write(5);
    const auto mark = audit::verifyFiles(path)->last();
    BOOST_TEST(breaks(mark) == "");
    std::filesystem::remove(path);
    std::filesystem::remove(path + ".head");
    write(7);
    BOOST_TEST(breaks() == "");
    BOOST_TEST(breaks(mark) == "entry 5 is not the one that was written");
}

BOOST_AUTO_TEST_CASE(an_audit_that_is_not_there_is_told) {
    BOOST_TEST((audit::verifyFiles(directory / "nowhere").error().code == base::ErrorCode::NotFound));
}

BOOST_AUTO_TEST_SUITE_END()
