#include "agent/image_store/disks/disk_users.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace standin::image_store {

namespace fs = std::filesystem;

namespace {

// QEMU's block/file-posix.c: a shared lock on byte 100 + n for each permission that it uses, on 200 + n for each that
// it does not share. Both ranges whole, so that its permissions of tomorrow are in.
constexpr off_t qemu_lock_begin = 100;
constexpr off_t qemu_lock_bytes = 200;

struct flock lockOf(short kind) {
    struct flock lock {};
    lock.l_type = kind;
    lock.l_whence = SEEK_SET;
    lock.l_start = qemu_lock_begin;
    lock.l_len = qemu_lock_bytes;
    return lock;
}

std::string lockHolder(const OpenFile& disk) {
    auto lock = lockOf(F_WRLCK);
    if (::fcntl(disk.descriptor(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return {};
    return "a running machine or another transfer has locked it";
}

// A file behind a loop device: the device bypasses every lock on the file.
std::string loopDevice(const struct stat& wanted) {
    std::error_code problem;
    for (const auto& device : fs::directory_iterator("/sys/block", problem)) {
        std::ifstream file(device.path() / "loop/backing_file");
        std::string path;
        struct stat status {};
        if (!std::getline(file, path) || ::stat(path.c_str(), &status) != 0) continue;
        if (status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino) {
            return "/dev/" + device.path().filename().string() + " is set up on it";
        }
    }
    return {};
}

bool hasEntries(const fs::path& directory) {
    std::error_code problem;
    return fs::directory_iterator(directory, problem) != fs::directory_iterator();
}

// Mounts and holders of the device and of its partitions.
std::string deviceUser(dev_t device) {
    std::error_code problem;
    fs::path self = fmt::format("/sys/dev/block/{}:{}", major(device), minor(device));
    std::vector<std::string> numbers{fmt::format("{}:{}", major(device), minor(device))};
    if (hasEntries(self / "holders")) return "another device is built on it";
    for (const auto& entry : fs::directory_iterator(self, problem)) {
        if (!fs::exists(entry.path() / "partition", problem)) continue;
        if (hasEntries(entry.path() / "holders"))
            return fmt::format("another device is built on its partition {}", entry.path().filename().string());
        std::string number;
        if (std::ifstream(entry.path() / "dev") >> number) numbers.push_back(number);
    }
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream fields(line);
        std::string id, parent, number, root, point;
        fields >> id >> parent >> number >> root >> point;
        for (const auto& candidate : numbers) {
            if (candidate == number) return "it is mounted on " + point;
        }
    }
    return {};
}

}  // namespace

std::string userOf(const OpenFile& disk) {
    struct stat status {};
    if (::fstat(disk.descriptor(), &status) != 0) return "it can't be looked at";
    if (auto holder = lockHolder(disk); !holder.empty()) return holder;
    return S_ISBLK(status.st_mode) ? deviceUser(status.st_rdev) : loopDevice(status);
}

bool lockAgainstMachines(const OpenFile& disk) {
    bool writable = (::fcntl(disk.descriptor(), F_GETFL) & O_ACCMODE) == O_RDWR;
    auto lock = lockOf(writable ? F_WRLCK : F_RDLCK);
    if (::fcntl(disk.descriptor(), F_OFD_SETLK, &lock) == 0) return true;
    return errno != EAGAIN && errno != EACCES;  // a file system without locks: nobody else can lock there either
}

}  // namespace standin::image_store
