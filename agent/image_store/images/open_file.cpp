#include "agent/image_store/images/open_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace standin::image_store {

namespace {

base::ErrorCode codeOf(int problem) {
    switch (problem) {
        case ENOENT:
            return base::ErrorCode::NotFound;
        case EBUSY:
        case ETXTBSY:
            return base::ErrorCode::Conflict;
        case EACCES:
        case EPERM:
        case EROFS:
            return base::ErrorCode::Refused;
        case EIO:
        case EILSEQ:
        case EUCLEAN:
            return base::ErrorCode::Corrupt;
        default:
            return base::ErrorCode::Internal;
    }
}

}  // namespace

base::Result<OpenFile> OpenFile::open(const std::string& path, int flags, unsigned mode) {
    OpenFile file(path);
    struct stat there {};
    if (::stat(path.c_str(), &there) == 0 && S_ISFIFO(there.st_mode)) {  // to open it would wait for its other end
        return base::failure(base::ErrorCode::Corrupt,
                             fmt::format("'{}' is a named pipe, where a file has to be; move it away", path));
    }
    do {
        file.descriptor_.reset(::open(path.c_str(), flags | O_CLOEXEC, static_cast<mode_t>(mode)));
    } while (!file.descriptor_ && errno == EINTR);
    if (!file.descriptor_) return file.failed("open");
    return file;
}

base::Unexpected OpenFile::failed(std::string_view verb) const {
    int problem = errno;
    auto cure = problem == ENOSPC ? "; free some space" : problem == EMFILE ? "; raise the limit of open files" : "";
    return base::failure(codeOf(problem),
                         fmt::format("could not {} '{}': {}{}", verb, path_, std::strerror(problem), cure));
}

base::Result<std::size_t> OpenFile::readSome(std::uint64_t offset, std::span<std::byte> into) const {
    std::size_t have = 0;
    while (have < into.size()) {
        auto length =
            ::pread(descriptor_.get(), into.data() + have, into.size() - have, static_cast<off_t>(offset + have));
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return failed("read");
        if (length == 0) break;
        have += static_cast<std::size_t>(length);
    }
    return have;
}

base::Result<void> OpenFile::readAt(std::uint64_t offset, std::span<std::byte> into) const {
    auto have = readSome(offset, into);
    if (!have) return base::failure(have.error());
    if (*have == into.size()) return {};
    return base::failure(base::ErrorCode::Corrupt, fmt::format("'{}' ends at byte {}, before byte {}", path_,
                                                               offset + *have, offset + into.size()));
}

base::Result<void> OpenFile::writeAt(std::uint64_t offset, Bytes bytes) const {
    while (!bytes.empty()) {
        auto length = ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return failed("write");
        offset += static_cast<std::uint64_t>(length);
        bytes = bytes.subspan(static_cast<std::size_t>(length));
    }
    return {};
}

base::Result<void> OpenFile::resize(std::uint64_t bytes) const {
    if (::ftruncate(descriptor_.get(), static_cast<off_t>(bytes)) != 0) return failed("resize");
    return {};
}

base::Result<std::uint64_t> OpenFile::size() const {
    auto end = ::lseek(descriptor_.get(), 0, SEEK_END);  // a block device's st_size is 0
    if (end < 0) return failed("tell the size of");
    return static_cast<std::uint64_t>(end);
}

base::Result<void> OpenFile::sync() const {
    if (::fsync(descriptor_.get()) != 0) return failed("sync");
    return {};
}

void OpenFile::writeBack(std::uint64_t offset, std::uint64_t bytes) const {
    auto begin = static_cast<off_t>(offset);
    auto length = static_cast<off_t>(bytes);
    ::sync_file_range(descriptor_.get(), begin, length, SYNC_FILE_RANGE_WRITE);
    if (begin >= length) {
        ::sync_file_range(descriptor_.get(), begin - length, length,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    }
}

void OpenFile::dropCache(std::uint64_t offset, std::uint64_t bytes) const {
    ::posix_fadvise(descriptor_.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_DONTNEED);
}

Extent nextContent(const OpenFile& file, std::uint64_t from, std::uint64_t limit) {
    if (from >= limit) return {limit, limit};
    auto begin = ::lseek(file.descriptor(), static_cast<off_t>(from), SEEK_DATA);
    if (begin < 0) return errno == ENXIO ? Extent{limit, limit} : Extent{from, limit};
    auto end = ::lseek(file.descriptor(), begin, SEEK_HOLE);
    Extent extent{static_cast<std::uint64_t>(begin), end < 0 ? limit : static_cast<std::uint64_t>(end)};
    return {std::min(extent.begin, limit), std::min(extent.end, limit)};
}

}  // namespace standin::image_store
