#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <set>
#include <string>

namespace standin::image_store {

/// The identity of a disk. Empty fields: not declared, or not reported by the disk.
struct DiskIdentity {
    std::string serial;
    std::string wwn;
    bool operator==(const DiskIdentity&) const = default;
    [[nodiscard]] bool empty() const { return serial.empty() && wwn.empty(); }
};

/// The identity that the kernel reports for the disk below a block device; for a partition, the whole disk's. Files
/// have none. `sys`: the path of sysfs.
DiskIdentity identityOf(dev_t device, const std::string& sys = "/sys");

/// Whether a disk is the declared one: it reports every declared field with an equal value (`0x5000…`, `naa.5000…` and
/// `5000…` are equal). Empty: it is; otherwise the difference.
std::string mismatch(const DiskIdentity& declared, const DiskIdentity& seen);

/// What a path refers to, as far as needed to find out that two paths refer to the same bytes.
struct DiskNode {
    bool is_block = false;
    std::string self;             ///< `8:16`, or device and inode of a file
    std::string whole;            ///< of a partition: the whole disk
    std::set<std::string> below;  ///< what it is built on: a loop device's file, the parts of a volume
    std::string wwn;              ///< of a whole disk
};

/// Nullopt: there is no such file or device now.
std::optional<DiskNode> nodeAt(const std::string& path, const std::string& sys = "/sys");
DiskNode nodeOf(dev_t device, const std::string& sys = "/sys");
/// Of what stat() or fstat() found: of a block device, or of a file by its device and inode.
DiskNode nodeOf(const struct stat& status, const std::string& sys = "/sys");

/// How the first one is the same disk as the second, or a part of it, for people (`is a partition of`); empty: it is
/// not.
std::string overlap(const DiskNode& one, const DiskNode& other);

}  // namespace standin::image_store
