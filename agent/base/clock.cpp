#include "agent/base/clock.hpp"

#include <fmt/compile.h>

namespace standin::base {

WallTime SystemClock::wall() const {
    return std::chrono::system_clock::now();
}
SteadyTime SystemClock::steady() const {
    return std::chrono::steady_clock::now();
}

std::string rfc3339(WallTime time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<microseconds>(time - day));
    return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z"), static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace standin::base
