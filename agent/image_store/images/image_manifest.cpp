#include "agent/image_store/images/image_manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "agent/protocol/json_text.hpp"

namespace standin::image_store {

namespace {

constexpr std::string_view magic = "standin-image ";
constexpr std::size_t most_partitions = 24;      // 24 times 75 characters, and the header stays below 4096
constexpr std::uint64_t many_blocks = 1U << 16;  // 4 GiB of 64 KiB: below, a full table has 2 MiB at most

base::Unexpected corrupt(std::string_view what) {
    return base::failure(base::ErrorCode::Corrupt, fmt::format("the manifest is damaged: {}", what));
}

nlohmann::ordered_json toJson(const PartitionTable& table) {
    auto partitions = nlohmann::ordered_json::array();
    for (const auto& partition : table.partitions) {
        if (partitions.size() == most_partitions) break;
        partitions.push_back({partition.first_lba, partition.last_lba, partition.type});
    }
    return {{"kind", nameOf(table.kind)}, {"guid", table.guid}, {"partitions", std::move(partitions)}};
}

PartitionTable tableFrom(const nlohmann::json& json) {
    PartitionTable table{partitionTableKindFrom(json.at("kind").get<std::string>()), json.at("guid"), {}};
    for (const auto& one : json.at("partitions")) table.partitions.push_back({one.at(0), one.at(1), one.at(2)});
    return table;
}

base::Result<ImageManifest> fromJson(const nlohmann::json& json, ManifestFormat format) {
    auto id = base::ImageId::parse(json.at("id").get<std::string>());
    auto disk = base::DiskName::parse(json.at("disk").get<std::string>());
    auto checksum = checksumFromHex(json.at("checksum").get<std::string>());
    if (!id) return corrupt(id.error().message);
    if (!disk) return corrupt(disk.error().message);
    if (!checksum) return corrupt(checksum.error().message);
    ImageManifest manifest{*id,
                           *disk,
                           {},
                           json.at("size_bytes"),
                           json.at("block_size_bytes"),
                           json.at("data_blocks"),
                           *checksum,
                           json.value("sector_bytes", std::uint32_t{0}),
                           format,
                           json.value("runs", std::uint64_t{0})};
    if (json.contains("partition_table")) manifest.table = tableFrom(json.at("partition_table"));
    manifest.created_at = base::WallTime(std::chrono::microseconds(json.at("created_us").get<std::int64_t>()));
    if (manifest.size_bytes == 0 || manifest.size_bytes > largest_image_bytes)
        return corrupt("the size is out of range");
    if (manifest.block_size_bytes < smallest_block_bytes || manifest.block_size_bytes > largest_block_bytes ||
        (manifest.block_size_bytes & (manifest.block_size_bytes - 1)) != 0) {
        return corrupt("the block size is out of range");
    }
    if (manifest.data_blocks > manifest.blocks()) return corrupt("more blocks with content than blocks");
    if (manifest.runs > manifest.data_blocks) return corrupt("more runs than blocks with content");
    return manifest;
}

}  // namespace

std::size_t ImageManifest::bytesOf(std::uint64_t index) const {
    return static_cast<std::size_t>(std::min(block_size_bytes, size_bytes - index * block_size_bytes));
}

std::uint64_t manifestBytes(const ImageManifest& manifest) {
    const auto rows = manifest.format == ManifestFormat::Rows ? manifest.blocks() : manifest.data_blocks;
    return manifest_header_bytes + rows * sizeof(Checksum) + manifest.runs * sizeof(DataRun);
}

ManifestFormat formatFor(std::uint64_t blocks) {
    return blocks >= many_blocks ? ManifestFormat::Runs : ManifestFormat::Rows;
}

std::vector<std::byte> encodeHeader(const ImageManifest& manifest) {
    nlohmann::ordered_json json{{"id", manifest.id.text()},
                                {"disk", manifest.disk.text()},
                                {"created_at", base::rfc3339(manifest.created_at)},
                                {"created_us", base::microsecondsSince1970(manifest.created_at)},
                                {"size_bytes", manifest.size_bytes},
                                {"block_size_bytes", manifest.block_size_bytes},
                                {"data_blocks", manifest.data_blocks},
                                {"checksum", hexOf(manifest.checksum)}};
    if (manifest.sector_bytes != 0) json["sector_bytes"] = manifest.sector_bytes;
    if (manifest.format == ManifestFormat::Runs) json["runs"] = manifest.runs;
    if (manifest.table.kind != PartitionTable::Kind::Unknown) json["partition_table"] = toJson(manifest.table);
    auto line = protocol::jsonText(json) + "\n";
    auto text = fmt::format("{}{} ", magic, static_cast<int>(manifest.format)) +
                hexOf(checksumOf(std::as_bytes(std::span(line)))) + "\n" + line;
    STANDIN_ASSERT(text.size() < manifest_header_bytes);  // names are at most 63 characters
    std::vector<std::byte> header(manifest_header_bytes);
    std::memcpy(header.data(), text.data(), text.size());
    return header;
}

base::Result<ImageManifest> decodeHeader(Bytes header) {
    if (header.size() < manifest_header_bytes) return corrupt(fmt::format("it ends after {} bytes", header.size()));
    std::string_view text(reinterpret_cast<const char*>(header.data()), manifest_header_bytes);
    if (!text.starts_with(magic)) return corrupt("it does not begin with 'standin-image'");
    const bool rows = text.starts_with("standin-image 1 ");
    if (!rows && !text.starts_with("standin-image 2 "))
        return corrupt("it is of a version that this program does not know");
    auto first = text.find('\n');
    auto second = first == std::string_view::npos ? first : text.find('\n', first + 1);
    if (second == std::string_view::npos) return corrupt("the header has no end");
    auto line = text.substr(first + 1, second - first);
    auto declared = checksumFromHex(text.substr(magic.size() + 2, first - magic.size() - 2));
    if (!declared || *declared != checksumOf(std::as_bytes(std::span(line))))
        return corrupt("the header's checksum is wrong");
    if (!allZero(header.subspan(second + 1, manifest_header_bytes - second - 1)))
        return corrupt("there is something behind the header");
    try {
        return fromJson(nlohmann::json::parse(line), rows ? ManifestFormat::Rows : ManifestFormat::Runs);
    } catch (const nlohmann::json::exception& problem) {
        return corrupt(problem.what());
    }
}

Sha256 wholeChecksumBegin(std::uint64_t size_bytes, std::uint64_t block_size_bytes) {
    Sha256 whole;
    whole.update(fmt::format("{} {}\n", size_bytes, block_size_bytes));
    return whole;
}

ZeroBlocks::ZeroBlocks(const ImageManifest& manifest)
    : blocks_(manifest.blocks()),
      full_(checksumOfZeros(manifest.block_size_bytes)),
      last_(checksumOfZeros(manifest.bytesOf(blocks_ - 1))) {}

}  // namespace standin::image_store
