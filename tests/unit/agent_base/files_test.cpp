#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <functional>
#include <future>
#include <map>

#include "agent/base/durable_file.hpp"
#include "agent/base/regular_file.hpp"
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

namespace {

/// What is no file, at this path.
const std::map<std::string, std::function<void(const std::string&)>> no_files{
    {"a named pipe", [](const std::string& path) { ::mkfifo(path.c_str(), 0600); }},
    {"a directory", [](const std::string& path) { std::filesystem::create_directory(path); }},
    {"a device", [](const std::string& path) { std::filesystem::create_symlink("/dev/zero", path); }},
};

}  // namespace

// A reader that waits for a pipe's writer would hang the start of its program.
BOOST_AUTO_TEST_CASE(what_is_no_file_is_refused_at_once_by_readers_and_writers, *boost::unit_test::timeout(60)) {
    for (const auto& [kind, make] : no_files) {
        const tests::TemporaryDirectory directory;
        make(directory / "state");
        make(directory / "state.spare");
        make(directory / "other.new");
        for (const auto& refused :
             {base::readWhole(directory / "state").error(), base::readSecret(directory / "state").error(),
              base::writeKeepingRoom(directory / "state", "1").error(),
              base::writeDurably(directory / "other", "1").error(),
              base::openRegular(directory / "state", O_RDWR | O_CREAT).error()}) {
            BOOST_TEST(
                refused.message.find("is " + kind + ", where a file has to be; move it away") != std::string::npos,
                refused.message);
        }
        BOOST_TEST((base::readWhole(directory / "state").error().code == base::ErrorCode::Corrupt));
    }
}

BOOST_AUTO_TEST_CASE(links_to_files_and_the_kernels_own_files_are_read) {
    const tests::TemporaryDirectory directory;
    tests::writeFile(directory / "file", "text");
    std::filesystem::create_symlink("file", directory / "link");
    std::filesystem::create_symlink("gone", directory / "dangling");
    BOOST_TEST(base::readWhole(directory / "link").value() == "text");
    BOOST_TEST((base::readWhole(directory / "dangling").error().code == base::ErrorCode::NotFound));
    BOOST_TEST(base::readWhole("/proc/meminfo").value().starts_with("MemTotal"));
}

BOOST_AUTO_TEST_CASE(what_a_person_names_may_be_a_pipe, *boost::unit_test::timeout(60)) {
    const tests::TemporaryDirectory directory;
    ::mkfifo((directory / "pipe").c_str(), 0600);
    BOOST_TEST(base::readGiven(directory / "pipe").value() == "");  // with nobody at its other end
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const base::FileDescriptor out(ends[0]);
    base::FileDescriptor in(ends[1]);
    const auto path = "/dev/fd/" + std::to_string(out.get());
    auto read = std::async(std::launch::async, [&] { return base::readGiven(path); });
    BOOST_REQUIRE(::write(in.get(), "text", 4) == 4);
    in.reset();
    BOOST_TEST(read.get().value() == "text");
    BOOST_TEST((base::readGiven("/dev/zero", 1000).error().code == base::ErrorCode::Corrupt));
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
