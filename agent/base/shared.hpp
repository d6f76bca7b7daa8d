#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace standin::base {

/// A value that its copies share until one of them is changed: a copy costs next to nothing, however large the value
/// is. Copies may be used by different threads. What own() returned belongs to this copy until it is copied, or asked
/// for again: keep no reference for longer.
template <typename Value>
class Shared {
  public:
    Shared() : Shared(Value{}) {}
    Shared(Value value) : cell_(new Cell{std::move(value)}) {}  // NOLINT: implicit on purpose
    Shared(const Shared& other) noexcept : cell_(other.cell_) {
        cell_->holders.fetch_add(1, std::memory_order_relaxed);
    }
    /// `other` may only be assigned to, or destroyed.
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

    /// True: neither was changed since one was copied from the other. False says nothing.
    [[nodiscard]] bool sharesWith(const Shared& other) const { return cell_ == other.cell_; }

    /// The value, to be changed: no other copy sees it.
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
