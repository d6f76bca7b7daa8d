#pragma once

#include <sys/types.h>

#include <optional>
#include <set>
#include <string>

namespace standin::image_store {

/// What tells one disk from every other. Empty fields: not declared, or the disk does not say.
struct DiskIdentity {
    std::string serial;
    std::string wwn;
    bool operator==(const DiskIdentity&) const = default;
    [[nodiscard]] bool empty() const { return serial.empty() && wwn.empty(); }
};

/// What the kernel knows of the disk below a block device: of a partition, the whole disk's. Files have none.
/// `sys`: where sysfs is.
DiskIdentity identityOf(dev_t device, const std::string& sys = "/sys");

/// Whether a disk is the one that was declared: the disk reports every declared field, and it is equal (`0x5000…`,
/// `naa.5000…` and `5000…` are). Empty: it is; otherwise what is wrong.
std::string mismatch(const DiskIdentity& declared, const DiskIdentity& seen);

/// Where a path leads, as far as that is needed to find out that two paths lead to the same bytes.
struct DiskNode {
    bool is_block = false;
    std::string self;             ///< `8:16`, or device and inode of a file
    std::string whole;            ///< of a partition: the whole disk
    std::set<std::string> below;  ///< what it is built on: a loop device's file, the parts of a volume
    std::string wwn;              ///< of a whole disk
};

/// Nothing: there is no such file or device (now).
std::optional<DiskNode> nodeAt(const std::string& path, const std::string& sys = "/sys");
DiskNode nodeOf(dev_t device, const std::string& sys = "/sys");

/// How the first is the same disk as the second, or a part of it, for people (`is a partition of`); empty: it is not.
std::string overlap(const DiskNode& one, const DiskNode& other);

}  // namespace standin::image_store
