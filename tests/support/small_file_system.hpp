#pragma once

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

namespace standin::tests {

/// A tmpfs of its own in a directory, and the means to fill it. Needs root; ask mounted().
class SmallFileSystem {
  public:
    SmallFileSystem(std::string directory, const std::string& size) : directory_(std::move(directory)) {
        ::mkdir(directory_.c_str(), 0700);
        mounted_ = ::mount("tmpfs", directory_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
    }
    ~SmallFileSystem() {
        if (mounted_) ::umount2(directory_.c_str(), MNT_DETACH);
    }
    SmallFileSystem(const SmallFileSystem&) = delete;
    SmallFileSystem& operator=(const SmallFileSystem&) = delete;
    [[nodiscard]] bool mounted() const { return mounted_; }
    [[nodiscard]] const std::string& path() const { return directory_; }

    /// As somebody else would: to the last byte.
    void fill() const {
        const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        const std::array<char, 4096> block{};
        while (::write(file, block.data(), block.size()) > 0) {
        }
        ::close(file);
    }
    void clear() const { ::unlink(filler().c_str()); }

  private:
    [[nodiscard]] std::string filler() const { return directory_ + "/filler"; }

    const std::string directory_;
    bool mounted_ = false;
};

}  // namespace standin::tests
