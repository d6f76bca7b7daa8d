#include "agent/base/bounded_end.hpp"

#include <unistd.h>

#include <system_error>
#include <thread>

namespace standin::base {

void endWithin(std::chrono::milliseconds limit, const Log& log) {
    try {
        std::thread([limit, log] {
            std::this_thread::sleep_for(limit);
            log.warning("the orderly end did not come within {} ms: something hangs; ends now", limit.count());
            ::_exit(0);
        }).detach();
    } catch (const std::system_error&) {  // no thread left; by signal then
        ::alarm(static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(limit).count()));
    }
}

}  // namespace standin::base
