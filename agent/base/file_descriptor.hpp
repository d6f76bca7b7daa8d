#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace standin::base {

/// Owns an open file, socket, pipe end or the like. Move-only; the destructor closes it and preserves errno.
class FileDescriptor {
  public:
    FileDescriptor() = default;
    /// Negative: none, as a failed open(2) returns it.
    explicit FileDescriptor(int number) : number_(number) {}
    ~FileDescriptor() { reset(); }
    FileDescriptor(FileDescriptor&& other) noexcept : number_(other.release()) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    explicit operator bool() const { return number_ >= 0; }
    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] int release() { return std::exchange(number_, -1); }
    void reset(int number = -1) {
        const int problem = errno;
        if (number_ >= 0) ::close(number_);
        errno = problem;
        number_ = number;
    }

  private:
    int number_ = -1;
};

}  // namespace standin::base
