#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "agent/base/result.hpp"

namespace standin::base {

inline constexpr std::uint64_t bytes_per_mib = 1ULL << 20;

/// `250ms`, `2s`, `5min`, `1h` (a number needs its unit).
Result<std::chrono::milliseconds> parseDuration(std::string_view text);

/// Bytes from `64KiB`, `1024MiB`, `2GiB`, `4096B` (a number needs its unit).
Result<std::uint64_t> parseBytes(std::string_view text);

/// `1.5 GiB`, for people.
std::string humanBytes(std::uint64_t bytes);

}  // namespace standin::base
