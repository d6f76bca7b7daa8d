#include "agent/base/regular_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace standin::base {

namespace {

const char* kindOf(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFDIR:
            return "a directory";
        case S_IFIFO:
            return "a named pipe";
        case S_IFSOCK:
            return "a socket";
        case S_IFCHR:
        case S_IFBLK:
            return "a device";
        default:
            return "something else";
    }
}

Unexpected notOpened(const std::string& path) {
    return failure(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal,
                   fmt::format("could not open '{}': {}", path, std::strerror(errno)));
}

Unexpected noFile(const std::string& path, mode_t mode) {
    return failure(ErrorCode::Corrupt,
                   fmt::format("'{}' is {}, where a file has to be; move it away", path, kindOf(mode)));
}

}  // namespace

Result<FileDescriptor> openRegular(const std::string& path, int flags, unsigned mode) {
    struct stat there {};
    const bool exists = ::stat(path.c_str(), &there) == 0;
    if (!exists && (errno != ENOENT || (static_cast<unsigned>(flags) & O_CREAT) == 0)) return notOpened(path);
    if (exists && !S_ISREG(there.st_mode)) return noFile(path, there.st_mode);
    // It may have been replaced since: opened so, it blocks nobody.
    FileDescriptor file(::open(path.c_str(), flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, static_cast<mode_t>(mode)));
    if (!file) return notOpened(path);
    if (::fstat(file.get(), &there) != 0) return notOpened(path);
    if (!S_ISREG(there.st_mode)) return noFile(path, there.st_mode);
    return file;
}

}  // namespace standin::base
