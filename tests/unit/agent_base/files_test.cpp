#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "agent/base/durable_file.hpp"
#include "agent/base/secret_file.hpp"
#include "tests/support/small_file_system.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(a_durable_file_is_replaced_whole) {
    tests::TemporaryDirectory directory;
    BOOST_REQUIRE(base::writeDurably(directory / "a", "first"));
    BOOST_REQUIRE(base::writeDurably(directory / "a", "second"));
    BOOST_TEST(*base::readWhole(directory / "a") == "second");
    BOOST_TEST((base::readWhole(directory / "b").error().code == base::ErrorCode::NotFound));
}

BOOST_AUTO_TEST_CASE(a_secret_that_everybody_may_read_is_refused) {
    tests::TemporaryDirectory directory;
    tests::writeFile(directory / "secret", "password\n");
    ::chmod((directory / "secret").c_str(), 0644);
    auto refused = base::readSecret(directory / "secret");
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("password") == std::string::npos);
    ::chmod((directory / "secret").c_str(), 0600);
    BOOST_TEST(*base::readSecret(directory / "secret") == "password");
}

BOOST_AUTO_TEST_CASE(a_few_bytes_that_keep_their_room_are_written_on_a_full_disk) {
    const tests::TemporaryDirectory directory;
    const tests::SmallFileSystem disk(directory / "small", "1m");
    if (!disk.mounted()) {
        BOOST_TEST_MESSAGE("skipped: a file system can be mounted by root only");
        return;
    }
    const auto path = disk.path() + "/epoch";
    BOOST_REQUIRE(base::writeKeepingRoom(path, "9\n").has_value());
    disk.fill();
    BOOST_TEST(!base::writeDurably(disk.path() + "/other", "9\n").has_value());  // it is full
    for (const std::string text : {"10\n", "11\n", "1234567890\n", "12\n"}) {
        BOOST_REQUIRE(base::writeKeepingRoom(path, text).has_value());
        BOOST_TEST(base::readWhole(path).value() == text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
