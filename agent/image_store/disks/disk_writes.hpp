#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "agent/image_store/images/open_file.hpp"

namespace standin::image_store {

/// What the kernel knows about writes to a disk. Two of them that are equal: nothing was written through this host
/// meanwhile. Writes of another host to a shared volume are not seen.
struct WriteMarks {
    std::int64_t modified_ns = 0;  ///< of a file
    std::uint64_t size_bytes = 0;
    std::uint64_t writes = 0;   ///< of a block device: completed writes and discards
    std::uint64_t sectors = 0;  ///< of a block device: written and discarded
    bool operator==(const WriteMarks&) const = default;
};
WriteMarks writeMarksOf(const OpenFile& disk, const std::string& sys = "/sys");
WriteMarks writeMarksOf(dev_t device, const std::string& sys = "/sys");

/// The other process that has this file or device open for writing, for people (`process 812 (dd) has it open for
/// writing`); empty: none that can be seen. Needs the right to look at other users' processes.
std::string writerOf(const struct stat& disk, const std::string& proc = "/proc");

}  // namespace standin::image_store
