#pragma once

#include <string>

#include "agent/base/identifier.hpp"
#include "agent/image_store/disks/disk_identity.hpp"
#include "agent/image_store/images/open_file.hpp"

namespace standin::image_store {

/// A machine's disk as this host reaches it: a raw file or a block device.
struct DiskPlace {
    base::DiskName name;
    std::string path;
    DiskIdentity declared{};  ///< the disk has to have this identity, where declared
};

/// What can be found out about a disk without opening it for use.
struct DiskSight {
    bool present = false;
    bool in_use = false;
    std::uint64_t size_bytes = 0;
    std::uint32_t sector_bytes = 0;  ///< logical; of a file: what a machine would see
    DiskIdentity identity{};
    std::string detail;  ///< why it is absent, or what uses it
};
DiskSight lookAt(const DiskPlace& place);

/// Exclusive use of one disk, from open() until destruction. open() fails if a QEMU uses the disk, and while this
/// object exists no QEMU starts with it: QEMU locks bytes 100 to 299 of raw images by open-file-description locks, and
/// so does this. Block devices are also opened with O_EXCL, which fails for mounted devices and those with a holder;
/// files behind a loop device are refused, and so are disks that another process has open for writing.
class DiskAccess {
  public:
    enum class Purpose { Read, Write };

    /// NotFound: there is no such file or device; it is never created. Refused: it is in use; the message says by what.
    /// InvalidInput: it is neither a file nor a device, or another disk than declared.
    static base::Result<DiskAccess> open(const DiskPlace& place, Purpose purpose);

    [[nodiscard]] const base::DiskName& name() const { return name_; }
    [[nodiscard]] std::uint64_t sizeBytes() const { return size_bytes_; }
    [[nodiscard]] std::uint32_t sectorBytes() const;
    [[nodiscard]] const OpenFile& file() const { return file_; }
    [[nodiscard]] bool isBlockDevice() const { return block_device_; }

    /// Makes a range read as zeros, and releases its space where possible. Precondition: opened for writing.
    [[nodiscard]] base::Result<void> zero(std::uint64_t offset, std::uint64_t bytes) const;

    /// Opens the same disk (not: the same path) again, so that reading bypasses the page cache if the file system
    /// supports it. Buffers, offsets and lengths must be multiples of 4096; the caller has synced its writes.
    [[nodiscard]] base::Result<OpenFile> openMedium() const;

  private:
    DiskAccess(base::DiskName name, OpenFile file, std::uint64_t size_bytes, bool block_device)
        : name_(std::move(name)), file_(std::move(file)), size_bytes_(size_bytes), block_device_(block_device) {}

    base::DiskName name_;
    OpenFile file_;
    std::uint64_t size_bytes_;
    bool block_device_;
};

}  // namespace standin::image_store
