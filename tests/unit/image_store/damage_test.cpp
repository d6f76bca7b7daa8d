#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "agent/image_store/disks/disk_writes.hpp"
#include "tests/unit/image_store/store_fixture.hpp"

using namespace standin;
using namespace standin::image_store;
using protocol::ImageState;
namespace fs = std::filesystem;

namespace {

/// Image 'a' has a block that is no longer what was captured.
struct DamagedStore : StoreFixture {
    DamagedStore() {
        captured("a");
        flip(directory / "images/a/content", 2 * block + 9);
    }
    [[nodiscard]] base::ErrorCode refusal() const {
        const auto begun = store->restore(restoreId("again"), image("a"), disk("spare01"));
        BOOST_REQUIRE(!begun);
        BOOST_TEST(begun.error().message.find("accept_damage") != std::string::npos, begun.error().message);
        return begun.error().code;
    }
    [[nodiscard]] std::string healthOf(const std::string& name) const {
        protocol::Health health;
        store->checkHealth(health);
        for (const auto& check : health.checks) {
            if (check.name == name) return check.ok ? "" : check.detail;
        }
        return "no such check";
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(damage, DamagedStore)

BOOST_AUTO_TEST_CASE(damage_that_a_verification_found_is_remembered_and_its_restore_refused_also_after_a_restart) {
    BOOST_TEST((verified("a").state == protocol::VerificationState::Damaged));
    for (int i = 0; i < 2; ++i) {
        const auto damaged = store->image(image("a"));
        BOOST_TEST((damaged->state == ImageState::Damaged));
        BOOST_TEST(damaged->problem.find("block 2") != std::string::npos, damaged->problem);
        BOOST_TEST((store->images()[0].state == ImageState::Damaged));
        BOOST_TEST((refusal() == base::ErrorCode::Corrupt));
        BOOST_TEST(healthOf("images intact").find("image 'a' of disk 'server01'") != std::string::npos);
        BOOST_TEST((store->capture(image("a"), disk("server01")).error().code == base::ErrorCode::Conflict));
        restart();
    }
    BOOST_TEST(store->remove(image("a")).has_value());
    BOOST_TEST(!fs::exists(directory / "images/a"));
    BOOST_TEST((captured("a").state == ImageState::Ready));
}

BOOST_AUTO_TEST_CASE(damage_that_a_restore_found_is_remembered) {
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01")));
    BOOST_TEST((ended("r").state == protocol::RestoreState::Failed));
    BOOST_TEST((store->image(image("a"))->state == ImageState::Damaged));
    BOOST_TEST((refusal() == base::ErrorCode::Corrupt));
}

BOOST_AUTO_TEST_CASE(a_damaged_image_is_restored_when_asked_for_in_words_and_the_restore_says_what_is_damaged) {
    verified("a");
    BOOST_REQUIRE(store->restore(restoreId("r"), image("a"), disk("spare01"), Damage::Accept));
    const auto restore = ended("r");
    BOOST_TEST((restore.state == protocol::RestoreState::Done), restore.problem);
    BOOST_TEST(restore.note.find("damaged blocks were written as they are, as was asked: 1") != std::string::npos,
               restore.note);
    auto expected = readFile(directory / "server01");
    expected[2 * block + 9] = static_cast<char>(expected[2 * block + 9] ^ 1);
    BOOST_TEST((readFile(directory / "spare01").substr(0, expected.size()) == expected));
}

BOOST_AUTO_TEST_CASE(an_image_that_is_verified_as_intact_is_ready_again) {
    verified("a");
    flip(directory / "images/a/content", 2 * block + 9);
    BOOST_TEST((verified("a").state == protocol::VerificationState::Intact));
    BOOST_TEST((store->image(image("a"))->state == ImageState::Ready));
    BOOST_TEST(healthOf("images intact") == "");
}

BOOST_AUTO_TEST_CASE(a_verification_reads_the_medium_although_the_page_cache_has_the_image) {
    const auto readFromMedium = [] {
        std::ifstream io("/proc/self/io");
        std::string name;
        std::uint64_t value = 0;
        while (io >> name >> value) {
            if (name == "read_bytes:") return value;
        }
        return std::uint64_t{0};
    };
    captured("b");
    readFile(directory / "images/b/content");  // now cached
    const auto before = readFromMedium();
    const auto verification = verified("b");
    BOOST_TEST((verification.state == protocol::VerificationState::Intact));
    const bool direct = OpenFile::open(directory / "images/b/content", O_RDONLY | O_DIRECT).has_value();
    BOOST_TEST(verification.from_medium == direct);
    if (direct && before > 0) BOOST_TEST(readFromMedium() - before >= 3 * block);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(capturing)

BOOST_FIXTURE_TEST_CASE(a_disk_that_is_written_to_while_it_is_captured_does_not_become_an_image, ImageFixture) {
    makeDisk(directory / "disk");
    fs::last_write_time(directory / "disk", fs::last_write_time(directory / "disk") - std::chrono::hours(1));
    auto access = DiskAccess::open({disk("d"), directory / "disk"}, DiskAccess::Purpose::Read);
    auto draft = repository->create(image("a"), disk("d"), access->sizeBytes());
    TransferWatch watch(clock, throttle);
    const auto write = [&] { overwrite(directory / "disk", 9 * block, "meanwhile"); };
    const auto done = capture(*access, **draft, {block, write}, watch);
    BOOST_REQUIRE(!done);
    BOOST_TEST(done.error().message.find("torn") != std::string::npos);
    *draft = nullptr;
    BOOST_TEST(repository->list().empty());
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_another_process_has_open_for_writing_is_in_use, ImageFixture) {
    makeDisk(directory / "disk");
    int ready[2];
    BOOST_REQUIRE(::pipe(ready) == 0);
    const auto child = ::fork();
    if (child == 0) {
        const int file = ::open((directory / "disk").c_str(), O_RDWR);
        [[maybe_unused]] auto told = ::write(ready[1], "x", file >= 0 ? 1 : 0);
        ::pause();
        ::_exit(0);
    }
    char byte = 0;
    BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
    const auto access = DiskAccess::open({disk("d"), directory / "disk"}, DiskAccess::Purpose::Read);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    BOOST_REQUIRE(!access);
    BOOST_TEST((access.error().code == base::ErrorCode::Refused));
    BOOST_TEST(access.error().message.find("process " + std::to_string(child)) != std::string::npos);
    BOOST_TEST(DiskAccess::open({disk("d"), directory / "disk"}, DiskAccess::Purpose::Read).has_value());
}

BOOST_FIXTURE_TEST_CASE(writes_and_discards_of_a_device_are_counted, ImageFixture) {
    fs::create_directories(directory / "dev/block/8:16");
    const auto marks = [&](const std::string& counters) {
        tests::writeFile(directory / "dev/block/8:16/stat", counters);
        return writeMarksOf(makedev(8, 16), directory.path());
    };
    const auto before = marks("  10  0  80  1  5  0  40  1  0  1  1  2  0  16  0  0  0\n");
    BOOST_TEST((before == marks("  99  9  999  9  5  0  40  9  9  9  9  2  0  16  9  9  9\n")));  // read meanwhile
    BOOST_TEST((before != marks("  10  0  80  1  6  0  48  1  0  1  1  2  0  16  0  0  0\n")));
    BOOST_TEST((before != marks("  10  0  80  1  5  0  40  1  0  1  1  3  0  24  0  0  0\n")));
    BOOST_TEST((marks("1 0 8 1 5 0 40 1 0 1 1\n") == marks("2 0 8 1 5 0 40 1 0 1 1\n")));  // a kernel without discards
}

BOOST_AUTO_TEST_CASE(what_a_capture_reserved_is_given_back_as_far_as_it_was_not_used) {
    SpaceReservations space;
    {
        auto one = space.reserve(100);
        auto other = space.reserve(50);
        one.used(30);
        one.used(1000);
        BOOST_TEST(space.bytes() == 50U);
        one = std::move(other);
        BOOST_TEST(space.bytes() == 50U);
    }
    BOOST_TEST(space.bytes() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
