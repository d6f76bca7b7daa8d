#include "agent/image_store/disks/disk_writes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "agent/base/number.hpp"

namespace standin::image_store {

namespace fs = std::filesystem;

namespace {

// Documentation/block/stat.rst: the fields of /sys/block/<device>/stat.
constexpr std::size_t write_requests = 4;
constexpr std::size_t write_sectors = 6;
constexpr std::size_t discard_requests = 11;
constexpr std::size_t discard_sectors = 13;

bool isSame(const struct statx& one, const struct stat& other) {
    if (S_ISBLK(other.st_mode))
        return S_ISBLK(one.stx_mode) && makedev(one.stx_rdev_major, one.stx_rdev_minor) == other.st_rdev;
    return S_ISREG(one.stx_mode) && makedev(one.stx_dev_major, one.stx_dev_minor) == other.st_dev &&
           one.stx_ino == other.st_ino;
}

bool opensForWriting(const fs::path& info) {
    std::ifstream file(info);
    for (std::string word; file >> word;) {
        unsigned flags = 0;
        if (word != "flags:" || !(file >> std::oct >> flags)) continue;
        return (flags & O_ACCMODE) != O_RDONLY;
    }
    return false;
}

}  // namespace

WriteMarks writeMarksOf(dev_t device, const std::string& sys) {
    std::ifstream file(fmt::format("{}/dev/block/{}:{}/stat", sys, major(device), minor(device)));
    std::array<std::uint64_t, discard_sectors + 1> fields{};
    for (auto& field : fields) {
        std::uint64_t value = 0;
        if (!(file >> value)) break;  // a kernel without discards has fewer
        field = value;
    }
    WriteMarks marks;
    marks.writes = fields[write_requests] + fields[discard_requests];
    marks.sectors = fields[write_sectors] + fields[discard_sectors];
    return marks;
}

WriteMarks writeMarksOf(const OpenFile& disk, const std::string& sys) {
    struct stat status {};
    if (::fstat(disk.descriptor(), &status) != 0) return {};
    if (S_ISBLK(status.st_mode)) return writeMarksOf(status.st_rdev, sys);
    constexpr std::int64_t ns_per_s = 1'000'000'000;
    WriteMarks marks;
    marks.modified_ns = status.st_mtim.tv_sec * ns_per_s + status.st_mtim.tv_nsec;
    marks.size_bytes = static_cast<std::uint64_t>(status.st_size);
    return marks;
}

std::string writerOf(const struct stat& disk, const std::string& proc) {
    std::error_code problem;
    const auto self = std::to_string(::getpid());
    for (const auto& process : fs::directory_iterator(proc, problem)) {
        const auto id = process.path().filename().string();
        if (id == self || !base::parseNumber<std::uint32_t>(id)) continue;
        std::error_code gone;  // it has ended, or is another user's
        for (const auto& entry : fs::directory_iterator(process.path() / "fd", gone)) {
            struct statx status {};
            // Without a question to a file server, which may not answer.
            if (::statx(AT_FDCWD, entry.path().c_str(), AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &status) != 0 ||
                !isSame(status, disk) || !opensForWriting(process.path() / "fdinfo" / entry.path().filename()))
                continue;
            std::string name;
            std::getline(std::ifstream(process.path() / "comm"), name);
            return fmt::format("process {} ({}) has it open for writing", id, name);
        }
    }
    return {};
}

}  // namespace standin::image_store
