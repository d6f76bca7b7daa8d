#include "agent/image_store/image_store.hpp"
#include "tests/integration/image_store/commands.hpp"

using namespace standin;
using namespace standin::image_store;
namespace fs = std::filesystem;

// A full file system under the images and under a machine's disk. Needs root.

BOOST_AUTO_TEST_SUITE(full_disk)

BOOST_FIXTURE_TEST_CASE(a_capture_for_which_there_is_no_space_is_refused_before_it_begins, ImageFixture) {
    repository.reset();
    SmallFileSystem small(directory / "small", "4m");
    tests::writeFile(directory / "disk", noise(8U << 20, 1));
    ImageStoreSettings settings;
    settings.images_dir = directory / "small/images";
    settings.least_free_bytes = 0;
    settings.disks = {{disk("d"), directory / "disk"}};
    ImageStore store(settings, clock, silent());
    BOOST_REQUIRE(store.start());
    auto refused = store.capture(image("a"), disk("d"));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Refused));
    BOOST_TEST(refused.error().message.find("delete old images") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_draft_that_finds_no_space_says_the_cure_and_leaves_nothing, ImageFixture) {
    repository.reset();
    SmallFileSystem small(directory / "small", "4m");
    auto opened = DirectoryImageRepository::open(directory / "small/images", block, clock, silent());
    BOOST_REQUIRE(opened);
    auto content = noise(block, 1);
    auto draft = (*opened)->create(image("a"), disk("d"), 200 * block);
    BOOST_REQUIRE(draft);
    base::Result<void> written;
    for (std::uint64_t index = 0; index < 200 && written; ++index)
        written = (*draft)->writeBlock(index, std::as_bytes(std::span(content)));
    BOOST_REQUIRE(!written);
    BOOST_TEST(written.error().message.find("free some space") != std::string::npos);
    *draft = nullptr;
    BOOST_TEST((*opened)->list().empty());
    BOOST_TEST(!fs::exists(directory / "small/images/a"));
    BOOST_TEST(*(*opened)->freeBytes() > 3U << 20);
}

BOOST_FIXTURE_TEST_CASE(a_restore_to_a_sparse_disk_that_can_not_grow_fails_with_the_cure, ImageFixture) {
    tests::writeFile(directory / "disk", noise(8U << 20, 1));
    captured("a", directory / "disk");
    SmallFileSystem small(directory / "small", "4m");
    std::ofstream(directory / "small/target").flush();
    fs::resize_file(directory / "small/target", 8U << 20);
    auto done = restored("a", directory / "small/target");
    BOOST_REQUIRE(!done);
    BOOST_TEST(done.error().message.find("free some space") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
