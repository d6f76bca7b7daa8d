#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/image_store/images/checksum.hpp"

namespace standin::image_store {

struct Partition {
    std::uint64_t first_lba = 0;
    std::uint64_t last_lba = 0;
    std::string type;  ///< GPT: the type's GUID; MBR: two hexadecimal digits
    bool operator==(const Partition&) const = default;
};

/// A disk's partition table as far as a restore depends on it (UEFI Specification 2.10, chapter 5).
struct PartitionTable {
    enum class Kind { Unknown, None, Mbr, Gpt };
    Kind kind = Kind::Unknown;  ///< Unknown: not looked at, or damaged
    std::string guid{};         ///< of the disk; of an MBR its signature
    std::vector<Partition> partitions{};
    bool operator==(const PartitionTable&) const = default;
};
const char* nameOf(PartitionTable::Kind kind);
PartitionTable::Kind partitionTableKindFrom(const std::string& name);  ///< Unknown for anything else

/// Reads `into.size()` bytes of a disk at an offset.
using ReadDisk = std::function<base::Result<void>(std::uint64_t offset, std::span<std::byte> into)>;

/// The table of a disk with sectors of `sector_bytes`. An error only if the disk can't be read.
base::Result<PartitionTable> partitionTableOf(const ReadDisk& read, std::uint64_t size_bytes,
                                              std::uint32_t sector_bytes);

/// Bytes that a disk is to have at an offset.
struct DiskPatch {
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
};

/// What to write, in this order, so that the GPT of a smaller disk fits one of `size_bytes`: its backup belongs into
/// the last sector, where firmware and tools look for it when the first one is damaged. Empty: there is no GPT, it is
/// damaged, or it is right already.
base::Result<std::vector<DiskPatch>> gptForSize(const ReadDisk& read, std::uint64_t size_bytes,
                                                std::uint32_t sector_bytes);

}  // namespace standin::image_store
