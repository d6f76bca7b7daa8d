#include "agent/image_store/images/image_directory.hpp"
#include "tests/unit/image_store/store_fixture.hpp"

using namespace standin;
using namespace standin::image_store;
using protocol::ImageState;
namespace fs = std::filesystem;

namespace {

struct StartFixture : StoreFixture {
    StartFixture() {
        fs::create_directories(directory / "state");
        settings.state_dir = directory / "state";
        restart();
        captured("a");
        store.reset();
    }
    base::Result<void> started() {
        store.reset();  // one at a time
        store = std::make_unique<ImageStore>(settings, clock, silent());
        return store->start();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(store_start, StartFixture)

BOOST_AUTO_TEST_CASE(a_store_whose_volume_is_not_mounted_does_not_start_as_an_empty_one) {
    fs::rename(directory / "images", directory / "volume");
    for (const bool mount_point : {false, true}) {
        if (mount_point) fs::create_directory(directory / "images");
        const auto refused = started();
        BOOST_REQUIRE(!refused);
        BOOST_TEST((refused.error().code == base::ErrorCode::WrongState));
        BOOST_TEST(refused.error().message.find("mount its volume") != std::string::npos, refused.error().message);
        BOOST_TEST(fs::exists(directory / "images") == mount_point);  // nothing was made in its place
    }
    BOOST_TEST(fs::is_empty(directory / "images"));
    fs::remove(directory / "images");
    fs::rename(directory / "volume", directory / "images");
    BOOST_REQUIRE(started());
    BOOST_TEST((store->image(image("a"))->state == ImageState::Ready));
}

BOOST_AUTO_TEST_CASE(another_store_at_the_same_path_is_refused_until_an_operator_agrees) {
    fs::rename(directory / "images", directory / "volume");
    fs::create_directory(directory / "images");
    tests::writeFile(directory / "images/.store", "0123\n");
    const auto refused = started();
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("another id") != std::string::npos, refused.error().message);
    fs::remove(directory / "state/image_store");
    BOOST_TEST(started().has_value());
    BOOST_TEST(readFile(directory / "state/image_store") == "0123\n" + settings.images_dir + "\n");
}

BOOST_AUTO_TEST_CASE(a_store_of_an_earlier_release_and_one_that_moved_are_taken_over) {
    fs::remove(directory / "state/image_store");
    fs::remove(directory / "images/.store");
    BOOST_REQUIRE(started());
    BOOST_TEST(readFile(directory / "images/.store").size() == 33U);
    store.reset();
    fs::rename(directory / "images", directory / "elsewhere");
    settings.images_dir = directory / "elsewhere";
    BOOST_REQUIRE(started());
    BOOST_TEST((store->image(image("a"))->state == ImageState::Ready));
}

BOOST_AUTO_TEST_CASE(an_interrupted_capture_is_reported_with_its_disk_and_may_be_repeated) {
    const ImageDirectory half{directory / "images/b"};
    {
        auto repository = DirectoryImageRepository::open(directory / "images", block, clock, silent());
        BOOST_REQUIRE(repository);
        auto draft = (*repository)->create(image("b"), disk("server01"), 20 * block + 512);
        BOOST_REQUIRE(draft);
        fs::copy(half.path, directory / "crashed");  // as a crash leaves it
    }
    fs::copy(directory / "crashed", half.path);
    BOOST_REQUIRE(started());
    const auto interrupted = store->image(image("b"));
    BOOST_REQUIRE(interrupted);
    BOOST_TEST((interrupted->state == ImageState::Failed));
    BOOST_TEST((interrupted->disk == disk("server01")));
    BOOST_TEST(interrupted->problem.find("interrupted") != std::string::npos, interrupted->problem);
    BOOST_TEST(!half.exists());
    BOOST_TEST((captured("b").state == ImageState::Ready));
}

BOOST_AUTO_TEST_CASE(an_interrupted_removal_is_not_taken_for_a_capture) {
    fs::rename(directory / "images/a/manifest", directory / "images/a/manifest.partial");
    BOOST_REQUIRE(started());
    BOOST_TEST((store->image(image("a")).error().code == base::ErrorCode::NotFound));
}

BOOST_AUTO_TEST_SUITE_END()
