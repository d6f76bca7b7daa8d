#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "agent/base/durable_file.hpp"
#include "agent/base/secret_file.hpp"
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

BOOST_AUTO_TEST_SUITE_END()
