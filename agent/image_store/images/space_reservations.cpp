#include "agent/image_store/images/space_reservations.hpp"

#include <algorithm>
#include <utility>

namespace standin::image_store {

using Reservation = SpaceReservations::Reservation;

Reservation::Reservation(Reservation&& other) noexcept
    : from_(std::exchange(other.from_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
    if (this == &other) return *this;
    release();
    from_ = std::exchange(other.from_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
}

void Reservation::used(std::uint64_t bytes) {
    if (from_ == nullptr) return;
    const std::lock_guard lock(from_->mutex_);
    bytes = std::min(bytes, bytes_);  // more than was expected was never reserved
    bytes_ -= bytes;
    from_->bytes_ -= bytes;
}

void Reservation::release() {
    used(bytes_);
}

Reservation SpaceReservations::reserve(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ += bytes;
    return {*this, bytes};
}

std::uint64_t SpaceReservations::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

}  // namespace standin::image_store
