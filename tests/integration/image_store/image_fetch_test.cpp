#include "agent/image_store/images/image_fetch.hpp"

#include "tests/integration/image_store/store_agent.hpp"

using namespace standin;
using namespace standin::image_store;
namespace fs = std::filesystem;

namespace {

struct FetchFixture : StoreAgent {
    std::string target = directory / "disk.raw";
    std::atomic<bool> stopping = false;
    protocol::Progress last;
    std::unique_ptr<protocol::AgentClient> host = connect(authority.issue("vmhost1"));

    FetchFixture() { captured("a"); }
    base::Result<void> fetched(const std::string& id = "a") {
        return fetchImage(
            *host, {image(id), target, std::chrono::seconds(10)}, [this](const protocol::Progress& now) { last = now; },
            stopping);
    }
    [[nodiscard]] bool complete() const {
        return readFile(target) == readFile(directory / "server01") && !fs::exists(target + ".fetch");
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fetching)

BOOST_FIXTURE_TEST_CASE(a_fetched_file_is_equal_to_the_disk_and_as_sparse, FetchFixture) {
    auto done = fetched();
    BOOST_REQUIRE_MESSAGE(done, why(done));
    BOOST_TEST(complete());
    BOOST_TEST(allocated(target) <= 4 * block);
    BOOST_TEST(last.done_bytes == 3 * block);
    BOOST_TEST(last.total_bytes == 3 * block);
}

BOOST_FIXTURE_TEST_CASE(an_image_larger_than_any_buffer_is_fetched_right, FetchFixture) {
    tests::writeFile(directory / "server01", noise(37 * (1U << 20) + 4321, 3));
    captured("large");
    BOOST_REQUIRE(fetched("large"));
    BOOST_TEST(complete());
}

BOOST_FIXTURE_TEST_CASE(a_large_disk_with_little_content_is_fetched_by_its_runs, FetchFixture) {
    const std::uint64_t size = (1ULL << 38) + 512;
    fs::resize_file(directory / "server01", size);
    overwrite(directory / "server01", size - 100, "the end");
    captured("large");
    BOOST_REQUIRE(fetched("large"));
    BOOST_TEST(fs::file_size(target) == size);
    BOOST_TEST(last.done_bytes == last.total_bytes);
    BOOST_TEST(allocated(target) <= 6 * block);
    for (const std::uint64_t at : {std::uint64_t{0}, 3 * block, size - 512}) {
        std::ifstream is(target, std::ios::binary);
        std::ifstream was(directory / "server01", std::ios::binary);
        std::string here(512, '\0');
        std::string there(512, '\0');
        is.seekg(static_cast<std::streamoff>(at)).read(here.data(), 512);
        was.seekg(static_cast<std::streamoff>(at)).read(there.data(), 512);
        BOOST_TEST((here == there));
    }
}

BOOST_FIXTURE_TEST_CASE(what_stood_in_the_file_before_is_gone, FetchFixture) {
    tests::writeFile(target, noise(200 * block, 8));
    BOOST_REQUIRE(fetched());
    BOOST_TEST(complete());
}

BOOST_FIXTURE_TEST_CASE(fetching_again_gives_the_same, FetchFixture) {
    BOOST_REQUIRE(fetched());
    BOOST_REQUIRE(fetched());
    BOOST_TEST(complete());
}

BOOST_FIXTURE_TEST_CASE(an_image_that_is_not_there_is_not_found_and_leaves_nothing, FetchFixture) {
    auto done = fetched("b");
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::NotFound), done.error().message);
    BOOST_TEST(!fs::exists(target));
    BOOST_TEST(!fs::exists(target + ".fetch.new"));
}

BOOST_FIXTURE_TEST_CASE(a_store_that_is_down_is_unreachable, FetchFixture) {
    stop();
    auto done = fetched();
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::Unreachable), done.error().message);
}

BOOST_FIXTURE_TEST_CASE(a_block_damaged_in_the_store_is_named_as_corrupt_and_nothing_wrong_is_written, FetchFixture) {
    flip(directory / "images/a/content", 3 * block + 9);
    auto done = fetched();
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::Corrupt), done.error().message);
    BOOST_TEST(done.error().message.find("block 3") != std::string::npos);
    BOOST_TEST((readFile(target).substr(3 * block, block) == std::string(block, '\0')));
}

BOOST_FIXTURE_TEST_CASE(a_damaged_table_is_corrupt_before_anything_is_written, FetchFixture) {
    flip(directory / "images/a/manifest", manifest_header_bytes + 32 * 80);
    auto done = fetched();
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::Corrupt), done.error().message);
    BOOST_TEST(!fs::exists(target));
}

BOOST_FIXTURE_TEST_CASE(a_fetch_goes_on_where_an_interrupted_one_ended, FetchFixture) {
    flip(directory / "images/a/content", 3 * block + 9);
    BOOST_REQUIRE(!fetched());
    BOOST_REQUIRE(fs::exists(target + ".fetch"));
    flip(directory / "images/a/content", 3 * block + 9);
    flip(directory / "images/a/content", 9);  // never asked for again, so never noticed
    auto done = fetched();
    BOOST_REQUIRE_MESSAGE(done, why(done));
    BOOST_TEST(complete());
}

BOOST_FIXTURE_TEST_CASE(a_block_that_was_lost_in_a_crash_is_fetched_again, FetchFixture) {
    flip(directory / "images/a/content", 3 * block + 9);
    BOOST_REQUIRE(!fetched());
    flip(directory / "images/a/content", 3 * block + 9);
    overwrite(target, 2 * block, std::string(block, '\0'));
    BOOST_REQUIRE(fetched());
    BOOST_TEST(complete());
}

BOOST_FIXTURE_TEST_CASE(the_rest_of_another_image_does_not_survive_in_the_file, FetchFixture) {
    flip(directory / "images/a/content", 3 * block + 9);
    BOOST_REQUIRE(!fetched());
    tests::writeFile(directory / "server01", std::string(100 * block + 512, '\0'));
    overwrite(directory / "server01", 3 * block, noise(block, 4));
    captured("b");
    BOOST_REQUIRE(fetched("b"));
    BOOST_TEST(complete());
}

BOOST_FIXTURE_TEST_CASE(a_fetch_that_is_stopped_says_so_and_can_be_resumed, FetchFixture) {
    tests::writeFile(directory / "server01", noise(8U << 20, 3));
    captured("large");
    auto done = fetchImage(
        *host, {image("large"), target, std::chrono::seconds(10)},
        [this](const protocol::Progress&) { stopping = true; }, stopping);
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::Refused));
    stopping = false;
    BOOST_REQUIRE(fetched("large"));
    BOOST_TEST(complete());
}

BOOST_FIXTURE_TEST_CASE(an_image_is_not_deleted_while_it_is_fetched, FetchFixture) {
    tests::writeFile(directory / "server01", noise(64U << 20, 3));
    captured("large");
    base::ErrorCode seen{};
    bool asked = false;
    auto done = fetchImage(
        *host, {image("large"), target, std::chrono::seconds(10)},
        [&](const protocol::Progress& now) {
            if (asked || now.done_bytes == now.total_bytes) return;
            asked = true;
            if (auto removed = remove("/v1/images/large"); !removed) seen = removed.error().code;
        },
        stopping);
    BOOST_REQUIRE_MESSAGE(done, why(done));
    BOOST_REQUIRE(asked);
    BOOST_TEST((seen == base::ErrorCode::Conflict));
    BOOST_TEST(complete());
}

BOOST_FIXTURE_TEST_CASE(a_target_that_can_not_be_written_ends_the_fetch_with_an_error, FetchFixture) {
    fs::create_symlink("/dev/full", target);
    auto done = fetched();
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == base::ErrorCode::Internal), done.error().message);
}

BOOST_AUTO_TEST_SUITE_END()
