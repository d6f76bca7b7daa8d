#include "agent/base/durable_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "agent/base/regular_file.hpp"

namespace standin::base {

namespace {

Unexpected failed(std::string_view what, const std::string& path) {
    return failure(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal,
                   fmt::format("could not {} '{}': {}", what, path, std::strerror(errno)));
}

}  // namespace

Result<void> syncDirectory(const std::string& path) {
    const FileDescriptor directory{::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) return failed("open directory", path);
    if (::fsync(directory.get()) != 0) return failed("sync directory", path);
    return {};
}

Result<void> writeDurably(const std::string& path, std::string_view content, unsigned mode) {
    const std::string beside = path + ".new";
    {
        const auto file = openRegular(beside, O_WRONLY | O_CREAT | O_TRUNC, mode);
        if (!file) return failure(file.error());
        while (!content.empty()) {
            auto written = ::write(file->get(), content.data(), content.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return failed("write", beside);
            content.remove_prefix(static_cast<std::size_t>(written));
        }
        if (::fsync(file->get()) != 0) return failed("sync", beside);
    }
    if (std::rename(beside.c_str(), path.c_str()) != 0) return failed("rename to", path);
    return syncDirectory(std::filesystem::path(path).parent_path().string());
}

namespace {

/// Somebody who types is not hurried; a start that waits for a pipe without a word is a start that hangs.
constexpr int longest_silence_ms = 30'000;

Result<std::string> restOf(const FileDescriptor& file, const std::string& path, std::size_t limit) {
    std::string text;
    char buffer[16384];
    while (true) {
        auto length = ::read(file.get(), buffer, sizeof buffer);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0 && errno == EAGAIN) {
            pollfd wanted{file.get(), POLLIN, 0};
            if (::poll(&wanted, 1, longest_silence_ms) != 0) continue;
            return failure(ErrorCode::TimedOut,
                           fmt::format("'{}' gave nothing for {} s", path, longest_silence_ms / 1000));
        }
        if (length < 0) return failed("read", path);
        if (length == 0) return text;
        text.append(buffer, static_cast<std::size_t>(length));
        if (text.size() > limit)
            return failure(ErrorCode::Corrupt, fmt::format("'{}' is larger than {} bytes", path, limit));
    }
}

}  // namespace

Result<std::string> readWhole(const std::string& path, std::size_t limit) {
    const auto file = openRegular(path, O_RDONLY);
    if (!file) return failure(file.error());
    return restOf(*file, path, limit);
}

Result<std::string> readGiven(const std::string& path, std::size_t limit) {
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (!file) return failed("open", path);
    return restOf(file, path, limit);
}

namespace {

Result<void> overwrite(const std::string& path, std::string_view content, unsigned mode) {
    const auto file = openRegular(path, O_WRONLY | O_CREAT, mode);
    if (!file) return failure(file.error());
    // Existing content is overwritten: its blocks are the file's already.
    if (::pwrite(file->get(), content.data(), content.size(), 0) != static_cast<ssize_t>(content.size()))
        return failed("write", path);
    if (::ftruncate(file->get(), static_cast<off_t>(content.size())) != 0 || ::fsync(file->get()) != 0)
        return failed("write", path);
    return {};
}

}  // namespace

Result<void> writeKeepingRoom(const std::string& path, std::string_view content, unsigned mode) {
    const auto spare = path + ".spare";
    if (auto written = overwrite(spare, content, mode); !written) return written;
    const bool exchanged = ::renameat2(AT_FDCWD, spare.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0;
    if (!exchanged && ::rename(spare.c_str(), path.c_str()) != 0) return failed("replace", path);
    if (!exchanged) static_cast<void>(overwrite(spare, content, mode));  // for the next time
    return syncDirectory(std::filesystem::path(path).parent_path().string());
}

}  // namespace standin::base
