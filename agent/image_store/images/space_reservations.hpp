#pragma once

#include <cstdint>
#include <mutex>

namespace standin::image_store {

/// The space that running captures may still need. Each capture alone would find the same free bytes; what is reserved
/// is no longer free for the next one. Thread-safe; lives longer than what it hands out.
class SpaceReservations {
  public:
    /// Gives the rest back when it ends.
    class Reservation {
      public:
        Reservation() = default;
        Reservation(Reservation&& other) noexcept;
        Reservation& operator=(Reservation&& other) noexcept;
        ~Reservation() { release(); }
        /// So many bytes are written now and no longer free.
        void used(std::uint64_t bytes);

      private:
        friend class SpaceReservations;
        Reservation(SpaceReservations& from, std::uint64_t bytes) : from_(&from), bytes_(bytes) {}
        void release();
        SpaceReservations* from_ = nullptr;
        std::uint64_t bytes_ = 0;
    };

    Reservation reserve(std::uint64_t bytes);
    [[nodiscard]] std::uint64_t bytes() const;

  private:
    mutable std::mutex mutex_;
    std::uint64_t bytes_ = 0;
};

}  // namespace standin::image_store
