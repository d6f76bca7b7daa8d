#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace standin::base {

/// A file that reserves space on a disk. When another program has filled the disk, the space is released piece by piece
/// (in the coordinator: so that takeovers can still be journaled). Thread-safe.
class SpaceReserve {
  public:
    /// `bytes` 0: no reserve.
    SpaceReserve(std::string path, std::uint64_t bytes) : path_(std::move(path)), wanted_(bytes) {}

    /// Enlarges the file to its full size if the disk has considerably more free space. Cheap if it is full-sized.
    void fill();
    /// Releases a piece. Pieces are small, because the program that fills the disk may take the rest of one. False:
    /// none is left.
    bool makeRoom();

    struct Status {
        std::uint64_t wanted_bytes = 0;
        std::uint64_t held_bytes = 0;
        [[nodiscard]] bool whole() const { return held_bytes >= wanted_bytes; }
    };
    [[nodiscard]] Status status() const;

  private:
    [[nodiscard]] std::uint64_t held() const;

    const std::string path_;
    const std::uint64_t wanted_;
    mutable std::mutex mutex_;
};

}  // namespace standin::base
