#include <sys/file.h>

#include "tests/unit/image_store/image_fixture.hpp"

using namespace standin;
using namespace standin::image_store;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(restoring)

BOOST_FIXTURE_TEST_CASE(a_restored_disk_is_equal_to_the_captured_one_and_its_rest_is_zero, ImageFixture) {
    auto source = readFile(makeDisk(directory / "disk"));
    captured("a", directory / "disk");
    tests::writeFile(directory / "target", noise(source.size() + 3 * block + 100, 9));
    auto done = restored("a", directory / "target");
    BOOST_REQUIRE_MESSAGE(done, why(done));
    auto target = readFile(directory / "target");
    BOOST_TEST((target.substr(0, source.size()) == source));
    BOOST_TEST((target.substr(source.size()) == std::string(3 * block + 100, '\0')));
}

BOOST_FIXTURE_TEST_CASE(blocks_that_the_disk_has_already_are_not_written, ImageFixture) {
    const auto source = noise(40 * block + 512, 5);  // nothing to zero, which would count as writing
    tests::writeFile(directory / "disk", source);
    captured("a", directory / "disk");
    const auto target = directory / "target";
    tests::writeFile(target, noise(source.size(), 9));
    BOOST_REQUIRE(restored("a", target));
    const auto long_ago = fs::last_write_time(target) - std::chrono::hours(1);
    fs::last_write_time(target, long_ago);
    BOOST_REQUIRE(restored("a", target));
    BOOST_TEST((fs::last_write_time(target) == long_ago));
    flip(target, 40 * block + 511);
    flip(target, 17 * block);
    flip(target, 18 * block + 3);
    BOOST_REQUIRE(restored("a", target));
    BOOST_TEST((readFile(target) == source));
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_has_some_of_the_image_anywhere_becomes_equal, ImageFixture) {
    auto source = noise(100 * block, 5);
    for (const std::size_t hole : {3U, 4U, 50U, 99U}) source.replace(hole * block, block, block, '\0');
    tests::writeFile(directory / "disk", source);
    captured("a", directory / "disk");
    auto target = noise(101 * block, 9);
    for (std::size_t i = 0; i < 100; ++i) {
        if (i % 7 < 3) target.replace(i * block, block, source, i * block, block);
    }
    tests::writeFile(directory / "target", target);
    BOOST_REQUIRE(restored("a", directory / "target"));
    BOOST_TEST((readFile(directory / "target") == source + std::string(block, '\0')));
}

namespace {

/// A clock that changes a file while a restore reads its disk back.
struct TamperingClock : base::Clock {
    base::SystemClock real;
    const TransferWatch* watch = nullptr;
    std::function<void()> tamper;
    [[nodiscard]] base::WallTime wall() const override { return real.wall(); }
    [[nodiscard]] base::SteadyTime steady() const override {
        if (watch != nullptr && watch->readingBack()) tamper();
        return real.steady();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_zeroed_rest_of_a_larger_disk_is_read_back, ImageFixture) {
    makeDisk(directory / "disk");
    captured("a", directory / "disk");
    tests::writeFile(directory / "target", noise(40 * block, 9));
    auto content = repository->open(image("a"));
    auto access = DiskAccess::open({disk("target"), directory / "target"}, DiskAccess::Purpose::Write);
    BOOST_REQUIRE(access);
    TamperingClock tampering;
    TransferWatch watch(tampering, throttle);
    tampering.watch = &watch;
    tampering.tamper = [&] { overwrite(directory / "target", 40 * block - 1, "x"); };
    const auto done = restore(**content, *access, watch);
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::Corrupt));
    BOOST_TEST(done.error().message.find("replace the disk") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(restoring_twice_is_the_same_as_once, ImageFixture) {
    auto source = readFile(makeDisk(directory / "disk"));
    captured("a", directory / "disk");
    tests::writeFile(directory / "target", noise(source.size(), 9));
    BOOST_REQUIRE(restored("a", directory / "target"));
    BOOST_REQUIRE(restored("a", directory / "target"));
    BOOST_TEST((readFile(directory / "target") == source));
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_is_too_small_is_no_disk_for_the_image_however_often_it_is_tried_and_stays_untouched,
                        ImageFixture) {
    makeDisk(directory / "disk");
    captured("a", directory / "disk");
    auto before = noise(20 * block, 9);  // 512 bytes short
    tests::writeFile(directory / "target", before);
    auto done = restored("a", directory / "target");
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::InvalidInput));
    BOOST_TEST(done.error().message.find("nothing was written") != std::string::npos);
    BOOST_TEST((readFile(directory / "target") == before));
}

BOOST_FIXTURE_TEST_CASE(a_disk_with_other_sectors_is_no_disk_for_the_image_and_stays_untouched, ImageFixture) {
    makeDisk(directory / "disk");
    auto manifest = captured("a", directory / "disk");
    auto access = DiskAccess::open({disk("target"), directory / "disk"}, DiskAccess::Purpose::Write);
    BOOST_REQUIRE(access);
    BOOST_TEST(access->sectorBytes() == 512U);
    for (const std::uint32_t sectors : {0U, 512U, 4096U}) {  // 0: an image of an earlier release
        manifest.sector_bytes = sectors;
        BOOST_TEST(decodeHeader(encodeHeader(manifest)).value().sector_bytes == sectors);
        const auto fits = checkFits(manifest, *access);
        BOOST_TEST(fits.has_value() == (sectors != 4096U));
        BOOST_TEST((fits || fits.error().code == base::ErrorCode::InvalidInput));
    }
}

BOOST_FIXTURE_TEST_CASE(a_damaged_block_ends_the_restore_before_it_gets_to_the_disk, ImageFixture) {
    makeDisk(directory / "disk");
    captured("a", directory / "disk");
    flip(file("a", "content"), 3 * block + 5);
    tests::writeFile(directory / "target", std::string(21 * block, 'x'));
    auto done = restored("a", directory / "target");
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::Corrupt));
    BOOST_TEST(done.error().message.find("block 3") != std::string::npos);
    BOOST_TEST((readFile(directory / "target").substr(3 * block, block) == std::string(block, 'x')));
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_transfer_ends_and_says_so, ImageFixture) {
    makeDisk(directory / "disk");
    captured("a", directory / "disk");
    makeDisk(directory / "target");
    auto content = repository->open(image("a"));
    auto access = DiskAccess::open({disk("target"), directory / "target"}, DiskAccess::Purpose::Write);
    BOOST_REQUIRE(access);
    TransferWatch watch(clock, throttle);
    watch.cancel();
    auto done = restore(**content, *access, watch);
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::Refused));
}

BOOST_FIXTURE_TEST_CASE(cancelling_does_not_wait_for_the_throttle, ImageFixture) {
    makeDisk(directory / "disk");
    captured("a", directory / "disk");
    makeDisk(directory / "target");
    auto content = repository->open(image("a"));
    auto access = DiskAccess::open({disk("target"), directory / "target"}, DiskAccess::Purpose::Write);
    Throttle a_byte_a_second(1);
    TransferWatch watch(clock, a_byte_a_second);
    std::jthread canceller([&] {
        while (watch.progress().done_bytes == 0) std::this_thread::yield();
        watch.cancel();
    });
    BOOST_TEST(!restore(**content, *access, watch).has_value());
}

BOOST_FIXTURE_TEST_CASE(progress_ends_at_its_total, ImageFixture) {
    makeDisk(directory / "disk");
    captured("a", directory / "disk");
    makeDisk(directory / "target");
    auto content = repository->open(image("a"));
    auto access = DiskAccess::open({disk("target"), directory / "target"}, DiskAccess::Purpose::Write);
    TransferWatch watch(clock, throttle);
    BOOST_REQUIRE(restore(**content, *access, watch));
    BOOST_TEST(watch.progress().total_bytes == 6 * block);
    BOOST_TEST(watch.progress().done_bytes == 6 * block);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(disk_access)

BOOST_FIXTURE_TEST_CASE(a_disk_that_is_not_there_is_not_made, ImageFixture) {
    auto access = DiskAccess::open({disk("d"), directory / "nothing"}, DiskAccess::Purpose::Write);
    BOOST_REQUIRE(!access);
    BOOST_TEST((access.error().code == base::ErrorCode::NotFound));
    BOOST_TEST(!fs::exists(directory / "nothing"));
}

BOOST_FIXTURE_TEST_CASE(a_directory_or_a_pipe_is_no_disk, ImageFixture) {
    BOOST_REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
    for (const auto& path : {directory.path(), directory / "pipe", std::string("/dev/null")}) {
        auto access = DiskAccess::open({disk("d"), path}, DiskAccess::Purpose::Write);
        BOOST_REQUIRE(!access);
        BOOST_TEST((access.error().code == base::ErrorCode::InvalidInput));
    }
}

BOOST_FIXTURE_TEST_CASE(one_disk_has_one_user_under_whatever_name, ImageFixture) {
    makeDisk(directory / "disk");
    fs::create_symlink(directory / "disk", directory / "other");
    for (auto purpose : {DiskAccess::Purpose::Read, DiskAccess::Purpose::Write}) {
        auto first = DiskAccess::open({disk("d"), directory / "disk"}, purpose);
        BOOST_REQUIRE(first);
        BOOST_TEST(lookAt({disk("d"), directory / "disk"}).in_use);
        for (auto second : {DiskAccess::Purpose::Read, DiskAccess::Purpose::Write}) {
            auto access = DiskAccess::open({disk("e"), directory / "other"}, second);
            BOOST_REQUIRE(!access);
            BOOST_TEST((access.error().code == base::ErrorCode::Refused));
        }
    }
    BOOST_TEST(!lookAt({disk("d"), directory / "disk"}).in_use);
    BOOST_TEST(DiskAccess::open({disk("e"), directory / "other"}, DiskAccess::Purpose::Write).has_value());
}

// The locks of QEMU 7.2 on an image that it writes: shared on 'consistent read' and 'write', and on the shares it does
// not give.
BOOST_FIXTURE_TEST_CASE(a_disk_locked_as_qemu_locks_it_is_refused_for_reading_and_for_writing, ImageFixture) {
    makeDisk(directory / "disk");
    auto qemu = OpenFile::open(directory / "disk", O_RDWR);
    for (off_t byte : {100, 101, 201, 203}) {
        struct flock lock {};
        lock.l_type = F_RDLCK;
        lock.l_whence = SEEK_SET;
        lock.l_start = byte;
        lock.l_len = 1;
        BOOST_REQUIRE(::fcntl(qemu->descriptor(), F_OFD_SETLK, &lock) == 0);
    }
    for (auto purpose : {DiskAccess::Purpose::Read, DiskAccess::Purpose::Write}) {
        auto access = DiskAccess::open({disk("d"), directory / "disk"}, purpose);
        BOOST_REQUIRE(!access);
        BOOST_TEST((access.error().code == base::ErrorCode::Refused));
        BOOST_TEST(access.error().message.find("running machine") != std::string::npos);
    }
    *qemu = OpenFile();
    BOOST_TEST(DiskAccess::open({disk("d"), directory / "disk"}, DiskAccess::Purpose::Write).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
