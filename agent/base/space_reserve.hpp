#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace standin::base {

/// A file that does nothing but take room beside what must be written on: on a disk that somebody else has filled it is
/// given back, a piece at a time (of the coordinator: so that takeovers can still be journaled). Safe to use from
/// several threads.
class SpaceReserve {
  public:
    /// `bytes` 0: there is none.
    SpaceReserve(std::string path, std::uint64_t bytes) : path_(std::move(path)), wanted_(bytes) {}

    /// Makes the file as large as it should be, if the disk has a good deal more than that. Cheap when it is.
    void fill();
    /// Gives a piece back. Small pieces, because the process that fills the disk may take the rest of one. False:
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
