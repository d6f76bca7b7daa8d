#include "agent/image_store/images/partition_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace standin::image_store {

namespace {

using Sector = std::vector<std::byte>;

// Offsets in the MBR.
constexpr std::size_t mbr_signature = 440;
constexpr std::size_t mbr_entries = 446;
constexpr std::size_t mbr_entry_bytes = 16;
constexpr std::size_t mbr_type = 4;
constexpr std::size_t mbr_first = 8;
constexpr std::size_t mbr_sectors = 12;
constexpr std::size_t mbr_magic = 510;
constexpr std::uint8_t protective = 0xEE;

// Offsets in the GPT's header (UEFI 2.10, table 5-5).
constexpr std::size_t header_size = 12;
constexpr std::size_t header_crc = 16;
constexpr std::size_t my_lba = 24;
constexpr std::size_t alternate_lba = 32;
constexpr std::size_t last_usable_lba = 48;
constexpr std::size_t disk_guid = 56;
constexpr std::size_t entries_lba = 72;
constexpr std::size_t entry_count = 80;
constexpr std::size_t entry_bytes = 84;
constexpr std::size_t entries_crc = 88;
constexpr std::uint32_t least_header_bytes = 92;
constexpr std::size_t most_entries_bytes = 1U << 20;  // 128 entries of 128 bytes are usual

template <typename Number>
Number numberAt(Bytes bytes, std::size_t offset) {
    Number number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
        number |= static_cast<Number>(std::to_integer<Number>(bytes[offset + i]) << (8 * i));
    return number;
}

template <typename Number>
void setNumber(std::span<std::byte> bytes, std::size_t offset, Number number) {
    for (std::size_t i = 0; i < sizeof number; ++i) bytes[offset + i] = static_cast<std::byte>(number >> (8 * i));
}

std::uint32_t crc32(Bytes bytes) {
    std::uint32_t crc = ~0U;
    for (auto byte : bytes) {
        crc ^= std::to_integer<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
    }
    return ~crc;
}

std::uint32_t headerChecksum(Bytes header) {
    std::vector<std::byte> copy(header.begin(), header.begin() + numberAt<std::uint32_t>(header, header_size));
    setNumber<std::uint32_t>(copy, header_crc, 0);
    return crc32(copy);
}

// The first three fields are little-endian numbers, the rest are bytes.
std::string guidAt(Bytes bytes, std::size_t offset) {
    auto text = fmt::format("{:08x}-{:04x}-{:04x}-", numberAt<std::uint32_t>(bytes, offset),
                            numberAt<std::uint16_t>(bytes, offset + 4), numberAt<std::uint16_t>(bytes, offset + 6));
    for (std::size_t i = 8; i < 16; ++i) {
        if (i == 10) text += '-';
        text += fmt::format("{:02x}", std::to_integer<unsigned>(bytes[offset + i]));
    }
    return text;
}

struct Gpt {
    Sector mbr;
    Sector header;
    std::vector<std::byte> entries;
};

bool isProtective(Bytes mbr) {
    if (numberAt<std::uint16_t>(mbr, mbr_magic) != 0xAA55) return false;
    for (std::size_t i = 0; i < 4; ++i) {
        if (std::to_integer<std::uint8_t>(mbr[mbr_entries + i * mbr_entry_bytes + mbr_type]) == protective) return true;
    }
    return false;
}

bool isWholeHeader(Bytes header) {
    if (std::memcmp(header.data(), "EFI PART", 8) != 0) return false;
    const auto bytes = numberAt<std::uint32_t>(header, header_size);
    return bytes >= least_header_bytes && bytes <= header.size() &&
           headerChecksum(header) == numberAt<std::uint32_t>(header, header_crc);
}

/// Nullopt: there is none, or it is damaged.
base::Result<std::optional<Gpt>> readGpt(const ReadDisk& read, std::uint64_t size_bytes, std::uint32_t sector_bytes) {
    if (sector_bytes < 512 || size_bytes < 8ULL * sector_bytes) return std::optional<Gpt>();
    Gpt gpt{Sector(sector_bytes), Sector(sector_bytes), {}};
    if (auto done = read(0, gpt.mbr); !done) return base::failure(done.error());
    if (auto done = read(sector_bytes, gpt.header); !done) return base::failure(done.error());
    if (!isProtective(gpt.mbr) || !isWholeHeader(gpt.header)) return std::optional<Gpt>();
    const auto bytes = std::uint64_t{numberAt<std::uint32_t>(gpt.header, entry_count)} *
                       numberAt<std::uint32_t>(gpt.header, entry_bytes);
    const auto at = numberAt<std::uint64_t>(gpt.header, entries_lba);
    if (bytes > most_entries_bytes || at > size_bytes / sector_bytes || bytes > size_bytes - at * sector_bytes)
        return std::optional<Gpt>();
    gpt.entries.resize(bytes);
    if (auto done = read(at * sector_bytes, gpt.entries); !done) return base::failure(done.error());
    if (crc32(gpt.entries) != numberAt<std::uint32_t>(gpt.header, entries_crc)) return std::optional<Gpt>();
    return std::optional<Gpt>(std::move(gpt));
}

PartitionTable tableOf(const Gpt& gpt) {
    PartitionTable table{PartitionTable::Kind::Gpt, guidAt(gpt.header, disk_guid), {}};
    const auto stride = numberAt<std::uint32_t>(gpt.header, entry_bytes);
    constexpr std::size_t least_entry = 48;
    for (std::size_t at = 0; stride >= least_entry && at + stride <= gpt.entries.size(); at += stride) {
        const auto entry = Bytes(gpt.entries).subspan(at, stride);
        if (allZero(entry.first(16))) continue;
        table.partitions.push_back(
            {numberAt<std::uint64_t>(entry, 32), numberAt<std::uint64_t>(entry, 40), guidAt(entry, 0)});
    }
    return table;
}

PartitionTable tableOf(const Sector& mbr) {
    if (numberAt<std::uint16_t>(mbr, mbr_magic) != 0xAA55) return {PartitionTable::Kind::None, {}, {}};
    PartitionTable table{
        PartitionTable::Kind::Mbr, fmt::format("{:08x}", numberAt<std::uint32_t>(mbr, mbr_signature)), {}};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto entry = Bytes(mbr).subspan(mbr_entries + i * mbr_entry_bytes, mbr_entry_bytes);
        const auto sectors = numberAt<std::uint32_t>(entry, mbr_sectors);
        const auto type = std::to_integer<unsigned>(entry[mbr_type]);
        if (type == protective) return {};  // of a GPT that is damaged
        if (type == 0 || sectors == 0) continue;
        const std::uint64_t first = numberAt<std::uint32_t>(entry, mbr_first);
        table.partitions.push_back({first, first + sectors - 1, fmt::format("{:02x}", type)});
    }
    return table;
}

}  // namespace

const char* nameOf(PartitionTable::Kind kind) {
    constexpr std::array names{"unknown", "none", "mbr", "gpt"};
    return names[static_cast<std::size_t>(kind)];
}

PartitionTable::Kind partitionTableKindFrom(const std::string& name) {
    for (auto kind : {PartitionTable::Kind::None, PartitionTable::Kind::Mbr, PartitionTable::Kind::Gpt}) {
        if (name == nameOf(kind)) return kind;
    }
    return PartitionTable::Kind::Unknown;
}

base::Result<PartitionTable> partitionTableOf(const ReadDisk& read, std::uint64_t size_bytes,
                                              std::uint32_t sector_bytes) {
    auto gpt = readGpt(read, size_bytes, sector_bytes);
    if (!gpt) return base::failure(gpt.error());
    if (*gpt) return tableOf(**gpt);
    Sector mbr(512);
    if (size_bytes < mbr.size()) return PartitionTable{PartitionTable::Kind::None, {}, {}};
    if (auto done = read(0, mbr); !done) return base::failure(done.error());
    return tableOf(mbr);
}

base::Result<std::vector<DiskPatch>> gptForSize(const ReadDisk& read, std::uint64_t size_bytes,
                                                std::uint32_t sector_bytes) {
    auto found = readGpt(read, size_bytes, sector_bytes);
    if (!found) return base::failure(found.error());
    const auto last = size_bytes / sector_bytes - 1;
    std::vector<DiskPatch> patches;
    if (!*found || numberAt<std::uint64_t>((*found)->header, alternate_lba) >= last) return patches;
    auto& gpt = **found;
    const auto old_backup = numberAt<std::uint64_t>(gpt.header, alternate_lba);
    const auto old_last_usable = numberAt<std::uint64_t>(gpt.header, last_usable_lba);
    const auto entries_sectors = (gpt.entries.size() + sector_bytes - 1) / sector_bytes;
    setNumber<std::uint64_t>(gpt.header, alternate_lba, last);
    setNumber<std::uint64_t>(gpt.header, last_usable_lba, last - entries_sectors - 1);
    auto backup = gpt.header;
    setNumber<std::uint32_t>(gpt.header, header_crc, headerChecksum(gpt.header));
    setNumber<std::uint64_t>(backup, my_lba, last);
    setNumber<std::uint64_t>(backup, alternate_lba, 1);
    setNumber<std::uint64_t>(backup, entries_lba, last - entries_sectors);
    setNumber<std::uint32_t>(backup, header_crc, headerChecksum(backup));
    for (std::size_t i = 0; i < 4; ++i) {
        const auto entry = std::span(gpt.mbr).subspan(mbr_entries + i * mbr_entry_bytes, mbr_entry_bytes);
        if (std::to_integer<std::uint8_t>(entry[mbr_type]) == protective)
            setNumber(entry, mbr_sectors, static_cast<std::uint32_t>(std::min<std::uint64_t>(last, 0xFFFFFFFF)));
    }
    // The new backup before the primary that names it; the old one, which would be found in the middle, goes last.
    patches.push_back({(last - entries_sectors) * sector_bytes, std::move(gpt.entries)});
    patches.push_back({last * sector_bytes, std::move(backup)});
    patches.push_back({sector_bytes, std::move(gpt.header)});
    patches.push_back({0, std::move(gpt.mbr)});
    const bool outside = old_backup > old_last_usable && old_backup < last - entries_sectors;
    if (outside) patches.push_back({old_backup * sector_bytes, Sector(sector_bytes)});
    return patches;
}

}  // namespace standin::image_store
