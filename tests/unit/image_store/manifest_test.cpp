#include <cstring>

#include "agent/image_store/images/image_manifest.hpp"
#include "tests/unit/image_store/image_fixture.hpp"

using namespace standin;
using namespace standin::image_store;

namespace {

ImageManifest someManifest() {
    return {image("i1"),
            disk("server01"),
            base::WallTime(std::chrono::microseconds(1'700'000'000'123'456)),
            10 * block + 1,
            block,
            3,
            checksumOfZeros(5)};
}

std::string problemOf(const std::vector<std::byte>& header) {
    auto decoded = decodeHeader(header);
    BOOST_REQUIRE(!decoded);
    BOOST_TEST((decoded.error().code == base::ErrorCode::Corrupt));
    return decoded.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(manifest)

BOOST_AUTO_TEST_CASE(sha256_is_that_of_the_standard) {
    BOOST_TEST(hexOf(checksumOf(std::as_bytes(std::span("abc", 3)))) ==
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(a_checksum_survives_hexadecimal_and_nothing_else_passes_for_one) {
    auto checksum = checksumOfZeros(7);
    auto read = checksumFromHex(hexOf(checksum));
    BOOST_REQUIRE(read);
    BOOST_TEST((*read == checksum));
    BOOST_TEST(!checksumFromHex(""));
    BOOST_TEST(!checksumFromHex(std::string(63, 'a')));
    BOOST_TEST(!checksumFromHex(std::string(63, 'a') + "G"));
    BOOST_TEST(!checksumFromHex(std::string(63, 'a') + "A"));
}

BOOST_AUTO_TEST_CASE(one_byte_that_is_not_zero_is_seen_wherever_it_stands) {
    for (std::size_t size : {1U, 15U, 16U, 17U, 4096U}) {
        std::vector<std::byte> bytes(size);
        BOOST_TEST(allZero(bytes));
        for (std::size_t at = 0; at < size; ++at) {
            bytes[at] = std::byte{0x80};
            BOOST_TEST(!allZero(bytes));
            bytes[at] = std::byte{0};
        }
    }
    BOOST_TEST(allZero({}));
}

BOOST_AUTO_TEST_CASE(a_header_is_read_as_it_was_written) {
    auto written = someManifest();
    auto header = encodeHeader(written);
    BOOST_TEST(header.size() == manifest_header_bytes);
    auto read = decodeHeader(header);
    BOOST_REQUIRE(read);
    BOOST_TEST((read->id == written.id && read->disk == written.disk && read->created_at == written.created_at));
    BOOST_TEST(read->size_bytes == written.size_bytes);
    BOOST_TEST(read->block_size_bytes == written.block_size_bytes);
    BOOST_TEST(read->data_blocks == written.data_blocks);
    BOOST_TEST((read->checksum == written.checksum));
    BOOST_TEST(read->blocks() == 11U);
    BOOST_TEST(read->bytesOf(9) == block);
    BOOST_TEST(read->bytesOf(10) == 1U);
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_of_a_header_goes_unseen) {
    const auto good = encodeHeader(someManifest());
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int bit = 0; bit < 8; bit += 3) {
            auto bad = good;
            bad[at] ^= static_cast<std::byte>(1 << bit);
            BOOST_REQUIRE_MESSAGE(!decodeHeader(bad), "byte " << at << " bit " << bit);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_shortened_header_is_taken_for_a_whole_one) {
    const auto good = encodeHeader(someManifest());
    for (std::size_t size : {0U, 1U, 15U, 16U, 80U, 200U, 4095U}) {
        BOOST_TEST(problemOf({good.begin(), good.begin() + static_cast<long>(size)}).find("it ends after") !=
                   std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_manifest_or_a_newer_one_is_told_as_such) {
    std::vector<std::byte> header(manifest_header_bytes);
    BOOST_TEST(problemOf(header).find("does not begin") != std::string::npos);
    std::memcpy(header.data(), "standin-image 3 ", 16);
    BOOST_TEST(problemOf(header).find("version") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sizes_that_can_not_be_are_refused_though_their_checksum_is_right) {
    auto refused = [](auto change) {
        auto manifest = someManifest();
        change(manifest);
        return !decodeHeader(encodeHeader(manifest));
    };
    BOOST_TEST(refused([](ImageManifest& m) {
        m.size_bytes = 0;
        m.data_blocks = 0;
    }));
    BOOST_TEST(refused([](ImageManifest& m) { m.size_bytes = largest_image_bytes + 1; }));
    BOOST_TEST(refused([](ImageManifest& m) { m.block_size_bytes = 0x18000; }));
    BOOST_TEST(refused([](ImageManifest& m) { m.block_size_bytes = 512; }));
    BOOST_TEST(refused([](ImageManifest& m) { m.data_blocks = 12; }));
}

BOOST_AUTO_TEST_SUITE_END()
