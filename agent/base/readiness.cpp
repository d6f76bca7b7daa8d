#include "agent/base/readiness.hpp"

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>

namespace standin::base {

namespace {

Unexpected failed(const std::string& why) {
    return failure(ErrorCode::Refused,
                   "memory that rests may be paged out, and the first answer after it be late: " + why);
}

/// A process that may lock memory without limit (CAP_IPC_LOCK) is not bound by its service manager's limit.
bool lockedWithoutLimit() {
    std::ifstream status("/proc/self/status");
    for (std::string key; status >> key; status.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
        std::uint64_t effective = 0;
        if (key == "CapEff:" && status >> std::hex >> effective) return (effective >> CAP_IPC_LOCK & 1U) != 0;
    }
    return false;
}

constexpr int first = -10;

}  // namespace

Result<void> raisePriority() {
    if (::getpriority(PRIO_PROCESS, 0) > first && ::setpriority(PRIO_PROCESS, 0, first) != 0)
        return failure(ErrorCode::Refused, std::string("a busy host may delay a takeover: setpriority: ") +
                                               std::strerror(errno) + "; give the service Nice=-10");
    std::ofstream("/proc/self/autogroup") << first;  // there only where sessions share; else niceness is enough
    return {};
}

void resetThreadPriority() {
    if (::getpriority(PRIO_PROCESS, 0) < 0) ::setpriority(PRIO_PROCESS, 0, 0);  // Linux takes it for the thread alone
}

Result<void> lockMemory() {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_MEMLOCK, &unlimited);  // root may; others need the limit from the service manager
    rlimit limit{};
    ::getrlimit(RLIMIT_MEMLOCK, &limit);
    if (limit.rlim_cur != RLIM_INFINITY && !lockedWithoutLimit())
        return failed("locked memory is limited; give the service LimitMEMLOCK=infinity");
    if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) return failed(std::strerror(errno));
    return {};
}

}  // namespace standin::base
