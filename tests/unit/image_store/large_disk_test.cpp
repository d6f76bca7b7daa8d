#include "agent/image_store/images/image_difference.hpp"
#include "agent/image_store/transfers/verification.hpp"
#include "tests/unit/image_store/image_fixture.hpp"

using namespace standin;
using namespace standin::image_store;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t tebibyte = 1ULL << 40;

/// A disk of 1 TiB and a bit with content at its beginning, in its middle and in its last, short block.
struct LargeDisk : ImageFixture {
    std::string path = directory / "disk";
    std::uint64_t middle = 9'000'000;
    std::uint64_t last = tebibyte / block;

    LargeDisk() {
        makeDisk(path, tebibyte + 512);
        overwrite(path, middle * block, noise(2 * block, 7));
        overwrite(path, last * block, noise(512, 8));
    }
    base::Result<protocol::ImageDifference> compared() {
        auto a = repository->open(image("a"));
        auto b = repository->open(image("b"));
        BOOST_REQUIRE(a);
        BOOST_REQUIRE(b);
        return difference(**a, **b);
    }
    std::string at(const std::string& file, std::uint64_t offset, std::size_t bytes) const {
        std::ifstream in(file, std::ios::binary);
        in.seekg(static_cast<std::streamoff>(offset));
        std::string text(bytes, '\0');
        in.read(text.data(), static_cast<std::streamsize>(bytes));
        BOOST_TEST(in.gcount() == static_cast<std::streamsize>(bytes));
        return text;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(large_disk, LargeDisk)

BOOST_AUTO_TEST_CASE(the_manifest_of_a_disk_is_as_large_as_what_the_disk_holds) {
    const auto manifest = captured("a", path);
    BOOST_TEST(manifest.data_blocks == 6U);
    BOOST_TEST(manifest.runs == 4U);
    BOOST_TEST(fs::file_size(file("a", "manifest")) == manifest_header_bytes + 6 * 32 + 4 * 16);
    reopen();
    auto content = repository->open(image("a"));
    BOOST_REQUIRE_MESSAGE(content, why(content));
    BOOST_TEST((*content)->proveTable().has_value());
    BOOST_TEST((*content)->nextCandidate(0) == 0U);
    BOOST_TEST((*content)->nextCandidate(1) == 2U);
    BOOST_TEST((*content)->nextCandidate(3) == 3U);
    BOOST_TEST((*content)->nextCandidate(4) == middle);
    BOOST_TEST((*content)->nextCandidate(middle + 2) == last);
    BOOST_TEST((*content)->nextCandidate(last + 1) == last + 1);
    std::vector<Checksum> rows(6);  // from zeros over content into zeros
    BOOST_REQUIRE((*content)->readChecksums(middle - 2, rows));
    BOOST_TEST((rows[0] == checksumOfZeros(block) && rows[1] == rows[0] && rows[4] == rows[0] && rows[5] == rows[0]));
    const auto bytes = at(path, (middle + 1) * block, block);
    BOOST_TEST((rows[3] == checksumOf(std::as_bytes(std::span(bytes)))));
    std::vector<std::byte> tail(512);
    BOOST_TEST((*content)->readBlock(last, tail).has_value());
    BOOST_TEST(std::memcmp(tail.data(), at(path, last * block, 512).data(), tail.size()) == 0);
}

BOOST_AUTO_TEST_CASE(large_images_are_compared_block_by_block_and_by_size) {
    const auto a = captured("a", path);
    BOOST_TEST((captured("b", path).checksum == a.checksum));
    BOOST_TEST(compared()->equal);
    BOOST_REQUIRE(repository->remove(image("b")));
    flip(path, middle * block);                    // changed
    overwrite(path, 77 * block, "new");            // only in one
    overwrite(path, 0, std::string(block, '\0'));  // only in the other
    captured("b", path);
    auto result = compared();
    BOOST_REQUIRE_MESSAGE(result, why(result));
    BOOST_TEST(!result->equal);
    BOOST_TEST(result->blocks == 3U);
    BOOST_REQUIRE(repository->remove(image("b")));
    fs::resize_file(path, (last + 3) * block);
    overwrite(path, 0, noise(block, 1));
    captured("b", path);
    result = compared();
    BOOST_REQUIRE_MESSAGE(result, why(result));
    BOOST_TEST(result->blocks == 2U + 3U);  // of two blocks the content, and what only the larger one has
}

BOOST_AUTO_TEST_CASE(a_damaged_table_or_list_of_runs_is_corrupt) {
    captured("a", path);
    for (const std::uint64_t at : {std::uint64_t{3 * 32}, std::uint64_t{6 * 32}, std::uint64_t{6 * 32 + 16 + 8}}) {
        flip(file("a", "manifest"), manifest_header_bytes + at);
        auto content = repository->open(image("a"));
        const auto proven = content ? (*content)->proveTable() : base::failure(content.error());
        BOOST_REQUIRE(!proven);
        BOOST_TEST((proven.error().code == base::ErrorCode::Corrupt));
        flip(file("a", "manifest"), manifest_header_bytes + at);
    }
    fs::resize_file(file("a", "manifest"), manifest_header_bytes + 6 * 32 + 3 * 16);
    BOOST_TEST((repository->open(image("a")).error().code == base::ErrorCode::Corrupt));
}

BOOST_AUTO_TEST_CASE(a_large_image_is_verified_and_restored) {
    captured("a", path);
    {
        auto content = repository->open(image("a"));
        TransferWatch watch(clock, throttle);
        const auto damage = verify(**content, watch, [] {});
        BOOST_REQUIRE_MESSAGE(damage, why(damage));
        BOOST_TEST(damage->blocks == 0U);
    }
    const auto target = directory / "target";
    std::ofstream(target).flush();
    fs::resize_file(target, tebibyte + 5 * block);
    overwrite(target, 100 * block, "not of the image");
    overwrite(target, tebibyte + 3 * block, "behind the image");
    const auto done = restored("a", target);
    BOOST_REQUIRE_MESSAGE(done, why(done));
    for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{100}, middle, middle + 1})
        BOOST_TEST((at(target, index * block, block) == at(path, index * block, block)));
    BOOST_TEST((at(target, last * block, 512) == at(path, last * block, 512)));
    BOOST_TEST((at(target, last * block + 512, 4 * block) == std::string(4 * block, '\0')));
}

BOOST_AUTO_TEST_SUITE_END()
