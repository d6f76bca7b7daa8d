#include "agent/image_store/images/partition_table.hpp"

#include <cstring>

#include "tests/unit/image_store/image_fixture.hpp"

using namespace standin;
using namespace standin::image_store;

namespace {

void put(std::string& disk, std::size_t at, std::uint64_t number, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) disk[at + i] = static_cast<char>(number >> (8 * i));
}

// Bit by bit, as the polynomial is defined; not the code that is tested.
std::uint32_t checksum(const std::string& bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (unsigned char c : bytes) {
        for (int bit = 0; bit < 8; ++bit, c = static_cast<unsigned char>(c >> 1))
            crc = crc >> 1 ^ (((crc ^ c) & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

void putHeader(std::string& disk, std::uint64_t sector, std::uint64_t mine, std::uint64_t other, std::uint64_t entries,
               std::uint64_t last_usable) {
    const auto at = mine * sector;
    disk.replace(at, 8, "EFI PART");
    put(disk, at + 8, 0x10000, 4);
    put(disk, at + 12, 92, 4);
    put(disk, at + 24, mine, 8);
    put(disk, at + 32, other, 8);
    put(disk, at + 40, 34, 8);
    put(disk, at + 48, last_usable, 8);
    for (std::size_t i = 0; i < 16; ++i) disk[at + 56 + i] = static_cast<char>(i);
    put(disk, at + 72, entries, 8);
    put(disk, at + 80, 128, 4);
    put(disk, at + 84, 128, 4);
    put(disk, at + 88, checksum(disk.substr(entries * sector, 128 * 128)), 4);
    put(disk, at + 16, checksum(disk.substr(at, 92)), 4);
}

/// A GPT disk with two partitions, as the UEFI specification draws it.
std::string gptDisk(std::uint64_t bytes, std::uint64_t sector) {
    std::string disk(bytes, '\0');
    const auto last = bytes / sector - 1;
    const auto sectors = 128 * 128 / sector;
    put(disk, 446 + 4, 0xEE, 1);
    put(disk, 446 + 8, 1, 4);
    put(disk, 446 + 12, last, 4);
    put(disk, 510, 0xAA55, 2);
    for (const std::uint64_t table : {std::uint64_t{2}, last - sectors}) {
        for (std::uint64_t i = 0; i < 2; ++i) {
            const auto at = table * sector + i * 128;
            put(disk, at, 0xC12A7328 + i, 4);
            put(disk, at + 4, 0x11D2F81F, 4);
            put(disk, at + 16, 1, 1);
            put(disk, at + 32, 64 + 16 * i, 8);
            put(disk, at + 40, 64 + 16 * i + 15, 8);
        }
    }
    putHeader(disk, sector, 1, last, 2, last - sectors - 1);
    putHeader(disk, sector, last, 1, last - sectors, last - sectors - 1);
    return disk;
}

ReadDisk reader(const std::string& disk) {
    return [&disk](std::uint64_t offset, std::span<std::byte> into) -> base::Result<void> {
        if (offset + into.size() > disk.size()) return base::failure(base::ErrorCode::Corrupt, "beyond its end");
        std::memcpy(into.data(), disk.data() + offset, into.size());
        return {};
    };
}

using TableKind = PartitionTable::Kind;

}  // namespace

BOOST_AUTO_TEST_SUITE(partition_table)

BOOST_AUTO_TEST_CASE(a_gpt_is_read_with_its_guid_and_partitions_for_every_sector_size) {
    for (const std::uint32_t sector : {512U, 4096U}) {
        const auto disk = gptDisk(4U << 20, sector);
        const auto table = partitionTableOf(reader(disk), disk.size(), sector);
        BOOST_REQUIRE(table);
        BOOST_TEST((table->kind == TableKind::Gpt));
        BOOST_TEST(table->guid == "03020100-0504-0706-0809-0a0b0c0d0e0f");
        BOOST_REQUIRE(table->partitions.size() == 2U);
        BOOST_TEST(table->partitions[1].first_lba == 80U);
        BOOST_TEST(table->partitions[1].last_lba == 95U);
        BOOST_TEST(table->partitions[0].type.starts_with("c12a7328-f81f-11d2-"));
        // With the other size it is not found, which is why such a spare is refused.
        BOOST_TEST((partitionTableOf(reader(disk), disk.size(), sector == 512 ? 4096 : 512)->kind != TableKind::Gpt));
    }
}

BOOST_AUTO_TEST_CASE(an_mbr_an_empty_disk_and_a_damaged_gpt_are_told_apart) {
    std::string disk(1U << 20, '\0');
    BOOST_TEST((partitionTableOf(reader(disk), disk.size(), 512)->kind == TableKind::None));
    put(disk, 440, 0x1234ABCD, 4);
    put(disk, 446 + 4, 0x83, 1);
    put(disk, 446 + 8, 2048, 4);
    put(disk, 446 + 12, 100, 4);
    put(disk, 510, 0xAA55, 2);
    const auto mbr = partitionTableOf(reader(disk), disk.size(), 512);
    BOOST_TEST((mbr->kind == TableKind::Mbr));
    BOOST_TEST(mbr->guid == "1234abcd");
    BOOST_TEST((mbr->partitions == std::vector<Partition>{{2048, 2147, "83"}}));
    auto damaged = gptDisk(4U << 20, 512);
    damaged[512 + 60] ^= 1;
    BOOST_TEST((partitionTableOf(reader(damaged), damaged.size(), 512)->kind == TableKind::Unknown));
    BOOST_TEST(gptForSize(reader(damaged), damaged.size(), 512)->empty());
    std::string tiny(100, '\0');
    BOOST_TEST((partitionTableOf(reader(tiny), tiny.size(), 512)->kind == TableKind::None));
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_in_a_gpt_reads_beyond_the_disk) {
    const auto good = gptDisk(1U << 20, 512);
    for (std::size_t at = 512; at < 512 + 92; ++at) {
        auto bad = good;
        bad[at] = static_cast<char>(~bad[at]);
        BOOST_TEST(partitionTableOf(reader(bad), bad.size(), 512).has_value());
        put(bad, 512 + 16, 0, 4);
        put(bad, 512 + 16, checksum(bad.substr(512, 92)), 4);  // its checksum is right again
        BOOST_TEST(partitionTableOf(reader(bad), bad.size(), 512).has_value());
    }
}

BOOST_FIXTURE_TEST_CASE(the_backup_of_a_gpt_is_moved_to_the_end_of_a_larger_disk_and_that_is_noted, ImageFixture) {
    const auto source = gptDisk(4U << 20, 512);
    tests::writeFile(directory / "disk", source);
    const auto manifest = captured("a", directory / "disk");
    BOOST_TEST((manifest.table.kind == TableKind::Gpt));
    reopen();
    auto content = repository->open(image("a"));
    BOOST_TEST(((*content)->manifest().table == manifest.table));
    BOOST_TEST(manifest.table.partitions.size() == 2U);

    tests::writeFile(directory / "target", noise(6U << 20, 3));
    auto access = DiskAccess::open({disk("target"), directory / "target"}, DiskAccess::Purpose::Write);
    BOOST_REQUIRE(access);
    TransferWatch watch(clock, throttle);
    const auto done = restore(**content, *access, watch);
    BOOST_REQUIRE_MESSAGE(done, why(done));
    BOOST_TEST(done->note.find("moved to the end") != std::string::npos);
    auto expected = gptDisk(6U << 20, 512);
    // The specification does not ask for it, but nothing may find the old backup; its entries are free space now.
    const auto old_entries = (4U << 20) - 33 * 512;
    expected.replace(old_entries, 32 * 512, source, old_entries, 32 * 512);
    BOOST_TEST((readFile(directory / "target") == expected));
}

BOOST_FIXTURE_TEST_CASE(a_disk_of_equal_size_is_restored_bit_by_bit, ImageFixture) {
    const auto source = gptDisk(4U << 20, 512);
    tests::writeFile(directory / "disk", source);
    captured("a", directory / "disk");
    tests::writeFile(directory / "target", noise(4U << 20, 3));
    BOOST_REQUIRE(restored("a", directory / "target"));
    BOOST_TEST((readFile(directory / "target") == source));
}

BOOST_AUTO_TEST_CASE(a_long_table_fits_the_header) {
    ImageManifest manifest{image("i1"), disk("d"), {}, 10 * block, block, 0, {}};
    manifest.table = {TableKind::Gpt, std::string(36, 'f'), {}};
    for (std::uint64_t i = 0; i < 128; ++i)
        manifest.table.partitions.push_back({UINT64_MAX - i, UINT64_MAX, std::string(36, 'a')});
    const auto read = decodeHeader(encodeHeader(manifest));
    BOOST_REQUIRE_MESSAGE(read, why(read));
    BOOST_TEST(read->table.partitions.size() == 24U);
    BOOST_TEST(read->table.partitions[23].first_lba == UINT64_MAX - 23);
}

BOOST_AUTO_TEST_SUITE_END()
