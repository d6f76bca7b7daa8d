#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/base/yaml_reader.hpp"
#include "agent/image_store/disks/disk_access.hpp"

namespace standin::image_store {

/// The section `image_store` of an agent's configuration.
struct ImageStoreSettings {
    std::string images_dir;
    std::string state_dir;         ///< of the agent; empty: nothing is remembered outside of images_dir
    std::vector<DiskPlace> disks;  ///< disks of machines that this host can access
    std::uint64_t block_size_bytes =
        64U << 10;  ///< of images to be captured; 64 KiB: see `imaging`, 1.12 times the change, not 30
    std::size_t transfers_at_once = 2;  ///< more would only make the disks seek
    std::size_t transfers_waiting = 64;
    std::uint64_t bandwidth_bytes_per_second = 0;  ///< of all transfers together; 0 = no limit
    std::uint64_t least_free_bytes = 1U << 30;     ///< with less, health fails and no capture starts
};

/// Reads the section strictly and finishes it; problems are recorded in the reader.
ImageStoreSettings imageStoreSettingsFrom(base::YamlReader& reader);

}  // namespace standin::image_store
