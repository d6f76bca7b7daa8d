#pragma once

#include <cstdint>
#include <initializer_list>

#include "coordinator/domain/step.hpp"

namespace standin::domain {

/// A set of steps, stored as the bits of one number.
class StepSet {
  public:
    constexpr StepSet() = default;
    constexpr StepSet(std::initializer_list<StepName> steps) {
        for (const StepName step : steps) bits_ |= bitOf(step);
    }
    [[nodiscard]] constexpr bool contains(StepName step) const { return (bits_ & bitOf(step)) != 0; }
    [[nodiscard]] constexpr bool intersects(StepSet other) const { return (bits_ & other.bits_) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }

  private:
    static_assert(step_count <= 64);
    static constexpr std::uint64_t bitOf(StepName step) { return std::uint64_t{1} << static_cast<unsigned>(step); }

    std::uint64_t bits_ = 0;
};

/// Steps that ask about a server whose failure was reported. They change nothing.
constexpr bool isEvidence(StepName step) {
    return StepSet{StepName::AskPort, StepName::AskJob, StepName::AskPower}.contains(step);
}

}  // namespace standin::domain
