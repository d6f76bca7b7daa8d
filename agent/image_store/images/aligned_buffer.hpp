#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>

#include "agent/base/assertion.hpp"

namespace standin::image_store {

constexpr std::size_t direct_alignment = 4096;  // of O_DIRECT on every disk

/// Memory into which a file opened with O_DIRECT can be read. `bytes` must be a multiple of direct_alignment.
class AlignedBuffer {
  public:
    explicit AlignedBuffer(std::size_t bytes)
        : memory_(static_cast<std::byte*>(std::aligned_alloc(direct_alignment, bytes)), &std::free), bytes_(bytes) {
        STANDIN_ASSERT(memory_ != nullptr && bytes % direct_alignment == 0);
    }
    [[nodiscard]] std::span<std::byte> bytes() const { return {memory_.get(), bytes_}; }

  private:
    std::unique_ptr<std::byte, decltype(&std::free)> memory_;
    std::size_t bytes_;
};

}  // namespace standin::image_store
