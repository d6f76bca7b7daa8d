#include "agent/base/space_reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "agent/base/regular_file.hpp"

namespace standin::base {

namespace {

/// A commit of the coordinator takes some ten KiB, a takeover some twenty of them: every piece is worth several
/// commits.
constexpr std::uint64_t pieces = 64;
constexpr std::uint64_t least_piece = 256U << 10;

std::uint64_t freeBeside(const std::string& path) {
    struct statvfs space {};
    const auto directory = std::filesystem::path(path).parent_path().string();
    if (::statvfs(directory.c_str(), &space) != 0) return 0;
    return std::uint64_t{space.f_bavail} * space.f_frsize;
}

Result<FileDescriptor> openReserve(const std::string& path) {
    return openRegular(path, O_RDWR | O_CREAT, 0600);
}

}  // namespace

void SpaceReserve::fill() {
    const std::lock_guard lock(mutex_);
    const auto now = held();
    if (now >= wanted_) return;
    // To fill the disk oneself would be no help: a quarter more stays free.
    if (freeBeside(path_) < wanted_ - now + wanted_ / 4) return;
    const auto file = openReserve(path_);
    if (!file) return;
    if (::posix_fallocate(file->get(), 0, static_cast<off_t>(wanted_)) != 0) {
        [[maybe_unused]] const int undone = ::ftruncate(file->get(), static_cast<off_t>(now));
    }
}

bool SpaceReserve::makeRoom() {
    const std::lock_guard lock(mutex_);
    const auto now = held();
    if (now == 0) return false;
    const auto piece = std::min(now, std::max(wanted_ / pieces, least_piece));
    const auto file = openReserve(path_);
    return file && ::ftruncate(file->get(), static_cast<off_t>(now - piece)) == 0;
}

SpaceReserve::Status SpaceReserve::status() const {
    const std::lock_guard lock(mutex_);
    return {wanted_, std::min(held(), wanted_)};
}

/// The allocated size: a file with a hole in it would reserve nothing.
std::uint64_t SpaceReserve::held() const {
    struct stat file {};
    if (::stat(path_.c_str(), &file) != 0) return 0;
    return std::min<std::uint64_t>(static_cast<std::uint64_t>(file.st_size),
                                   static_cast<std::uint64_t>(file.st_blocks) * 512);
}

}  // namespace standin::base
