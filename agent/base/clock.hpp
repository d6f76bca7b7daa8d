#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace standin::base {

using WallTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// The only access to time. steady() measures durations, wall() reads points in time.
class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual WallTime wall() const = 0;
    [[nodiscard]] virtual SteadyTime steady() const = 0;
};

class SystemClock final : public Clock {
  public:
    [[nodiscard]] WallTime wall() const override;
    [[nodiscard]] SteadyTime steady() const override;
};

/// RFC 3339 in UTC with microseconds: `2026-11-23T05:06:07.123456Z`.
std::string rfc3339(WallTime time);

/// For files: whole microseconds since 1970 in UTC.
inline std::int64_t microsecondsSince1970(WallTime time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

/// Milliseconds with fraction, for JSON and logs.
inline double milliseconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace standin::base
