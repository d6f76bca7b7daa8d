#include "agent/image_store/disks/disk_access.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "agent/image_store/disks/disk_users.hpp"
#include "agent/image_store/disks/disk_writes.hpp"

namespace standin::image_store {

namespace {

base::Unexpected inUse(const DiskPlace& place, const std::string& user) {
    return base::failure(base::ErrorCode::Refused,
                         fmt::format("disk '{}' ({}) is in use: {}; power the machine off or unmount it first",
                                     place.name.text(), place.path, user));
}

base::Unexpected about(const DiskPlace& place, const base::Error& cause) {
    return base::failure(cause.within(fmt::format("disk '{}' can't be used", place.name.text())));
}

int openFlags(DiskAccess::Purpose purpose, bool block_device) {
    int access = purpose == DiskAccess::Purpose::Write ? O_RDWR : O_RDONLY;
    // O_NONBLOCK: a path that became a pipe must not hang the agent.
    return access | O_NOCTTY | O_NONBLOCK | (block_device ? O_EXCL : 0);
}

/// As hypervisors present raw files.
constexpr std::uint32_t sector_of_files = 512;

std::uint32_t sectorOf(const OpenFile& file, bool block_device) {
    int bytes = 0;
    if (block_device && ::ioctl(file.descriptor(), BLKSSZGET, &bytes) == 0 && bytes > 0)
        return static_cast<std::uint32_t>(bytes);
    return sector_of_files;
}

/// Rule 5: nothing is read from or written to a disk that is not the one that was meant.
base::Result<void> checkIdentity(const DiskPlace& place, const struct stat& status) {
    if (place.declared.empty()) return {};
    const auto seen = S_ISBLK(status.st_mode) ? identityOf(status.st_rdev) : DiskIdentity{};
    const auto wrong = mismatch(place.declared, seen);
    if (wrong.empty()) return {};
    return base::failure(base::ErrorCode::InvalidInput,
                         fmt::format("disk '{}' ({}) is not the disk that it is declared to be: {}; nothing was "
                                     "written; see which disk is there, then mend its path or its declaration",
                                     place.name.text(), place.path, wrong));
}

base::Result<bool> kindOf(const DiskPlace& place) {
    struct stat status {};
    if (::stat(place.path.c_str(), &status) != 0) {
        return base::failure(base::ErrorCode::NotFound,
                             fmt::format("disk '{}': there is no '{}'", place.name.text(), place.path));
    }
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
        return base::failure(
            base::ErrorCode::InvalidInput,
            fmt::format("disk '{}': '{}' is neither a file nor a block device", place.name.text(), place.path));
    }
    return S_ISBLK(status.st_mode);
}

}  // namespace

DiskSight lookAt(const DiskPlace& place) {
    DiskSight sight;
    auto block_device = kindOf(place);
    if (!block_device) {
        sight.detail = block_device.error().message;
        return sight;
    }
    auto file = OpenFile::open(place.path, openFlags(DiskAccess::Purpose::Read, false));
    auto size = file ? file->size() : base::Result<std::uint64_t>(base::failure(file.error()));
    if (!size) {
        sight.detail = size.error().message;
        return sight;
    }
    sight.present = true;
    sight.size_bytes = *size;
    sight.sector_bytes = sectorOf(*file, *block_device);
    struct stat status {};
    if (*block_device && ::fstat(file->descriptor(), &status) == 0) sight.identity = identityOf(status.st_rdev);
    sight.detail = userOf(*file);
    sight.in_use = !sight.detail.empty();
    return sight;
}

base::Result<DiskAccess> DiskAccess::open(const DiskPlace& place, Purpose purpose) {
    auto block_device = kindOf(place);
    if (!block_device) return base::failure(block_device.error());
    auto file = OpenFile::open(place.path, openFlags(purpose, *block_device));
    if (!file && file.error().code == base::ErrorCode::Conflict)
        return inUse(place, "it is mounted or another program holds it");
    if (!file) return about(place, file.error());
    // What was opened counts, not what was looked at before.
    struct stat status {};
    if (::fstat(file->descriptor(), &status) != 0) return about(place, file->failed("look at").error);
    if (S_ISBLK(status.st_mode) != *block_device || (!*block_device && !S_ISREG(status.st_mode))) {
        return inUse(place, "its path is being replaced");
    }
    if (auto same = checkIdentity(place, status); !same) return base::failure(same.error());
    if (!lockAgainstMachines(*file)) {
        auto user = userOf(*file);
        return inUse(place, user.empty() ? "another program holds it" : user);
    }
    for (const auto& user : {userOf(*file), writerOf(status)}) {
        if (!user.empty()) return inUse(place, user);
    }
    auto size = file->size();
    if (!size) return about(place, size.error());
    file->dropCache();  // a SAN volume is changed by its machine behind this host's page cache
    return DiskAccess(place.name, std::move(*file), *size, *block_device);
}

std::uint32_t DiskAccess::sectorBytes() const {
    return sectorOf(file_, block_device_);
}

base::Result<void> DiskAccess::zero(std::uint64_t offset, std::uint64_t bytes) const {
    auto begin = static_cast<off_t>(offset);
    auto length = static_cast<off_t>(bytes);
    if (bytes == 0) return {};
    if (::fallocate(file_.descriptor(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, length) == 0) return {};
    if (::fallocate(file_.descriptor(), FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, begin, length) == 0) return {};
    if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL && errno != ENODEV)
        return file_.failed("zero a part of");
    static const std::vector<std::byte> zeros(1U << 20);
    while (bytes > 0) {
        auto piece = std::min<std::uint64_t>(bytes, zeros.size());
        if (auto written = file_.writeAt(offset, Bytes(zeros).first(piece)); !written) return written;
        offset += piece;
        bytes -= piece;
    }
    return {};
}

base::Result<OpenFile> DiskAccess::openMedium() const {
    file_.dropCache();
    auto same = fmt::format("/proc/self/fd/{}", file_.descriptor());
    if (auto direct = OpenFile::open(same, O_RDONLY | O_DIRECT); direct) return direct;
    return OpenFile::open(same, O_RDONLY);  // tmpfs has no medium to bypass the cache for
}

}  // namespace standin::image_store
