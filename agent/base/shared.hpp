#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace standin::base {

/// A value that copies share until one of them is changed, so that copying is cheap for values of any size. Different
/// threads may use different copies. The reference from own() is valid until this copy is copied or own() is called
/// again.
template <typename Value>
class Shared {
  public:
    Shared() : Shared(Value{}) {}
    Shared(Value value) : cell_(new Cell{std::move(value)}) {}  // NOLINT: implicit on purpose
    Shared(const Shared& other) noexcept : cell_(other.cell_) {
        cell_->holders.fetch_add(1, std::memory_order_relaxed);
    }
    /// Afterwards `other` may only be assigned to or destroyed.
    Shared(Shared&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
    Shared& operator=(Shared other) noexcept {
        std::swap(cell_, other.cell_);
        return *this;
    }
    ~Shared() {
        if (cell_ != nullptr && cell_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete cell_;
    }

    operator const Value&() const { return cell_->value; }  // NOLINT: implicit on purpose
    const Value& operator*() const { return cell_->value; }
    const Value* operator->() const { return &cell_->value; }

    /// True: neither was changed since one was copied from the other. False proves nothing.
    [[nodiscard]] bool sharesWith(const Shared& other) const { return cell_ == other.cell_; }

    /// The value for modification; other copies do not see the change.
    Value& own() {
        // Acquires what the last other holder has done with it before it let go.
        if (cell_->holders.load(std::memory_order_acquire) != 1) *this = Shared(cell_->value);
        return cell_->value;
    }

  private:
    struct Cell {
        Value value;
        std::atomic<std::uint32_t> holders{1};
    };
    Cell* cell_;
};

}  // namespace standin::base
