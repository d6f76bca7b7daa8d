// An agent's audit on a small file system that somebody else fills. Needs root for the mount.
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "agent/audit/audit_file.hpp"
#include "agent/audit/audit_trail.hpp"
#include "tests/support/small_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using audit::AuditFile;
using audit::AuditTrail;
using audit::Note;
using namespace std::chrono_literals;

namespace {

struct FullDisk {
    tests::TemporaryDirectory directory;
    tests::SmallFileSystem disk{directory / "small", "4m"};
    std::string path = disk.path() + "/audit.log";

    [[nodiscard]] bool skipped() const {
        if (!disk.mounted()) BOOST_TEST_MESSAGE("skipped: a file system can be mounted by root only");
        return !disk.mounted();
    }
    [[nodiscard]] std::uint64_t reserved() const {
        std::error_code none;
        const auto size = std::filesystem::file_size(path + ".reserve", none);
        return none ? 0 : size;
    }
    void useUpReserve() const {
        std::filesystem::resize_file(path + ".reserve", 0);
        disk.fill();
    }
    [[nodiscard]] std::uint64_t wholeEntries() const {
        const auto verified = audit::verifyFiles(path);
        BOOST_REQUIRE_MESSAGE(verified, (verified ? "" : verified.error().message));
        for (const auto& sentence : verified->breaks()) BOOST_TEST(sentence == "");
        return verified->entries();
    }
};

std::vector<Note> oneCommand() {
    return {{std::chrono::system_clock::now(), "certificate 'coordinator' (10.0.0.4)",
             "PUT /v1/segments/job01 (command 17/GiveSegment/1, epoch 7)", "answered with status 200"}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_on_full_disk)

BOOST_FIXTURE_TEST_CASE(a_takeovers_commands_are_written_on_a_disk_that_is_kept_full, FullDisk) {
    if (skipped()) return;
    AuditFile file(path);
    BOOST_REQUIRE(file.open());
    const auto whole = reserved();
    BOOST_TEST(whole == 1U << 20);
    for (int i = 0; i < 100; ++i) {
        if (i < 3) disk.fill();  // whoever fills it takes every byte that becomes free
        const auto written = file.append(oneCommand());
        BOOST_REQUIRE_MESSAGE(written, (written ? "" : written.error().message));
    }
    BOOST_TEST(reserved() < whole);
    disk.clear();
    BOOST_REQUIRE(file.append(oneCommand()));
    BOOST_TEST(reserved() == whole);  // again
    BOOST_TEST(wholeEntries() == 101U);
}

BOOST_FIXTURE_TEST_CASE(a_new_audit_can_be_begun_on_a_disk_that_is_full_when_room_is_made, FullDisk) {
    if (skipped()) return;
    disk.fill();
    AuditFile file(path);
    static_cast<void>(file.open());  // some file systems have a place for an empty file, some have not
    BOOST_TEST(!file.append(oneCommand()).has_value());
    BOOST_TEST(!file.append(oneCommand()).has_value());
    disk.clear();
    BOOST_REQUIRE(file.append(oneCommand()));
    BOOST_TEST(wholeEntries() == 1U);
    BOOST_TEST(reserved() == 1U << 20);
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_written_before_the_end_is_in_the_log, FullDisk) {
    if (skipped()) return;
    AuditFile file(path);
    BOOST_REQUIRE(file.open());
    useUpReserve();
    const base::SystemClock clock;
    std::mutex mutex;
    std::string log;
    AuditTrail trail(
        clock, [&](const std::vector<Note>& notes) { return file.append(notes); },
        base::Log("test", [&](base::LogLevel, std::string_view line) {
            const std::lock_guard lock(mutex);
            log.append(line).append("\n");
        }));
    trail.start();
    trail.add("certificate 'coordinator' (10.0.0.4)", "PUT /v1/segments/job01", "answered with status 200", 60s);
    trail.settle();
    BOOST_TEST(trail.problem().find("No space left on device") != std::string::npos, trail.problem());
    trail.stop();
    const std::lock_guard lock(mutex);
    BOOST_TEST(log.find("1 entries of the audit are lost") != std::string::npos, log);
    BOOST_TEST(log.find("PUT /v1/segments/job01") != std::string::npos, log);
}

// What lies where the audit should be is mended by the operator, and then the chain goes on.
BOOST_AUTO_TEST_CASE(an_audit_that_could_not_be_opened_is_opened_when_it_can_be) {
    const tests::TemporaryDirectory directory;
    const auto path = directory / "audit.log";
    std::filesystem::create_directory(path);
    AuditFile file(path);
    BOOST_TEST(!file.open().has_value());
    BOOST_TEST(!file.append(oneCommand()).has_value());
    std::filesystem::remove(path);
    BOOST_REQUIRE(file.append(oneCommand()));
    BOOST_TEST(audit::verifyFiles(path)->entries() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
