#include "agent/image_store/images/image_difference.hpp"
#include "tests/unit/image_store/image_fixture.hpp"

using namespace standin;
using namespace standin::image_store;

namespace {

struct TwoImages : ImageFixture {
    base::Result<protocol::ImageDifference> compared() {
        auto a = repository->open(image("a"));
        auto b = repository->open(image("b"));
        BOOST_REQUIRE(a);
        BOOST_REQUIRE(b);
        return difference(**a, **b);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(image_difference)

BOOST_FIXTURE_TEST_CASE(two_captures_of_an_unchanged_disk_do_not_differ, TwoImages) {
    makeDisk(directory / "disk");
    captured("a", directory / "disk");
    captured("b", directory / "disk");
    auto result = compared();
    BOOST_REQUIRE(result);
    BOOST_TEST(result->equal);
    BOOST_TEST(result->blocks == 0U);
}

BOOST_FIXTURE_TEST_CASE(each_changed_block_is_counted_once_and_the_last_with_its_own_length, TwoImages) {
    makeDisk(directory / "disk");
    captured("a", directory / "disk");
    flip(directory / "disk", 5);
    flip(directory / "disk", 99);
    flip(directory / "disk", 8 * block);
    flip(directory / "disk", 20 * block + 511);
    captured("b", directory / "disk");
    auto result = compared();
    BOOST_REQUIRE(result);
    BOOST_TEST(!result->equal);
    BOOST_TEST(result->blocks == 3U);
    BOOST_TEST(result->bytes == 2 * block + 512);
}

BOOST_FIXTURE_TEST_CASE(what_only_the_larger_disk_has_differs_in_either_order, TwoImages) {
    captured("a", makeDisk(directory / "disk", 20 * block));
    captured("b", makeDisk(directory / "larger", 23 * block));
    auto result = compared();
    BOOST_REQUIRE(result);
    BOOST_TEST(!result->equal);
    BOOST_TEST(result->blocks == 3U);
    auto a = repository->open(image("a"));
    auto b = repository->open(image("b"));
    BOOST_TEST(difference(**b, **a)->blocks == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_table_of_more_than_one_piece_is_compared_to_its_end, TwoImages) {
    captured("a", makeDisk(directory / "disk", 9000 * block));
    flip(directory / "disk", 8999 * block);
    captured("b", directory / "disk");
    BOOST_TEST(compared()->blocks == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_damaged_table_is_told_instead_of_a_difference, TwoImages) {
    makeDisk(directory / "disk");
    captured("a", directory / "disk");
    flip(directory / "disk", 0);
    captured("b", directory / "disk");
    flip(file("b", "manifest"), manifest_header_bytes + 32 * 6);
    auto result = compared();
    BOOST_REQUIRE(!result);
    BOOST_TEST((result.error().code == base::ErrorCode::Corrupt));
    BOOST_TEST(result.error().message.find("'b'") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(images_of_different_block_sizes_are_not_compared, TwoImages) {
    makeDisk(directory / "disk");
    captured("a", directory / "disk");
    repository.reset();
    repository = std::move(*DirectoryImageRepository::open(images, 2 * block, clock, silent()));
    auto draft = repository->create(image("b"), disk("d"), 4 * block);
    BOOST_REQUIRE((*draft)->commit());
    *draft = nullptr;
    BOOST_TEST((compared().error().code == base::ErrorCode::InvalidInput));
}

BOOST_AUTO_TEST_SUITE_END()
