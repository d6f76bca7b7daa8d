#include "coordinator/journal/moment.hpp"

#include <cstdio>
#include <ctime>

namespace standin::journal {

base::Result<base::WallTime> momentFrom(const std::string& text) {
    std::tm parts{};
    long micros = 0;
    char zone = 0;
    const int read = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6ld%c", &parts.tm_year, &parts.tm_mon,
                                 &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &micros, &zone);
    if (read != 8 || zone != 'Z') return base::failure(base::ErrorCode::Corrupt, "'" + text + "' is not a moment");
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return std::chrono::system_clock::from_time_t(timegm(&parts)) + std::chrono::microseconds(micros);
}

}  // namespace standin::journal
