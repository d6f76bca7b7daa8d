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

BOOST_FIXTURE_TEST_CASE(captures_that_fit_one_by_one_but_not_together_are_not_both_begun, ImageFixture) {
    repository.reset();
    SmallFileSystem small(directory / "small", "16m");
    ImageStoreSettings settings;
    settings.images_dir = directory / "small/images";
    settings.least_free_bytes = 0;
    settings.bandwidth_bytes_per_second = 1;  // the first piece passes, then it crawls
    for (const auto* name : {"d", "e"}) {
        tests::writeFile(directory / name, noise(10U << 20, 1));
        settings.disks.push_back({disk(name), directory / name});
    }
    ImageStore store(settings, clock, silent());
    BOOST_REQUIRE(store.start());
    BOOST_REQUIRE(store.capture(image("a"), disk("d")));
    const auto refused = store.capture(image("b"), disk("e"));
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("running captures may need") != std::string::npos);
    BOOST_REQUIRE(store.remove(image("a")));  // what it had reserved is free again
    BOOST_TEST(store.capture(image("b"), disk("e")).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_capture_that_would_leave_less_than_least_free_ends_with_the_cure, ImageFixture) {
    repository.reset();
    SmallFileSystem small(directory / "small", "64m");
    tests::writeFile(directory / "disk", noise(40U << 20, 1));
    ImageStoreSettings settings;
    settings.images_dir = directory / "small/images";
    settings.least_free_bytes = 8U << 20;
    settings.bandwidth_bytes_per_second = 1U << 20;
    settings.disks = {{disk("d"), directory / "disk"}};
    ImageStore store(settings, clock, silent());
    BOOST_REQUIRE(store.start());
    BOOST_REQUIRE(store.capture(image("a"), disk("d")));
    std::ofstream filler(directory / "small/filler");  // another program takes the space meanwhile
    while (fs::space(directory / "small").available >= settings.least_free_bytes)
        filler << noise(1U << 20, 2) << std::flush;
    while (store.image(image("a"))->state == protocol::ImageState::Capturing) std::this_thread::yield();
    const auto failed = store.image(image("a"));
    BOOST_REQUIRE(failed);
    BOOST_TEST(failed->problem.find("least_free") != std::string::npos, failed->problem);
    BOOST_TEST(failed->problem.find("delete old images") != std::string::npos);
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

BOOST_FIXTURE_TEST_CASE(a_store_that_is_read_only_starts_restores_and_says_why_it_captures_nothing, ImageFixture) {
    repository.reset();
    SmallFileSystem small(directory / "small", "16m");
    makeDisk(directory / "disk");
    makeDisk(directory / "target", 30 * block, 7);
    ImageStoreSettings settings;
    settings.images_dir = directory / "small/images";
    settings.state_dir = directory.path();
    settings.least_free_bytes = 0;
    settings.disks = {{disk("d"), directory / "disk"}, {disk("t"), directory / "target"}};
    {
        ImageStore store(settings, clock, silent());
        BOOST_REQUIRE(store.start());
        BOOST_REQUIRE(store.capture(image("a"), disk("d")));
        while (store.image(image("a"))->state == protocol::ImageState::Capturing) std::this_thread::yield();
    }
    BOOST_REQUIRE(run({"mount", "-o", "remount,ro", directory / "small"}));
    for (const bool first : {true, false}) {
        ImageStore store(settings, clock, silent());
        auto started = store.start();
        BOOST_REQUIRE_MESSAGE(started, why(started));
        const base::RestoreId id("r");
        if (!first) BOOST_TEST((store.restores().find(id)->state == protocol::RestoreState::Done));  // remembered
        auto begun = store.restore(id, image("a"), disk("t"));
        BOOST_REQUIRE_MESSAGE(begun, why(begun));
        while (store.restores().find(id)->state < protocol::RestoreState::Done) std::this_thread::yield();
        BOOST_TEST((store.restores().find(id)->state == protocol::RestoreState::Done));
        const auto refused = store.capture(image("b"), disk("d"));
        BOOST_REQUIRE(!refused);
        BOOST_TEST(refused.error().message.find("read-only") != std::string::npos);
        BOOST_TEST(!store.remove(image("a")));
        protocol::Health health;
        store.checkHealth(health);
        BOOST_TEST(!health.ok());
    }
    BOOST_TEST((readFile(directory / "target").substr(0, 20 * block + 512) == readFile(directory / "disk")));
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
