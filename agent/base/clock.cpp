#include "agent/base/clock.hpp"

#include <fmt/chrono.h>

namespace standin::base {

WallTime SystemClock::wall() const { return std::chrono::system_clock::now(); }
SteadyTime SystemClock::steady() const { return std::chrono::steady_clock::now(); }

std::string rfc3339(WallTime time) {
    using namespace std::chrono;
    auto whole = floor<seconds>(time);
    auto micros = duration_cast<microseconds>(time - whole).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(system_clock::to_time_t(whole)), micros);
}

}  // namespace standin::base
