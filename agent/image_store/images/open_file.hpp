#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "agent/base/file_descriptor.hpp"
#include "agent/base/result.hpp"
#include "agent/image_store/images/checksum.hpp"

namespace standin::image_store {

/// How many bytes are written back to the medium at a time: large enough for sequential writing, small compared to
/// memory.
constexpr std::uint64_t write_back_every_bytes = 8U << 20;

/// An open file or block device with its path for error messages.
class OpenFile {
  public:
    OpenFile() = default;
    /// open(2) with O_CLOEXEC. NotFound, Conflict (EBUSY, ETXTBSY), Refused (permission, read-only) or Internal.
    static base::Result<OpenFile> open(const std::string& path, int flags, unsigned mode = 0640);

    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Reads exactly that many bytes. Corrupt: the file ends earlier.
    [[nodiscard]] base::Result<void> readAt(std::uint64_t offset, std::span<std::byte> into) const;
    /// Reads up to that many bytes; fewer only at the file's end.
    [[nodiscard]] base::Result<std::size_t> readSome(std::uint64_t offset, std::span<std::byte> into) const;
    [[nodiscard]] base::Result<void> writeAt(std::uint64_t offset, Bytes bytes) const;
    [[nodiscard]] base::Result<void> resize(std::uint64_t bytes) const;
    [[nodiscard]] base::Result<std::uint64_t> size() const;  ///< also of a block device
    /// Durable when it returns.
    [[nodiscard]] base::Result<void> sync() const;
    /// Starts writing back `bytes` at `offset` and waits for the same amount before them, so that unwritten memory
    /// stays bounded and progress means progress on the medium. Errors are reported by sync().
    void writeBack(std::uint64_t offset, std::uint64_t bytes) const;
    void dropCache(std::uint64_t offset = 0, std::uint64_t bytes = 0) const;

    /// `could not <verb> '<path>': <errno's text>`
    [[nodiscard]] base::Unexpected failed(std::string_view verb) const;

  private:
    explicit OpenFile(std::string path) : path_(std::move(path)) {}
    base::FileDescriptor descriptor_;
    std::string path_;
};

/// A range of a file that may contain something other than zeros.
struct Extent {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

/// The next range at or after `from` that is not a hole, by SEEK_DATA and SEEK_HOLE; begin == end == limit if there is
/// none. If the file system or device does not support this, everything is content.
Extent nextContent(const OpenFile& file, std::uint64_t from, std::uint64_t limit);

}  // namespace standin::image_store
