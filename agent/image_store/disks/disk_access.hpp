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
    DiskIdentity declared{};  ///< what is there has to be this disk, where something is declared
};

/// What is known of a disk without touching it.
struct DiskSight {
    bool present = false;
    bool in_use = false;
    std::uint64_t size_bytes = 0;
    std::uint32_t sector_bytes = 0;  ///< logical; of a file what a machine sees of it
    DiskIdentity identity{};
    std::string detail;  ///< why it is absent or who has it
};
DiskSight lookAt(const DiskPlace& place);

/// Exclusive use of one disk, from open() until destruction. A QEMU that has the disk makes open() fail, and while this
/// exists no QEMU starts with it: QEMU locks raw images by open-file-description locks on bytes 100 to 299, and so does
/// this. Block devices are opened O_EXCL besides, which fails for what is mounted or has a holder; files behind a loop
/// device are refused.
class DiskAccess {
  public:
    enum class Purpose { Read, Write };

    /// NotFound: no such file or device; it is never created. Refused: in use, says by what. InvalidInput: neither file
    /// nor device, or another disk than was declared.
    static base::Result<DiskAccess> open(const DiskPlace& place, Purpose purpose);

    [[nodiscard]] const base::DiskName& name() const { return name_; }
    [[nodiscard]] std::uint64_t sizeBytes() const { return size_bytes_; }
    [[nodiscard]] std::uint32_t sectorBytes() const;
    [[nodiscard]] const OpenFile& file() const { return file_; }
    [[nodiscard]] bool isBlockDevice() const { return block_device_; }

    /// Makes a range read as zeros, giving the space back where that is possible. Precondition: opened to write.
    [[nodiscard]] base::Result<void> zero(std::uint64_t offset, std::uint64_t bytes) const;

    /// The same disk (not: the same path) opened once more so that reading bypasses the page cache where the file
    /// system can. Buffers, offsets and lengths must be multiples of 4096; the caller has synced what it wrote.
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
