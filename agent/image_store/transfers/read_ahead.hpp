#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>

#include "agent/base/worker.hpp"
#include "agent/image_store/images/aligned_buffer.hpp"
#include "agent/image_store/images/open_file.hpp"

namespace standin::image_store {

/// A part of a file that is read in one go.
struct ReadPiece {
    std::uint64_t offset = 0;  ///< a multiple of direct_alignment
    std::size_t bytes = 0;
};

/// What a disk reads at its full sequential speed in one request; a multiple of every block size.
constexpr std::size_t read_at_once_bytes = 1U << 20;

/// Reads pieces of a file on a thread of its own, a few ahead of the caller, so that the disk reads the next piece
/// while the caller hashes this one. `next` is called on the caller's thread, in take().
class ReadAhead {
  public:
    using Next = std::function<std::optional<ReadPiece>()>;
    /// `file` must outlive this object. Pieces have at most read_at_once_bytes.
    ReadAhead(const OpenFile& file, Next next);
    ~ReadAhead() = default;

    struct Filled {
        ReadPiece piece;
        base::Result<std::size_t> have;    ///< bytes that could be read: fewer only at the file's end
        std::span<const std::byte> bytes;  ///< of the piece; beyond `have` without meaning
    };
    /// The next piece, valid until the next call; nullopt: there is none any more.
    std::optional<Filled> take();

  private:
    static constexpr std::size_t pieces_ahead = 3;  // one that is hashed, one that is read, one between them
    struct Slot {
        AlignedBuffer buffer{read_at_once_bytes};
        ReadPiece piece{};
        base::Result<std::size_t> have{0};
    };
    void run(const std::stop_token& stop);
    void plan();

    const OpenFile& file_;
    const Next next_;
    bool ended_ = false;  ///< of the caller's thread, like taken_
    bool holds_ = false;  ///< the caller has a piece
    std::array<Slot, pieces_ahead> slots_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    // Counters of pieces, so that each slot's state follows: taken_ <= read_ <= planned_ <= taken_ + pieces_ahead.
    std::uint64_t planned_ = 0;
    std::uint64_t read_ = 0;
    std::uint64_t taken_ = 0;
    base::Worker worker_;
};

}  // namespace standin::image_store
