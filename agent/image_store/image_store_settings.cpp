#include "agent/image_store/image_store_settings.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "agent/image_store/images/image_manifest.hpp"

namespace standin::image_store {

namespace fs = std::filesystem;

namespace {

bool isBelow(const fs::path& path, const fs::path& directory) {
    auto relative = path.lexically_relative(directory);
    return !relative.empty() && *relative.begin() != "..";
}

// Links and bind mounts are seen through, and so are partitions, volumes and second paths to a disk, as far as they are
// there now.
void checkOverlaps(base::YamlReader& reader, const DiskPlace& place, const ImageStoreSettings& settings) {
    const auto its = nodeAt(place.path);
    if (!its) return;
    for (const auto& other : settings.disks) {
        const auto node = nodeAt(other.path);
        const auto how = node ? overlap(*its, *node) : std::string();
        if (how.empty()) continue;
        reader.problem("path", fmt::format("{} '{}', which is the disk of '{}'; a write to one would be a write to the "
                                           "other: give each machine a disk of its own",
                                           how, other.path, other.name.text()));
        return;
    }
}

// Two names for one disk, or a disk among the images, is how the wrong thing gets overwritten.
void readDisks(base::YamlReader& disks, ImageStoreSettings& settings) {
    std::map<std::string, std::string> names;
    std::error_code unknown;
    auto images = fs::weakly_canonical(settings.images_dir.empty() ? "/nowhere" : settings.images_dir, unknown);
    if (unknown) images = fs::path(settings.images_dir).lexically_normal();
    for (auto& [name, reader] : disks.entries()) {
        auto id = base::DiskName::parse(name);
        auto path = reader.text("path");
        const DiskIdentity declared{reader.text("serial", ""), reader.text("wwn", "")};
        reader.finish();
        if (!id) {
            disks.problem(name, id.error().message);
            continue;
        }
        if (!path.starts_with('/')) {
            reader.problem("path", "must be an absolute path");
            continue;
        }
        std::error_code problem;
        auto real = fs::weakly_canonical(path, problem);
        if (problem) real = fs::path(path).lexically_normal();
        auto [other, first] = names.emplace(real.string(), name);
        if (!first) reader.problem("path", "is the disk of '" + other->second + "' too; each disk has one name");
        if (isBelow(real, images)) reader.problem("path", "lies in images_dir");
        const DiskPlace place{*id, path, declared};
        if (first) checkOverlaps(reader, place, settings);
        for (const auto& known : settings.disks) {
            const auto differs = [&](const char* key, const std::string& its, const std::string& others) {
                if (!its.empty() && its == others)
                    reader.problem(key,
                                   fmt::format("is that of disk '{}' too; each disk has its own", known.name.text()));
            };
            differs("serial", declared.serial, known.declared.serial);
            differs("wwn", declared.wwn, known.declared.wwn);
        }
        settings.disks.push_back(place);
    }
    disks.finish();
}

}  // namespace

ImageStoreSettings imageStoreSettingsFrom(base::YamlReader& reader) {
    ImageStoreSettings settings;
    settings.images_dir = reader.text("images_dir");
    if (!settings.images_dir.empty() && !settings.images_dir.starts_with('/'))
        reader.problem("images_dir", "must be an absolute path");
    settings.block_size_bytes = reader.bytes("block_size", settings.block_size_bytes);
    auto block = settings.block_size_bytes;
    if (block < smallest_block_bytes || block > largest_block_bytes || (block & (block - 1)) != 0) {
        reader.problem("block_size", "must be a power of two from 4KiB to 1MiB");
        settings.block_size_bytes = 64U << 10;
    }
    settings.transfers_at_once = static_cast<std::size_t>(reader.integer("transfers_at_once", 1, 16, 2));
    settings.transfers_waiting = static_cast<std::size_t>(reader.integer("transfers_waiting", 0, 1024, 64));
    settings.bandwidth_bytes_per_second = reader.bytes("bandwidth_per_second", 0);
    settings.least_free_bytes = reader.bytes("least_free", settings.least_free_bytes);
    if (auto disks = reader.optionalMap("disks")) readDisks(*disks, settings);
    reader.finish();
    return settings;
}

}  // namespace standin::image_store
